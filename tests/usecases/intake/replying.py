"""Replies of calendar programs to a meeting with the Bureau and the detective, for the tests."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import (
    CalendarReply,
    DateNamed,
    EmailReplies,
    ReplyOutcome,
    Sender,
    WaitingReply,
)
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.received_emails import take_email

HOUR = timedelta(hours=1)
LATER = NOW + 4 * HOUR
YES, MAYBE, NO = ReplyValue.ACCEPTED, ReplyValue.TENTATIVE, ReplyValue.DECLINED
STRANGER = "someone@elsewhere.example"
APRIL, MAY = "2027-04-13", "2027-05-11"
TEN_IN_APRIL, TEN_IN_MAY = datetime(2027, 4, 13, 15, tzinfo=UTC), datetime(2027, 5, 11, 15, tzinfo=UTC)


async def schedule_invited(cast: Cast, *, is_series: bool = False, **facts: object) -> UUID:
    """Schedule a meeting with the Bureau and the detective, and return its event."""
    plan = meeting(cast.fbi_lead, cast.kcpd_detective, **facts)
    if is_series:
        plan = replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=6))
    return await scheduling.schedule_event(cast.coordinator, plan, NOW)


async def calendar_reply(who: Viewer, event_id: UUID, value: ReplyValue | None = YES, **facts: object) -> CalendarReply:
    """Return a reply of a calendar program; `facts` replace its fields."""
    event = await scheduling.event_seen_by(who, event_id)
    reply_facts = {"uid": event.uid, "attendee": who.email, "value": value, "sequence": 0, "stamped_at": NOW + HOUR}
    return CalendarReply(**{**reply_facts, **facts})  # type: ignore[arg-type]  # the fields of a reply


async def email_with_replies(who: Viewer, event_id: UUID, *said_in_it: CalendarReply, **facts: object) -> ReceivedEmail:
    """Return an email of a person to the address of their invitation; `facts` replace its fields."""
    invitation = (await invitations_by_member(event_id)).get(who.member_id)
    email_facts = {
        "name": sha256(repr(said_in_it).encode()).hexdigest(),
        "received_at": LATER,
        "invitation_id": invitation.id if invitation else None,
        "sender": Sender(address=who.email, is_verified=True),
        "replies": said_in_it,
    }
    return ReceivedEmail(**{**email_facts, **facts})  # type: ignore[arg-type]  # the fields of an email


async def take_reply(who: Viewer, event_id: UUID, value: ReplyValue = YES, **facts: object) -> ReplyOutcome:
    """Take one reply, and return what became of it."""
    reply = await calendar_reply(who, event_id, value, **facts)
    [outcome] = await take_email(await email_with_replies(who, event_id, reply))
    return outcome


async def reply_and_source(who: Viewer, event_id: UUID, key: str = "") -> tuple[ReplyValue, str]:
    """Return the reply that counts, and how it came."""
    date = (
        await occurrences.date_seen_by(who, event_id, key)
        if key
        else await occurrences.nearest_date(who, event_id, NOW)
    )
    reply = await replies.my_reply(who, date)
    assert reply
    return (reply[1].value, reply[1].source) if reply[1] else (ReplyValue.NEEDS_ACTION, "")


def date_named(moment: datetime) -> DateNamed:
    return DateNamed(moment=moment, local=moment.replace(tzinfo=None))


FIRST_KEY = "2027-01-12"
PRIVATE_OF_BUREAU = Sender(address="fbi.lead@home.example", is_verified=True)
DECIDED_AT = LATER + HOUR


async def waiting_replies(
    cast: Cast, event_id: UUID, viewer: Viewer | None = None, now: datetime = DECIDED_AT
) -> list[WaitingReply]:
    emails = await emails_of_date(cast, event_id, viewer, now)
    return [*emails.waiting, *emails.settled]


async def emails_of_date(
    cast: Cast, event_id: UUID, viewer: Viewer | None = None, now: datetime = DECIDED_AT
) -> EmailReplies:
    date = await occurrences.nearest_date(viewer or cast.coordinator, event_id, NOW)
    return await unrecorded_replies.unrecorded_of_date(viewer or cast.coordinator, date, now)


async def reply_from_private_address(
    cast: Cast, event_id: UUID, value: ReplyValue = YES, *, sender: Sender = PRIVATE_OF_BUREAU, **facts: object
) -> UUID:
    """Let the Bureau's lead reply from an address that the tracker doesn't know, and return the email's row."""
    reply = await calendar_reply(cast.fbi_lead, event_id, value, **facts)
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, sender=sender)) == [
        ReplyOutcome.UNMATCHED
    ]
    return (await waiting_replies(cast, event_id))[0].reply.id


async def reply_to_forwarded_invitation(cast: Cast, to: Viewer, *, is_verified: bool = True) -> UUID:
    """Let someone say yes as themselves to the Bureau's invitation to a committee's meeting, and return the event."""
    plan = meeting(cast.fbi_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["steering"])
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    reply = await calendar_reply(cast.fbi_lead, event_id, attendee=to.email)
    sender = Sender(address=to.email, is_verified=is_verified)
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, sender=sender)) == [
        ReplyOutcome.UNMATCHED
    ]
    return event_id
