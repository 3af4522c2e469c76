"""The dates of a span of time as one viewer sees them, each with what they answered, and what narrows them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tracker.rules import audiences
from tracker.rules.calendar_filter import Choice, Choices, Filter, matching
from tracker.rules.calendar_grid import Seen
from tracker.rules.invitations import AnswerValue, effective
from tracker.rules.people import Status, Viewer
from tracker.tables import visible, visible_calendar
from tracker.tables.people import Body
from tracker.usecases import directory


async def seen_between(viewer: Viewer, start: datetime, end: datetime) -> list[Seen]:
    """Return the dates that touch [start, end), earliest first. At most three queries, whatever their number."""
    lines = await visible.lines(viewer, start, end)
    answers = await _answers(viewer, start, end) if lines else {}
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


async def chosen_between(viewer: Viewer, start: datetime, end: datetime, chosen: Filter) -> list[Seen]:
    """Return what a filter lets through of the dates that touch [start, end)."""
    agency = chosen.agency
    of_agency = await visible_calendar.events_of_agency(viewer, agency.id, start, end) if agency else frozenset()
    return matching(await seen_between(viewer, start, end), chosen, of_agency)


async def choices(viewer: Viewer) -> Choices:
    """Return the bodies whose events the viewer may see, and the agencies that they may know, by name."""
    bodies = await Body.select(Body.id, Body.name).where(Body.status == Status.ACTIVE).order_by(Body.name)
    agencies = [one for one in await directory.agencies(viewer) if one.status is Status.ACTIVE]
    return Choices(
        bodies=tuple(
            Choice(id=row["id"], name=row["name"]) for row in bodies if audiences.body(row["id"]) in viewer.audiences
        ),
        agencies=tuple(Choice(id=one.id, name=one.code) for one in agencies),
    )


async def _answers(viewer: Viewer, start: datetime, end: datetime) -> dict[UUID, AnswerValue]:
    """Return the answer that counts for each date to which the viewer is invited."""
    given = await visible_calendar.my_answers(viewer, start, end)
    counts = {date_id: effective(answers, date_id) for date_id, answers in given.items()}
    return {date_id: answer.value if answer else AnswerValue.NEEDS_ACTION for date_id, answer in counts.items()}


async def _bodies(ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    return {row["id"]: row["name"] for row in await Body.select(Body.id, Body.name).where(Body.id.is_in(list(ids)))}
