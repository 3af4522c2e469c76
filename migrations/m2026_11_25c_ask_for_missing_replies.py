"""Let bodies choose that missing replies are asked for, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:25:00:312940"
VERSION = "1.38.0"
DESCRIPTION = "ask for missing replies"

CHANGE = """
ALTER TABLE body_preference ADD COLUMN asks_again BOOLEAN NOT NULL DEFAULT FALSE;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
