"""What a person writes back to an email about an event: YES, MAYBE, or NO."""

from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.answers import Taken
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.replies import effective
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed, Outcome
from tracker.rules.intake.emails import ReceivedEmail
from tracker.rules.intake.words import REPLIES, Said, about_invitation
from tracker.tables.background.intake import words as known
from tracker.tables.background.intake.words import Answered
from tracker.tables.visible.events import events
from tracker.tables.visible.events import replies as visible
from tracker.usecases.events import substitutes
from tracker.usecases.intake import replies
from tracker.usecases.intake.understood import UNMATCHED, Understood

TAKEN = {
    Outcome.RECORDED: Taken.RECORDED,
    Outcome.RELEASED: Taken.RECORDED,
    Outcome.REPEATED: Taken.UNCHANGED,
    Outcome.STALE: Taken.UNCHANGED,
    Outcome.OLD_TIME: Taken.OUTDATED,
    Outcome.CLOSED: Taken.CLOSED,
    Outcome.UNMATCHED: Taken.UNMATCHED,
}
BEFORE_ANY_CHANGE = 0  # SEQUENCE of an event as it was first announced


class _Asked(Struct, frozen=True, kw_only=True):
    """What the email asked its reader to reply to."""

    event: Event
    invitation_id: UUID
    date: DateNamed | None
    """None = the whole event."""
    reply: CalendarReply | None
    """Their reply so far."""


async def taken(viewer: Viewer, answered: Answered, email: ReceivedEmail, *, is_theirs: bool) -> Understood:
    """Record the reply that an email of the viewer gives, and return what was understood.

    The caller is inside `writing()`. What it says goes the way of a reply of a calendar program, so the same rules
    hold, and the organizer sees what could not be recorded, of others too (`is_theirs` False). As by the link in an
    email, a restricted event is replied to after sign-in.
    """
    asked = await _asked(viewer, answered)
    if asked is None:
        return UNMATCHED
    said = about_invitation(email.text)
    about = Understood(outcome=Taken.SIGN_IN, said=said, event_id=asked.event.id, occurrence_id=answered.occurrence_id)
    if not is_theirs:
        await _take(await _as_reply(viewer, asked, answered, email, said))
        return UNMATCHED
    if asked.event.is_restricted or viewer.is_discreet:
        return about
    if _is_so(asked, said):
        return replace(about, outcome=Taken.UNCHANGED)
    [outcome] = await _take(await _as_reply(viewer, asked, answered, email, said))
    if said.word is None:
        return replace(about, outcome=Taken.NO_WORD)
    is_recorded = TAKEN[outcome] is Taken.RECORDED
    reply_id = await known.newest_reply(asked.invitation_id) if is_recorded else None
    return replace(about, outcome=TAKEN[outcome], reply_id=reply_id)


async def _take(email: ReceivedEmail) -> list[Outcome]:
    return await replies.take(email, await replies.look(email))


async def _asked(viewer: Viewer, answered: Answered) -> _Asked | None:
    event = await events.event(viewer, answered.event_id) if answered.event_id else None
    own = (await visible.mine(viewer, [event.id])).get(event.id) if event else None
    if event is None:
        return None
    if own is None or not own.role.is_asked:
        return await _asked_to_substitute(viewer, event, answered)
    dates = await events.dates(viewer, event)
    date = next((one for one in dates if one.id == answered.occurrence_id), None)
    single = dates[0] if dates and not event.is_series else None
    on = date or single
    given = effective(own.replies, on.id if on else None)
    return _Asked(
        event=event,
        invitation_id=own.id,
        date=_named(date) if date else None,
        reply=CalendarReply(uid=event.uid, attendee="", value=given.value, comment=given.comment) if given else None,
    )


async def _asked_to_substitute(viewer: Viewer, event: Event, answered: Answered) -> _Asked | None:
    """Return what a substitute was asked: to come to one date in another person's place. It may be over since."""
    date = next((one for one in await events.dates(viewer, event) if one.id == answered.occurrence_id), None)
    turn = (await substitutes.of_member(event.id, viewer.member_id, [date.id])).get(date.id) if date else None
    if date is None or turn is None:
        return None
    return _Asked(event=event, invitation_id=turn.invitation_id, date=_named(date), reply=None)


def _named(date: Occurrence) -> DateNamed:
    starts = date.original_start
    return DateNamed(moment=to_utc(starts, date.event.zone), local=starts)


def _is_so(asked: _Asked, said: Said) -> bool:
    before, value = asked.reply, REPLIES.get(said.word) if said.word else None
    return before is not None and value is not None and (before.value, before.comment) == (value, said.text)


async def _as_reply(
    viewer: Viewer, asked: _Asked, answered: Answered, email: ReceivedEmail, said: Said
) -> ReceivedEmail:
    """Return the email as a calendar program would have sent it."""
    is_old = await known.was_asked_again(
        asked.invitation_id, answered.occurrence_id, answered.sent_at, is_series=asked.event.is_series
    )
    reply = CalendarReply(
        uid=asked.event.uid,
        attendee=viewer.email.lower(),
        value=REPLIES.get(said.word) if said.word else None,
        comment=said.text,
        sequence=BEFORE_ANY_CHANGE if is_old else None,
        date=asked.date,
    )
    return replace(email, invitation_id=asked.invitation_id, replies=(reply,))
