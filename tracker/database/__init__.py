"""The two database engines, which of them is bound, and the one way to write."""

from tracker.database.binding import (
    Engine,
    all_together,
    bind,
    changing_schema,
    close_database,
    engine,
    engine_from_url,
    is_postgres,
    lock_audit_head,
    open_database,
    rebuild_table,
    together,
    together_by_name,
    trying,
    writing,
)
from tracker.database.connections import conflicts, is_unavailable, surviving_failures

__all__ = [
    "Engine",
    "all_together",
    "bind",
    "changing_schema",
    "close_database",
    "conflicts",
    "engine",
    "engine_from_url",
    "is_postgres",
    "is_unavailable",
    "lock_audit_head",
    "open_database",
    "rebuild_table",
    "surviving_failures",
    "together",
    "together_by_name",
    "trying",
    "writing",
]
