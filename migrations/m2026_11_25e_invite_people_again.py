"""Invite people again, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T15:39:00:085240"
VERSION = "1.38.0"
DESCRIPTION = "invite people again"

CHANGE = """
ALTER TABLE invitation ADD COLUMN again_at TIMESTAMPTZ;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
