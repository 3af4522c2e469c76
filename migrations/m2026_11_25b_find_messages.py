"""Find messages by time, event and item, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T14:04:04:655238"
VERSION = "1.38.0"
DESCRIPTION = "find messages"

CHANGE = """
CREATE INDEX message_recent ON message (due, id);
CREATE INDEX message_event ON message (event, due);
CREATE INDEX message_item ON message (item);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
