"""Undoing a reply that came by email: the reply before it counts again, or none does."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.replies import Given, OwnInvitation, ReplySource, ReplyValue, effective
from tracker.tables.background.events import invitees
from tracker.tables.background.intake.replies import RecordedReply
from tracker.tables.visible.events import events
from tracker.tables.visible.events import replies as visible
from tracker.usecases.events import replies, substitutes

NONE = Given(ReplyValue.NEEDS_ACTION)
NO_LONGER = "The person who was coming in your place can no longer come. Reply on the event’s page."


class EarlierReply(Struct, frozen=True, kw_only=True):
    """The reply that an email replaced, and where it belongs."""

    invitation_id: UUID
    date: Occurrence
    """Of a series as a whole, the next date."""
    for_series: bool
    value: ReplyValue
    """What counts now."""
    given_at: datetime | None
    """When that was given; None where no reply counts."""
    earlier: Given
    sends: str
    """The person who comes in the viewer's place again with the earlier reply, with the agency; empty for no one."""
    replied_at: datetime | None
    """When the earlier reply was given; None without one."""
    is_current: bool
    """Whether the email's reply is the last one, and its date is still ahead."""
    can_send: bool = True
    """Whether the person who `sends` names, if anyone, can still come."""


async def earlier_reply(viewer: Viewer, made: RecordedReply, now: datetime) -> EarlierReply:
    """Return what a reply replaced. Errors: NotFound when it isn't the viewer's, or no longer visible to them."""
    holder = await invitees.holder_of(made.invitation_id)
    event = await events.event(viewer, holder.event_id) if holder else None
    own = (await visible.mine(viewer, [event.id])).get(event.id) if event else None
    date = await _date(viewer, event, made.occurrence_id, now) if event else None
    if own is None or date is None:
        raise NotFound
    found = _earlier(own, date, made.occurrence_id, made.number, now)
    return replace(found, can_send=await _can_send(viewer, found, now))


async def _can_send(viewer: Viewer, found: EarlierReply, now: datetime) -> bool:
    try:
        await substitutes.check(viewer, found.date.event, found.earlier, now, for_series=found.for_series)
    except Invalid:
        return False
    return True


def _earlier(
    own: OwnInvitation, date: Occurrence, occurrence_id: UUID | None, number: int, now: datetime
) -> EarlierReply:
    before = effective([one for one in own.replies if one.number < number], occurrence_id)
    counts = effective(own.replies, occurrence_id)
    is_last = all(one.number <= number for one in own.replies)
    return EarlierReply(
        invitation_id=own.id,
        date=date,
        for_series=occurrence_id is None,
        value=counts.value if counts else ReplyValue.NEEDS_ACTION,
        given_at=counts.replied_at if counts else None,
        earlier=Given(before.value, before.comment, before.substitute_id) if before else NONE,
        sends=before.substitute if before else "",
        replied_at=before.replied_at if before else None,
        is_current=is_last and date.ends_at > now and not date.is_off,
    )


async def _date(viewer: Viewer, event: Event, occurrence_id: UUID | None, now: datetime) -> Occurrence | None:
    dates = [one for one in await events.dates(viewer, event) if occurrence_id in (None, one.id)]
    ahead = [one for one in dates if one.ends_at > now and not one.is_off]
    return next(iter([*ahead, *reversed(dates)]), None)


async def restore(viewer: Viewer, found: EarlierReply, now: datetime, *, by: Viewer | None = None) -> None:
    """Record the viewer's earlier reply again; the caller is inside `writing()`.

    It is entered `by` another person, or comes by their email. For a series, it doesn't count for dates of which the
    person was asked separately.
    Errors: Conflict when its substitute can no longer come.
    """
    if not found.can_send:
        raise Conflict(NO_LONGER)
    await replies.record(
        by or viewer,
        found.invitation_id,
        found.date,
        found.earlier,
        ReplySource.ON_BEHALF if by else ReplySource.EMAIL,
        now,
        for_series=found.for_series,
        entered=replies.EnteredFor(viewer.member_id, found.replied_at, for_dates_asked_alone=False) if by else None,
    )
