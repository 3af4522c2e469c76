"""Answer single events by date, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T18:04:04:157309"
VERSION = "1.38.0"
DESCRIPTION = "answer single events by date"

# What asked again when a single event moved stood above its date, where an answer for the date outranked it. The lead's
# own "yes" stays there: it holds for whatever dates the event will have.
CHANGE = """
UPDATE answer SET occurrence = (
    SELECT o.id FROM occurrence o JOIN invitation i ON i.event = o.event WHERE i.id = answer.invitation
)
WHERE occurrence IS NULL AND invitation IN (
    SELECT i.id FROM invitation i JOIN event e ON e.id = i.event
    WHERE e.rrule IS NULL AND i.role <> 'chair' AND (SELECT COUNT(*) FROM occurrence o WHERE o.event = e.id) = 1
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
