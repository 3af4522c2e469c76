"""A poll, and short ways to reply to it."""

# ruff: noqa: DTZ001 - proposed dates are local to the zone of the event

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import EventStatus
from tracker.rules.events.plans import Plan
from tracker.rules.polls import Fit, NewPoll, fit_words
from tracker.usecases.events import scheduling
from tracker.usecases.polls import outcomes, polls

STARTS = (datetime(2027, 1, 12, 10), datetime(2027, 1, 13, 14))
NEW = NewPoll(starts=STARTS, reply_by=datetime(2027, 1, 8, 23, tzinfo=UTC))


async def ask_people(by: Viewer, plan: Plan, now: datetime = NOW) -> UUID:
    """Ask the people of a plan for dates, and return the id of the poll."""
    event_id = await scheduling.schedule_event(by, replace(plan, status=EventStatus.DRAFT), now)
    return await polls.open_poll(by, event_id, NEW, now)


async def reply_to_poll(viewer: Viewer, poll_id: UUID, *fits: Fit, now: datetime = NOW) -> None:
    """Reply about the first dates of a poll."""
    options = (await polls.poll_for(viewer, poll_id)).options
    await polls.reply_to_poll(viewer, poll_id, {one.id: fit for one, fit in zip(options, fits, strict=False)}, now)


async def numbers_in_words(viewer: Viewer, poll_id: UUID) -> list[str]:
    """Return the numbers of each date, as the viewer sees them."""
    view = await polls.view_poll(viewer, await polls.poll_for(viewer, poll_id))
    return [fit_words(one.numbers) for one in view.columns]


async def ask_again(by: Viewer, poll_id: UUID, now: datetime = NOW) -> UUID:
    """Cancel a poll, ask its people for the same dates again, and return the id of the new poll."""
    event_id = (await polls.poll_for(by, poll_id)).event.id
    await outcomes.cancel_poll(by, poll_id, now)
    return await polls.open_poll(by, event_id, NEW, now)
