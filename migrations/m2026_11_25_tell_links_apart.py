"""Tell links that sign in from links that reset a password, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:00:33:253006"
VERSION = "1.38.0"
DESCRIPTION = "tell links apart"

CHANGE = """
ALTER TABLE sign_in_link ADD COLUMN purpose VARCHAR(8) NOT NULL DEFAULT 'sign_in'
  CHECK (purpose IN ('sign_in', 'reset'));
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
