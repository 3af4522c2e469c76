"""Keep reasons of cancellations, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:12:24:896168"
VERSION = "1.38.0"
DESCRIPTION = "keep reasons of cancellations"

CHANGE = """
ALTER TABLE event ADD COLUMN cancel_reason VARCHAR(500) NOT NULL DEFAULT '';
ALTER TABLE occurrence ADD COLUMN cancel_reason VARCHAR(500) NOT NULL DEFAULT '';
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
