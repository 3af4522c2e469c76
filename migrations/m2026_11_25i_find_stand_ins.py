"""Find stand ins, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T20:09:05:052124"
VERSION = "1.38.0"
DESCRIPTION = "find stand ins"

CHANGE = """
CREATE INDEX answer_stand_in ON answer (occurrence) WHERE stand_in IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
