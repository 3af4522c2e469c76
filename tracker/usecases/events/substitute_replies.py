"""A substitute's own No: they can't come after all, and the person who named them has no substitute from then on.

It replaces the reply that named them, so it is kept and undone like any other. A Yes changes nothing: a substitute
counts as coming.
"""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.events.replies import Given, ReplySource, ReplyValue, Substitution
from tracker.usecases.events import replies, substitutes
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.events.replies import EnteredFor


async def decline(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> None:
    """Record that the viewer can't come to a date as a substitute. Errors: NotFound, NotAllowed, Gone."""
    async with writing():
        occurrence = await date_for(viewer, event_id, key)
        turn = await turn_of(viewer.member_id, occurrence)
        if turn is None:
            raise NotAllowed("You aren’t a substitute on this date.")
        replies.check_ahead(occurrence, now, for_series=False)
        await release(viewer, turn.invitation_id, occurrence, "", now)


async def turn_of(member_id: UUID, occurrence: Occurrence) -> Substitution | None:
    """Return for whom a member substitutes on a date now; None for no one."""
    found = await substitutes.of_member(occurrence.event.id, member_id, [occurrence.id])
    turn = found.get(occurrence.id)
    return None if turn is None or turn.is_over else turn


async def release(
    by: Viewer,
    invitation_id: UUID,
    occurrence: Occurrence,
    comment: str,
    now: datetime,
    *,
    entered: EnteredFor | None = None,
) -> None:
    """Record for an invitation that its substitute can't come to a date; the caller is inside `writing()`.

    `by` is the substitute, or someone who enters it for them (`entered`); the comment is the substitute's. The
    substitute gets the email that takes the date off their calendar.
    """
    given, source = Given(ReplyValue.DECLINED, comment), ReplySource.SUBSTITUTE
    await replies.record(by, invitation_id, occurrence, given, source, now, for_series=False, entered=entered)
