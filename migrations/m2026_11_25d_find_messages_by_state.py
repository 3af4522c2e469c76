"""Find messages by state and person in the order of time, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:54:00:967662"
VERSION = "1.38.0"
DESCRIPTION = "find messages by state"

CHANGE = """
CREATE INDEX message_state ON message (state, due, id);
CREATE INDEX message_to ON message (recipient, due, id);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
