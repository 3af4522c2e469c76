"""Keep stand ins, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T17:51:24:770183"
VERSION = "1.38.0"
DESCRIPTION = "keep stand ins"

CHANGE = """
ALTER TABLE answer ADD COLUMN stand_in UUID REFERENCES member (id) ON DELETE RESTRICT;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
