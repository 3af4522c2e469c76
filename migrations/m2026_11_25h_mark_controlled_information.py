"""Mark controlled information, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T19:53:02:892629"
VERSION = "1.38.0"
DESCRIPTION = "mark controlled information"

CHANGE = """
ALTER TABLE event ADD COLUMN mark_categories VARCHAR(60) NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN mark_limit VARCHAR(10) NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN mark_agency UUID REFERENCES agency (id) ON DELETE RESTRICT;
ALTER TABLE event ADD COLUMN mark_until DATE
    CHECK ((mark_until IS NULL) = (mark_categories = '') AND (mark_until IS NULL) = (mark_agency IS NULL));
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
