"""Keep event templates, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T15:16:25:096357"
VERSION = "1.38.0"
DESCRIPTION = "keep event templates"

CHANGE = """
CREATE TABLE event_template (
  id UUID PRIMARY KEY NOT NULL,
  owner UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  name VARCHAR(80) NOT NULL,
  body UUID REFERENCES body (id) ON DELETE CASCADE,
  form TEXT NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (owner, name)
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
