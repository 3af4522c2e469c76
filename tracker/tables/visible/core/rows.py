"""The one predicate for who may see an event, and the only way from SQL to a reader's rows: queries take a viewer.

An event is visible when one of its audiences is among the viewer's (`rules.core.audiences`); a draft only to its
organizer. Where a reader's SQL says `MAY_SEE(e)`, for its event `e`, `rows` inserts the predicate and its arguments;
SQL without it is refused.
"""

from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.core.viewer import Viewer

Row = dict[str, Any]

_MARKER = "MAY_SEE(e)"
_MAY_SEE = (
    "((e.status <> 'draft' AND EXISTS (SELECT 1 FROM event_audience a WHERE a.event = e.id AND a.audience IN ({})))"
    " OR (e.status = 'draft' AND e.lead = {}))"
)


def seen_by(viewer: Viewer) -> tuple[QueryString, UUID]:
    """Return the arguments of the predicate: the viewer's audiences, for IN, and the viewer's id."""
    held = sorted(viewer.audiences)
    return QueryString(", ".join(["{}"] * len(held)), *held), viewer.member_id


async def rows(select: str, viewer: Viewer, where: str, *arguments: Any) -> list[Row]:
    """Run `select` + `where`, which contain `MAY_SEE(e)` exactly once.

    `arguments` are those of the other placeholders, in their order. Errors: ValueError for SQL without `MAY_SEE`.
    """
    before, marker, after = (select + where).partition(_MARKER)
    if not marker:
        raise ValueError(f"This query does not ask who looks: {select}")
    first = before.count("{}")
    whole = QueryString(before + _MAY_SEE + after, *arguments[:first], *seen_by(viewer), *arguments[first:])
    return list(await engine().run_querystring(whole))
