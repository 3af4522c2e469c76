"""Replies, words and committees of the tests of intake, and what was recorded of them."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast, meeting
from tests.emails import ReadEmail, read_result, send_due_messages
from tests.usecases.intake.replying import HOUR, LATER, NO
from tests.usecases.intake.writing_back import write_about_item
from tracker.database import writing
from tracker.rules.actions import ActionItem
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import Sender
from tracker.rules.intake.received_emails import Bounce, Cause, Fate, ReceivedEmail, bounce_of_refusal
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import PersonFacts
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingWords
from tracker.tables.schema.roster import SeatHolder
from tracker.usecases.actions import item_lists
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import occurrences, replies, scheduling, substitutes
from tracker.usecases.intake import item_emails, received_emails
from tracker.usecases.roster import people


async def message_about_item(reference: str) -> UUID:
    """Return the message about an action item."""
    [message_id] = await Message.select(Message.id).where(Message.item.reference == reference).output(as_list=True)
    return UUID(str(message_id))


async def item_called(cast: Cast, reference: str) -> ActionItem:
    return (await item_lists.item_view(cast.coordinator, reference)).item


async def item_history(cast: Cast, reference: str) -> list[tuple[str, str, str]]:
    notes = (await item_lists.item_view(cast.coordinator, reference)).notes
    return [(note.source, note.change, note.text) for note in notes[:-1]]


async def undo_link_id() -> UUID:
    """Return what the Undo link of the only email that was recorded undoes."""
    [row] = await IncomingWords.select(IncomingWords.id).where(IncomingWords.outcome == AnswerOutcome.RECORDED)
    return UUID(str(row["id"]))


INVITED_AT = NOW + timedelta(minutes=5)
WRITTEN_AT = NOW + 2 * HOUR
NONE = ReplyValue.NEEDS_ACTION


async def invite_bureau(cast: Cast, *, is_series: bool = False, **facts: Any) -> UUID:
    """Schedule a meeting with the Bureau; the invitations are out."""
    plan = meeting(cast.fbi_lead, **facts)
    if is_series:
        plan = replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=6))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    await send_due(INVITED_AT)
    return event_id


async def send_due(now: datetime) -> list[tuple[str, ReadEmail | SendOutcome]]:
    """Send what is due, and return the key of each message with its email."""
    return [(message.key, read_result(written)) for message, written in await send_due_messages(now)]


async def confirmation(now: datetime = WRITTEN_AT) -> ReadEmail:
    [one] = [email for key, email in await send_due(now) if key.startswith("email_answered")]
    assert isinstance(one, ReadEmail)
    return one


async def write_back(to: Viewer, text: str, at: datetime = WRITTEN_AT, **facts: object) -> AnswerOutcome:
    """Take what a person writes back to the newest email about an event that they got; `facts` replace its fields."""
    rows = await Message.select(Message.id).where(Message.recipient == to.member_id).order_by(Message.created_at)
    facts_of_email = {
        "name": sha256(f"{text}{at}".encode()).hexdigest(),
        "received_at": at,
        "invitation_id": None,
        "message_id": rows[-1]["id"],
        "sender": Sender(address=to.email, is_verified=True),
        "text": text,
    }
    email = ReceivedEmail(**{**facts_of_email, **facts})  # type: ignore[arg-type]  # the fields of an email
    [outcome] = await received_emails.take_email(email)
    return AnswerOutcome(outcome)


async def recorded_reply_of(who: Viewer, event_id: UUID, key: str = "") -> tuple[ReplyValue, str]:
    """Return the reply that counts, and its comment."""
    date = (
        await occurrences.date_seen_by(who, event_id, key)
        if key
        else await occurrences.nearest_date(who, event_id, NOW)
    )
    reply = await replies.my_reply(who, date)
    assert reply
    return (reply[1].value, reply[1].comment) if reply[1] else (NONE, "")


async def undo_newest_change(now: datetime = WRITTEN_AT + HOUR) -> None:
    rows = await IncomingWords.select(IncomingWords.id).where(IncomingWords.outcome == AnswerOutcome.RECORDED)
    await item_emails.undo_emailed_change(rows[-1]["id"], now, LINK)


FIRST_DATE = "2027-01-12"
HOUR_LATER = LATER + HOUR


async def insert_third_holder(cast: Cast, primary: Viewer, agency: str) -> Viewer:
    """Return a new alternate of a person's seat on the committee."""
    held = (SeatHolder.member == primary.member_id) & (SeatHolder.seat.committee == cast.committees["steering"])
    [row] = await SeatHolder.select(SeatHolder.seat).where(held)
    facts = {"zone": "America/Chicago", "email": f"third@{agency.lower()}.example"}
    async with writing():
        new = await people.insert_member(
            PersonFacts(agency_id=cast.agencies[agency], name=f"{agency} third", **facts), NOW
        )
        await SeatHolder.insert(SeatHolder(seat=row["seat"], member=new, is_primary=False))
    return await viewer_for(new, NOW)


async def schedule_for_committee(cast: Cast, *invitees: Viewer) -> UUID:
    seats = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    return await scheduling.schedule_event(cast.coordinator, meeting(*invitees, **seats), NOW)


async def name_same_substitute(cast: Cast) -> tuple[UUID, Viewer]:
    """Return a meeting to which two people of the Bureau send the same third one."""
    other, event_id = (
        await insert_third_holder(cast, cast.fbi_lead, "FBI"),
        await schedule_for_committee(cast, cast.fbi_lead, cast.fbi_alternate),
    )
    for who in (cast.fbi_lead, cast.fbi_alternate):
        said_no = (who, event_id, FIRST_DATE, NO, "", LATER)
        await replies.record_own_reply(*said_no, for_series=False, substitute=other.member_id)
    return event_id, other


async def name_alternate(cast: Cast) -> UUID:
    """Return a meeting to which the Bureau's lead sends their alternate; all emails are out."""
    seats = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **seats), NOW)
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await send_due(NOW + HOUR)
    return event_id


async def substitutes_coming(cast: Cast, event_id: UUID) -> frozenset[UUID]:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    return await substitutes.substitutes_on_date(event_id, date.id)


PRIVATE_OF_CAHT = Sender(address="caht.lead@home.example", is_verified=True)


async def block_from_home(owner: Viewer, text: str = "BLOCKED: no address yet") -> None:
    assert await write_about_item(owner, text, sender=PRIVATE_OF_CAHT) is AnswerOutcome.UNMATCHED


DELAYED_BOUNCE = Bounce(fate=Fate.DELAYED, cause=Cause.UNREACHABLE, status="4.4.1")
SPAM_BOUNCE = bounce_of_refusal("554 5.7.1 Blocked", at_recipient=True)
