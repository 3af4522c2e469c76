"""Keep what changed of events, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T13:59:24:055949"
VERSION = "1.38.0"
DESCRIPTION = "keep what changed of events"

CHANGE = """
CREATE TABLE event_change (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  occurrence UUID REFERENCES occurrence (id) ON DELETE CASCADE,
  actor UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  at TIMESTAMPTZ NOT NULL,
  verb VARCHAR(20) NOT NULL,
  visibility VARCHAR(20) NOT NULL,
  body UUID REFERENCES body (id) ON DELETE RESTRICT,
  fields TEXT NOT NULL
);
CREATE INDEX event_change_event ON event_change (event, at);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
