"""The one predicate for who may see an event, and the only way from SQL to a reader's rows: queries take a viewer.

An event is visible when one of its audiences is among the viewer's (`rules.core.audiences`); a draft only to its
organizer. Where a reader's SQL says `MAY_SEE(e)`, for its event `e`, `rows` inserts the predicate and its arguments;
SQL without it is refused. For a viewer with another person beside them, it inserts the predicate for both.

Readers of date polls say `MAY_SEE_POLL(e)`: the same, and a draft that has a poll is visible to its audiences too,
which are those of the event that it is to become. Readers of what is given to people one by one say `IS_GIVEN(t)` of
a table `t` of recipients.
"""

from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import NONE_WANTED, sql_list
from tracker.rules.core.viewers import Viewer

Row = dict[str, Any]
Shape = TypeVar("Shape", bound=msgspec.Struct)

_AMONG_AUDIENCES = "EXISTS (SELECT 1 FROM event_audience a WHERE a.event = e.id AND a.audience IN ({}))"
_OWN_DRAFT = "(e.status = 'draft' AND e.lead = {})"
_HAS_POLL = "EXISTS (SELECT 1 FROM poll q WHERE q.event = e.id)"
_IS_GIVEN = "IS_GIVEN(t)"
_PREDICATES = {
    "MAY_SEE(e)": f"((e.status <> 'draft' AND {_AMONG_AUDIENCES}) OR {_OWN_DRAFT})",
    "MAY_SEE_POLL(e)": f"(((e.status <> 'draft' OR {_HAS_POLL}) AND {_AMONG_AUDIENCES}) OR {_OWN_DRAFT})",
    _IS_GIVEN: "t.member = {}",
}
"""The marker in a reader's SQL, and the predicate that `rows` puts there; each takes audiences and a member, but the
last one, which takes a member."""


def seen_by(viewer: Viewer) -> tuple[QueryString, UUID]:
    """Return the audiences that the viewer holds, for IN, and the viewer's id.

    With another person beside them, the audiences that both hold: for what has one audience alone, such as an item.
    """
    held = viewer.audiences & viewer.beside.audiences if viewer.beside else viewer.audiences
    return _among(held), viewer.member_id


async def rows(select: str, viewer: Viewer, where: str, *arguments: Any) -> list[Row]:
    """Run `select` + `where`, which contain one of the markers exactly once.

    `arguments` are those of the other placeholders, in their order. With `wanted_ids` among them that are none, there
    is nothing to ask. Errors: ValueError for SQL without a marker.
    """
    if any(argument is NONE_WANTED for argument in arguments):
        return []
    everyone = [viewer, viewer.beside] if viewer.beside else [viewer]
    asking = _asking(select + where, len(everyone))
    held: list[Any] = []
    for person in everyone:
        held += (person.member_id,) if asking.is_given else (_among(person.audiences), person.member_id)
    asked = QueryString(asking.sql, *arguments[: asking.first], *held, *arguments[asking.first :])
    return list(await engine().run_querystring(asked))


async def rows_as(shape: type[Shape], select: str, viewer: Viewer, where: str, *arguments: Any) -> list[Shape]:
    """Return what `rows` returns as values of a struct, whose fields have the names of the columns.

    Enumerations, ids, yes and no, and times are read from what either database gives for them; a column that the struct
    doesn't have is left out. Errors: as `rows`, and msgspec.ValidationError for a row that doesn't fit.
    """
    return msgspec.convert(await rows(select, viewer, where, *arguments), list[shape], strict=False)  # type: ignore[valid-type]  # a type that is given


def with_agency(person: str, agency: str) -> str:
    """Return SQL for a person as pages name them, "Kim Reyes (FBI)", from the aliases of `member` and `agency`.

    NULL without a person.
    """
    return f"{person}.name || ' (' || {agency}.code || ')'"


class _Asking(NamedTuple):
    sql: str
    first: int
    """How many placeholders come before those of the predicate."""
    is_given: bool
    """Whether the predicate asks for the member alone."""


@lru_cache(maxsize=1024)
def _asking(sql: str, viewers: int) -> _Asking:
    """Return SQL with the predicate for so many viewers; a page asks the same every time."""
    marker = next((predicate for predicate in _PREDICATES if predicate in sql), None)
    if marker is None:
        raise ValueError(f"This query does not ask who looks: {sql}")
    before, _, after = sql.partition(marker)
    may_see = " AND ".join([_PREDICATES[marker]] * viewers)
    return _Asking(before + may_see + after, before.count("{}"), marker == _IS_GIVEN)


@lru_cache(maxsize=256)
def _among(audiences: frozenset[str]) -> QueryString:
    """Return audiences for IN, which must not be empty; a page asks for those of its viewer in each of its queries."""
    return sql_list(sorted(audiences) or [""])
