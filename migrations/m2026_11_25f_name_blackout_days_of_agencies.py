"""Name blackout days of agencies, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T17:23:24:569466"
VERSION = "1.38.0"
DESCRIPTION = "name blackout days of agencies"

CHANGE = """
CREATE TABLE blackout (
  id UUID PRIMARY KEY NOT NULL,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE CASCADE,
  first DATE NOT NULL,
  last DATE NOT NULL CHECK (last >= first),
  reason VARCHAR(60) NOT NULL DEFAULT ''
);
CREATE INDEX blackout_agency ON blackout (agency, last);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
