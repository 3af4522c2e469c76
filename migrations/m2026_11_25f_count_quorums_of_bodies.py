"""Count quorums of bodies, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T17:03:05:440164"
VERSION = "1.38.0"
DESCRIPTION = "count quorums of bodies"

CHANGE = """
ALTER TABLE body ADD COLUMN quorum INTEGER CHECK (quorum > 0);
ALTER TABLE body ADD COLUMN both_arms BOOLEAN NOT NULL DEFAULT FALSE;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
