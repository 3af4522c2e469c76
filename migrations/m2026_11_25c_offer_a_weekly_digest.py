"""Let members turn on a weekly digest, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:31:00:530832"
VERSION = "1.38.0"
DESCRIPTION = "offer a weekly digest"

CHANGE = """
ALTER TABLE preference ADD COLUMN digest BOOLEAN NOT NULL DEFAULT FALSE;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
