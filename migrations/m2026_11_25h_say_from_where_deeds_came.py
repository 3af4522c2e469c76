"""Say from where deeds came, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T19:56:14:406770"
VERSION = "1.38.0"
DESCRIPTION = "say from where deeds came"

CHANGE = """
ALTER TABLE audit_entry ADD COLUMN agency VARCHAR(36) NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN address VARCHAR(45) NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN session VARCHAR(12) NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN request VARCHAR(16) NOT NULL DEFAULT '';
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
