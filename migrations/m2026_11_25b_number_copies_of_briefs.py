"""Number copies of briefs, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:17:30:487875"
VERSION = "1.38.0"
DESCRIPTION = "number copies of briefs"

CHANGE = """
CREATE TABLE brief_copy (
  id UUID PRIMARY KEY NOT NULL,
  occurrence UUID NOT NULL REFERENCES occurrence (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  issued_to UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  issued_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  issued_at TIMESTAMPTZ NOT NULL,
  UNIQUE (occurrence, number)
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
