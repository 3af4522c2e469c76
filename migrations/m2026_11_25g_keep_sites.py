"""Keep sites, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T17:30:51:584426"
VERSION = "1.38.0"
DESCRIPTION = "keep sites"

CHANGE = """
CREATE TABLE site (
  id UUID PRIMARY KEY NOT NULL,
  name VARCHAR(120) NOT NULL UNIQUE,
  address VARCHAR(160) NOT NULL DEFAULT '',
  capacity INTEGER CHECK (capacity > 0),
  equipment VARCHAR(160) NOT NULL DEFAULT '',
  is_open BOOLEAN NOT NULL DEFAULT TRUE,
  version INTEGER NOT NULL DEFAULT 1
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
