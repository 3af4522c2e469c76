"""The one predicate for who may see an event, and the only way from SQL to a reader's rows: queries take a viewer.

An event is visible when one of its audiences is among the viewer's (`rules.core.audiences`); a draft only to its
organizer. Where a reader's SQL says `MAY_SEE(e)`, for its event `e`, `rows` inserts the predicate and its arguments;
SQL without it is refused. For a viewer with another person beside them, it inserts the predicate for both.
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
    """Return the audiences that the viewer holds, for IN, and the viewer's id.

    With another person beside them, the audiences that both hold: for what has one audience alone, such as an item.
    """
    held = viewer.audiences & viewer.beside.audiences if viewer.beside else viewer.audiences
    return _held(held), viewer.member_id


async def rows(select: str, viewer: Viewer, where: str, *arguments: Any) -> list[Row]:
    """Run `select` + `where`, which contain `MAY_SEE(e)` exactly once.

    `arguments` are those of the other placeholders, in their order. Errors: ValueError for SQL without `MAY_SEE`.
    """
    before, marker, after = (select + where).partition(_MARKER)
    if not marker:
        raise ValueError(f"This query does not ask who looks: {select}")
    first = before.count("{}")
    everyone = [viewer, viewer.beside] if viewer.beside else [viewer]
    may_see = " AND ".join([_MAY_SEE] * len(everyone))
    held = [one for who in everyone for one in (_held(who.audiences), who.member_id)]
    whole = QueryString(before + may_see + after, *arguments[:first], *held, *arguments[first:])
    return list(await engine().run_querystring(whole))


def _held(audiences: frozenset[str]) -> QueryString:
    """Return audiences for IN, which must not be empty."""
    held = sorted(audiences) or [""]
    return QueryString(", ".join(["{}"] * len(held)), *held)
