"""Remember copies and backups, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:00:34:105683"
VERSION = "1.38.0"
DESCRIPTION = "remember copies and backups"

CHANGE = """
CREATE TABLE deployment (
  id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
  copy_of TIMESTAMPTZ,
  backed_up_at TIMESTAMPTZ
);
INSERT INTO deployment (id) VALUES (1);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
