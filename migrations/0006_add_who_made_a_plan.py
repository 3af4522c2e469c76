"""Keep who named the supervisor of a plan and who made its version, so that someone else approves it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "0006_add_who_made_a_plan"
VERSION = "1.38.0"
DESCRIPTION = "keep who named the supervisor of a plan, and who made its version"

MAKERS = """
ALTER TABLE operation_plan ADD COLUMN supervisor_named_by UUID REFERENCES member (id) ON DELETE RESTRICT;
ALTER TABLE operation_plan ADD COLUMN changed_by UUID REFERENCES member (id) ON DELETE RESTRICT;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(MAKERS))
    return manager
