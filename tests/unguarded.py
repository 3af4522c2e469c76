"""What the owner of the database can do to the audit log: take its guard away, and then change it."""

from tracker.database import engine

DROPS = {
    "sqlite": (
        "DROP TRIGGER audit_entry_no_update",
        "DROP TRIGGER audit_entry_no_delete",
        "DROP TRIGGER audit_head_forward",
        "DROP TRIGGER audit_head_no_delete",
    ),
    "postgres": ("DROP FUNCTION audit_refuse() CASCADE",),
}


async def unguard() -> None:
    """Remove the triggers that keep the log from being changed."""
    for statement in DROPS[engine().engine_type]:
        await engine().run_ddl(statement)
