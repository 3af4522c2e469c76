"""Hold limits when people move, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T21:12:52:772582"
VERSION = "1.38.0"
DESCRIPTION = "hold limits when people move"

# As what people on the list of a limited event see it, its lead apart; the 8th is the first letter behind `member:`.
CHANGE = """
UPDATE event_audience SET audience = 'federal:' || SUBSTR(audience, 8)
 WHERE audience LIKE 'member:%' AND EXISTS (SELECT 1 FROM event e WHERE e.id = event_audience.event
   AND e.mark_limit IN ('FED ONLY', 'FEDCON') AND audience <> 'member:' || CAST(e.lead AS VARCHAR(36)));
UPDATE event_audience SET audience = 'government:' || SUBSTR(audience, 8)
 WHERE audience LIKE 'member:%' AND EXISTS (SELECT 1 FROM event e WHERE e.id = event_audience.event
   AND e.mark_limit IN ('NOCON') AND audience <> 'member:' || CAST(e.lead AS VARCHAR(36)));
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
