"""Share outside calendars, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T17:02:13:015471"
VERSION = "1.38.0"
DESCRIPTION = "share outside calendars"

CHANGE = """
CREATE TABLE outside_calendar (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL UNIQUE REFERENCES member (id) ON DELETE CASCADE,
  address_sealed TEXT NOT NULL,
  host VARCHAR(253) NOT NULL,
  added_at TIMESTAMPTZ NOT NULL,
  next_at TIMESTAMPTZ NOT NULL,
  read_at TIMESTAMPTZ,
  failing_since TIMESTAMPTZ,
  failures INTEGER NOT NULL DEFAULT 0,
  problem VARCHAR(12) NOT NULL DEFAULT '',
  unread INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outside_calendar_next_at ON outside_calendar (next_at);
CREATE TABLE outside_span (
  id UUID PRIMARY KEY NOT NULL,
  calendar UUID NOT NULL REFERENCES outside_calendar (id) ON DELETE CASCADE,
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  kind VARCHAR(9) NOT NULL,
  UNIQUE (calendar, starts_at, kind)
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
