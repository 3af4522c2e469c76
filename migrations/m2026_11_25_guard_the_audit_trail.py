"""Let the database itself refuse to change or delete what the audit trail holds (AU-9)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database import engine, is_postgres
from tracker.tables.schema.core import audit_guard

ID = "2026-11-25T10:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "guard the audit trail"


async def _guard() -> None:
    for statement in audit_guard.statements(is_postgres=is_postgres(engine())):
        await engine().run_ddl(statement)


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(_guard)
    return manager
