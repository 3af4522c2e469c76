"""The dates of a span of time as one viewer sees them, each with what they answered."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.calendar_grid import Seen
from tracker.rules.invitations import Answer, AnswerValue, effective
from tracker.rules.meetings import Line
from tracker.rules.people import Viewer
from tracker.tables import visible
from tracker.tables.people import Body

_MINE = (
    "SELECT i.event, a.occurrence, a.answer, a.sequence, a.answered_at FROM invitation i LEFT JOIN answer a"
    " ON a.invitation = i.id AND (a.occurrence IS NULL OR a.occurrence IN ({}))"
    " WHERE i.member = {} AND i.withdrawn_at IS NULL AND i.event IN ({})"
)


async def seen_between(viewer: Viewer, start: datetime, end: datetime) -> list[Seen]:
    """Return the dates that touch [start, end), earliest first. At most three queries, whatever their number."""
    lines = await visible.lines(viewer, start, end)
    answers = await _answers(viewer, lines)
    bodies = await _bodies({line.body_id for line in lines if line.body_id})
    return [
        Seen(
            line=line,
            answer=answers.get(line.id),
            body=bodies.get(line.body_id) if line.body_id else None,
            is_mine=line.id in answers or line.lead_id == viewer.member_id,
        )
        for line in lines
    ]


async def _answers(viewer: Viewer, lines: Collection[Line]) -> dict[UUID, AnswerValue]:
    """Return the answer that counts for each date to which the viewer is invited."""
    if not lines:
        return {}
    dates, events = _listed({line.id for line in lines}), _listed({line.event_id for line in lines})
    given: dict[UUID, list[Answer]] = {}
    for row in await engine().run_querystring(QueryString(_MINE, dates, viewer.member_id, events)):
        of_event = given.setdefault(row["event"], [])
        if row["answer"]:
            of_event.append(Answer(
                occurrence_id=row["occurrence"], value=AnswerValue(row["answer"]), comment="", source="",
                sequence=row["sequence"], answered_at=row["answered_at"],
            ))  # fmt: skip
    counts = {line.id: effective(given[line.event_id], line.id) for line in lines if line.event_id in given}
    return {line_id: answer.value if answer else AnswerValue.NEEDS_ACTION for line_id, answer in counts.items()}


async def _bodies(ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    return {row["id"]: row["name"] for row in await Body.select(Body.id, Body.name).where(Body.id.is_in(list(ids)))}


def _listed(ids: Iterable[UUID]) -> QueryString:
    every = list(ids)
    return QueryString(", ".join(["{}"] * len(every)), *every)
