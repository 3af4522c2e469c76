"""Keep what members and bodies choose about their mail, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T13:49:07:298543"
VERSION = "1.38.0"
DESCRIPTION = "keep preferences"

CHANGE = """
CREATE TABLE preference (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL UNIQUE REFERENCES member (id) ON DELETE CASCADE,
  date_reminders BOOLEAN NOT NULL,
  item_reminders BOOLEAN NOT NULL,
  leads VARCHAR(60),
  quiet_from VARCHAR(5),
  quiet_until VARCHAR(5),
  is_discreet BOOLEAN NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
CREATE TABLE body_preference (
  id UUID PRIMARY KEY NOT NULL,
  body UUID NOT NULL UNIQUE REFERENCES body (id) ON DELETE CASCADE,
  leads VARCHAR(60) NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
