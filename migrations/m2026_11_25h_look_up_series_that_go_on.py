"""Look up series that go on, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T19:50:15:782371"
VERSION = "1.38.0"
DESCRIPTION = "look up series that go on"

CHANGE = """
CREATE INDEX event_previous_series ON event (previous_series) WHERE previous_series IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
