"""Keep what can be undone, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T17:42:02:291838"
VERSION = "1.38.0"
DESCRIPTION = "keep what can be undone"

CHANGE = """
ALTER TABLE event_change ADD COLUMN former TEXT;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
