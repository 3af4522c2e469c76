"""Remember imported events, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:58:37:257758"
VERSION = "1.38.0"
DESCRIPTION = "remember imported events"

CHANGE = """
CREATE TABLE imported_event (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL UNIQUE REFERENCES event (id) ON DELETE CASCADE,
  source VARCHAR(64) NOT NULL
);
CREATE INDEX imported_event_source ON imported_event (source);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
