"""Find what can be taken back, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T20:30:13:351298"
VERSION = "1.38.0"
DESCRIPTION = "find what can be taken back"

CHANGE = """
CREATE INDEX event_change_former ON event_change (at) WHERE former IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
