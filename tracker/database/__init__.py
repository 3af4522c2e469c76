"""The two database engines, which of them is bound, and the one way to write."""

from tracker.database.binding import (
    Engine,
    bind,
    changing_schema,
    close_database,
    engine,
    engine_from_url,
    is_postgres,
    lock_audit_head,
    open_database,
    trying,
    writing,
)
from tracker.database.conflicts import conflicts
from tracker.database.failures import is_unavailable, surviving_failures
from tracker.database.rebuild import rebuild_table
from tracker.database.together import all_together, together

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
    "trying",
    "writing",
]
