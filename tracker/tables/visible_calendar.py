"""What hangs on the dates of a span, for calendars: the viewer's own answers, and who of an agency takes part.

Joined by the span itself, not by a list of ids: a month of 500 dates asks for as few parameters as an empty one.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tracker.rules.invitations import Answer, AnswerValue
from tracker.rules.people import Viewer
from tracker.tables.visible import LONGEST, rows

_SPAN = " AND o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {}"
_MINE = (
    "SELECT o.id AS date, a.occurrence, a.answer, a.sequence, a.answered_at FROM occurrence o JOIN event e"
    " ON e.id = o.event JOIN invitation i ON i.event = e.id LEFT JOIN answer a ON a.invitation = i.id"
    " AND (a.occurrence IS NULL OR a.occurrence = o.id) WHERE ("
)
_OF_AGENCY = "SELECT DISTINCT o.event FROM occurrence o JOIN event e ON e.id = o.event WHERE ("


async def my_answers(viewer: Viewer, start: datetime, end: datetime) -> dict[UUID, list[Answer]]:
    """Return what the viewer answered by the ids of the dates that touch [start, end) and to which they are invited."""
    tail = ") AND i.member = {} AND i.withdrawn_at IS NULL" + _SPAN
    given: dict[UUID, list[Answer]] = {}
    for row in await rows(_MINE, viewer, tail, viewer.member_id, *_span(start, end)):
        of_date = given.setdefault(row["date"], [])
        if row["answer"]:
            of_date.append(Answer(
                occurrence_id=row["occurrence"], value=AnswerValue(row["answer"]), comment="", source="",
                sequence=row["sequence"], answered_at=row["answered_at"],
            ))  # fmt: skip
    return given


async def events_of_agency(viewer: Viewer, agency_id: UUID, start: datetime, end: datetime) -> frozenset[UUID]:
    """Return the events with a date in [start, end) in which an agency takes part.

    Which agencies take part in an event is known to everybody who sees it.
    """
    tail = (
        ")" + _SPAN + " AND EXISTS (SELECT 1 FROM member m WHERE m.agency = {} AND (m.id = e.lead OR EXISTS (SELECT 1"
        " FROM invitation i WHERE i.event = e.id AND i.member = m.id AND i.withdrawn_at IS NULL)))"
    )
    return frozenset(row["event"] for row in await rows(_OF_AGENCY, viewer, tail, *_span(start, end), agency_id))


def _span(start: datetime, end: datetime) -> Iterable[datetime]:
    return start - LONGEST, end, start
