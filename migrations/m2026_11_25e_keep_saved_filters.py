"""Keep saved filters, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T16:47:34:358260"
VERSION = "1.38.0"
DESCRIPTION = "keep saved filters"

CHANGE = """
CREATE TABLE saved_filter (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  listing VARCHAR(20) NOT NULL,
  name VARCHAR(60) NOT NULL,
  query VARCHAR(500) NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (member, listing, name)
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
