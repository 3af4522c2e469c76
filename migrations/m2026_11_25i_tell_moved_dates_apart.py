"""Tell moved dates apart, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T20:25:32:036322"
VERSION = "1.38.0"
DESCRIPTION = "tell moved dates apart"

# Of a date that was changed before nobody knows whether it was moved too: it keeps its moment, as it did.
CHANGE = """
ALTER TABLE occurrence ADD COLUMN is_moved BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE occurrence SET is_moved = is_changed;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
