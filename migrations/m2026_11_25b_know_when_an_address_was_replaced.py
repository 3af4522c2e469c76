"""Know when an address was replaced, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:30:36:973588"
VERSION = "1.38.0"
DESCRIPTION = "know when an address was replaced"

CHANGE = """
ALTER TABLE subscription ADD COLUMN replaced_at TIMESTAMPTZ;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
