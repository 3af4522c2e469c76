"""YES, MAYBE, or NO in a reply to an email about an event is the reply of the person who got it, and can be undone."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read
from tracker.errors import Conflict
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.outbox import Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.plan import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import CalendarReply, Mismatch, ReplyOutcome, Sender
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.rules.recurrence import rule_for
from tracker.tables.background.events import invitees
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake.received_emails import IncomingReply, IncomingWords
from tracker.usecases.core import outbox
from tracker.usecases.emails import content
from tracker.usecases.events import events, occurrences, replies
from tracker.usecases.intake import email_undo, received_emails

HOUR = timedelta(hours=1)
SENT, LATER = NOW + timedelta(minutes=5), NOW + 2 * HOUR
YES, NO, NONE = ReplyValue.ACCEPTED, ReplyValue.DECLINED, ReplyValue.NEEDS_ACTION
APRIL, MAY = "2027-04-13", "2027-05-11"


async def invited(cast: Cast, *, is_series: bool = False, **facts: Any) -> UUID:
    """Schedule a meeting with the Bureau; the invitations are out."""
    plan = meeting(cast.fbi_lead, **facts)
    if is_series:
        plan = replace(plan, rule=rule_for("monthly_nth", plan.starts, count=6))
    event_id = await events.schedule(cast.coordinator, plan, NOW)
    await sent(SENT)
    return event_id


async def sent(now: datetime) -> list[tuple[str, ReadEmail | Skip]]:
    """Send what is due, and return the key of each message with its email."""
    found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        found.append((message.key, read(await content.letter(message, now, ZONE))))
        await outbox.close_message(message, Skip(state=State.SENT, reason=""), now)
    return found


async def confirmation(now: datetime = LATER) -> ReadEmail:
    [one] = [email for key, email in await sent(now) if key.startswith("email_answered")]
    assert isinstance(one, ReadEmail)
    return one


async def said(to: Viewer, text: str, at: datetime = LATER, **facts: object) -> AnswerOutcome:
    """Take what a person writes back to the newest email about an event that they got; `facts` replace its fields."""
    rows = await Message.select(Message.id).where(Message.recipient == to.member_id).order_by(Message.created_at)
    about = {
        "name": sha256(f"{text}{at}".encode()).hexdigest(),
        "received_at": at,
        "invitation_id": None,
        "message_id": rows[-1]["id"],
        "sender": Sender(address=to.email, is_verified=True),
        "text": text,
    }
    email = ReceivedEmail(**{**about, **facts})  # type: ignore[arg-type]  # the fields of an email
    [outcome] = await received_emails.take_email(email)
    return AnswerOutcome(outcome)


async def reply_of(who: Viewer, event_id: UUID, key: str = "") -> tuple[ReplyValue, str]:
    """Return the reply that counts, and its comment."""
    date = await occurrences.date_for(who, event_id, key) if key else await occurrences.nearest_date(who, event_id, NOW)
    found = await replies.my_reply(who, date)
    assert found
    return (found[1].value, found[1].comment) if found[1] else (NONE, "")


async def undone(now: datetime = LATER + HOUR) -> None:
    rows = await IncomingWords.select(IncomingWords.id).where(IncomingWords.outcome == AnswerOutcome.RECORDED)
    await email_undo.undo_emailed_change(rows[-1]["id"], now, LINK)


@pytest.mark.both_engines
async def test_no_by_email_is_recorded_with_the_rest_and_confirmed(cast: Cast) -> None:
    event_id = await invited(cast)
    assert await said(cast.fbi_lead, "No, I'm in court.\n\n> YES") is AnswerOutcome.RECORDED
    assert await reply_of(cast.fbi_lead, event_id) == (NO, "I'm in court.")
    one = await confirmation()
    assert one.subject == "You replied no: Monthly task force meeting, Tue, Jan 12"
    assert dict(one.facts)["Note"] == "I'm in court."
    assert [button.label for button in one.buttons] == ["Undo", "Change my reply"]


async def test_a_confirmation_says_that_a_substitute_no_longer_needs_to_come(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, committee_id=sqlite_cast.committees["steering"])
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    sent_to_it = (cast.fbi_lead, event_id, date.key, NO, "", NOW)
    await replies.reply(*sent_to_it, for_series=False, substitute=cast.fbi_alternate.member_id)
    assert await said(cast.fbi_lead, "YES") is AnswerOutcome.RECORDED
    one = await confirmation()
    assert (
        "Fbi alternate (FBI) no longer needs to come in your place, and gets an email that says so." in one.paragraphs
    )


async def test_a_confirmation_repeats_the_note_of_its_own_email_alone(sqlite_cast: Cast) -> None:
    await invited(sqlite_cast)
    await said(sqlite_cast.fbi_lead, "NO (in court)")
    await said(sqlite_cast.fbi_lead, "YES", LATER + HOUR)
    emails = [one for key, one in await sent(LATER + HOUR) if key.startswith("email_answered")]
    assert {one.subject.split(":")[0]: dict(one.facts).get("Note") for one in emails if isinstance(one, ReadEmail)} == {
        "You replied no": "in court",
        "You replied yes": None,
    }


async def test_a_reply_to_the_series_counts_for_it_and_one_about_a_date_for_that_date(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    assert await said(cast.fbi_lead, "YES") is AnswerOutcome.RECORDED
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_date(cast.coordinator, event_id, APRIL, moved, 1, LATER)
    await sent(LATER + HOUR)
    assert await said(cast.fbi_lead, "NO", LATER + 2 * HOUR) is AnswerOutcome.RECORDED
    assert [(await reply_of(cast.fbi_lead, event_id, key))[0] for key in (APRIL, MAY)] == [NO, YES]


async def test_a_reply_to_the_time_before_a_change_does_not_count(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    [first] = await Message.select(Message.id).where(Message.recipient == cast.fbi_lead.member_id)
    event, plan = await events.plan_to_change(cast.coordinator, event_id)
    moved = replace(plan, starts=datetime(2027, 1, 13, 13))  # noqa: DTZ001 - local to the event's zone
    await events.change(cast.coordinator, event_id, moved, event.version, NOW + HOUR)
    assert await said(cast.fbi_lead, "YES", message_id=first["id"]) is AnswerOutcome.OUTDATED
    assert (await reply_of(cast.fbi_lead, event_id))[0] is NONE
    one = await confirmation()
    assert one.paragraphs[0] == (
        "The event changed after we sent the email you replied to, so that reply doesn't count."
        " Please reply to the new details below."
    )
    assert "You haven't replied yet." not in one.paragraphs
    assert await said(cast.fbi_lead, "YES", LATER + HOUR) is AnswerOutcome.RECORDED


async def test_the_organizer_sees_what_was_none_of_the_words(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    assert await said(cast.fbi_lead, "Where do we park?") is AnswerOutcome.NO_WORD
    [row] = await IncomingReply.select(IncomingReply.misfit, IncomingReply.comment)
    assert row == {"misfit": Mismatch.NO_REPLY, "comment": "Where do we park?"}
    assert await reply_of(cast.fbi_lead, event_id) == (NONE, "")
    one = await confirmation()
    assert one.subject == "No reply recorded: Monthly task force meeting, Tue, Jan 12"
    assert one.paragraphs[0].startswith("We found no clear YES, MAYBE, or NO at the start of your email.")


async def test_a_text_to_the_organizer_of_a_calendar_entry_replies_to_the_event(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    own = (await invitees.invitations(event_id))[cast.fbi_lead.member_id]
    assert await said(cast.fbi_lead, "YES", message_id=None, invitation_id=own.id) is AnswerOutcome.RECORDED
    assert await reply_of(cast.fbi_lead, event_id) == (YES, "")


async def test_a_calendar_program_may_reply_to_the_address_of_the_email(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    event = await events.event_for(cast.fbi_lead, event_id)
    accept = CalendarReply(uid=event.uid, attendee=cast.fbi_lead.email, value=YES, sequence=0, stamped_at=LATER)
    rows = await Message.select(Message.id).where(Message.recipient == cast.fbi_lead.member_id)
    email = ReceivedEmail(
        name="1" * 64,
        received_at=LATER,
        invitation_id=None,
        message_id=rows[-1]["id"],
        sender=Sender(address=cast.fbi_lead.email, is_verified=True),
        replies=(accept,),
    )
    assert await received_emails.take_email(email) == [ReplyOutcome.RECORDED]
    assert (await reply_of(cast.fbi_lead, event_id))[0] is YES


async def test_the_same_reply_again_changes_nothing(sqlite_cast: Cast) -> None:
    await invited(sqlite_cast)
    outcomes = [await said(sqlite_cast.fbi_lead, "YES", at) for at in (LATER, LATER + HOUR)]
    assert outcomes == [AnswerOutcome.RECORDED, AnswerOutcome.UNCHANGED]


@pytest.mark.parametrize(
    ("text", "words"),
    [("NO", "You've already replied, and that reply still counts: No."), ("Which room?", "Your reply is still No.")],
)
async def test_a_confirmation_of_what_changed_nothing_says_what_the_reply_is(
    sqlite_cast: Cast, text: str, words: str
) -> None:
    await invited(sqlite_cast)
    await said(sqlite_cast.fbi_lead, "NO")
    await said(sqlite_cast.fbi_lead, text, LATER + HOUR)
    emails = [one for key, one in await sent(LATER + 2 * HOUR) if key.startswith("email_answered")]
    assert words in [paragraph for one in emails if isinstance(one, ReadEmail) for paragraph in one.paragraphs]


async def test_a_confirmation_says_that_there_is_no_reply_yet(sqlite_cast: Cast) -> None:
    await invited(sqlite_cast)
    await said(sqlite_cast.fbi_lead, "Which room?")
    assert "You haven't replied yet." in (await confirmation()).paragraphs


async def test_a_confirmation_names_the_replies_to_a_series_of_which_one_date_has_none(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    await said(cast.fbi_lead, "YES")
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_date(cast.coordinator, event_id, APRIL, moved, 1, LATER)
    first = await Message.select(Message.id).where(
        (Message.recipient == cast.fbi_lead.member_id) & (Message.kind == "invitation")
    )
    await said(cast.fbi_lead, "Which room?", LATER + HOUR, message_id=first[0]["id"])
    emails = [one for key, one in await sent(LATER + 2 * HOUR) if key.startswith("email_answered")]
    told = " ".join(words for one in emails if isinstance(one, ReadEmail) for words in one.paragraphs)
    assert "Your replies so far: Yes for " in told
    assert "none yet for 1 date." in told
    assert "haven't replied" not in told


async def test_a_stranger_s_yes_changes_nothing_and_no_one_is_answered(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    before = await Message.count()
    stranger = Sender(address="someone@elsewhere.example", is_verified=True)
    assert await said(cast.fbi_lead, "YES", sender=stranger) is AnswerOutcome.UNMATCHED
    assert (await reply_of(cast.fbi_lead, event_id), await Message.count()) == ((NONE, ""), before)
    [row] = await IncomingReply.select(IncomingReply.misfit, IncomingReply.reply)
    assert row == {"misfit": Mismatch.OTHER_SENDER, "reply": YES}
    assert await said(cast.fbi_lead, "Hello", sender=Sender(address=cast.fbi_lead.email, is_verified=False)) is (
        AnswerOutcome.UNMATCHED
    )
    assert await Message.count() == before


async def test_a_restricted_event_is_replied_to_after_sign_in_and_its_confirmation_names_nothing(
    sqlite_cast: Cast,
) -> None:
    cast = sqlite_cast
    event_id = await events.schedule(cast.fbi_lead, operation(cast.hsi_liaison, title="Operation Larkspur"), NOW)
    await sent(SENT)
    assert await said(cast.hsi_liaison, "YES to Larkspur\nYES") is AnswerOutcome.SIGN_IN
    assert await reply_of(cast.hsi_liaison, event_id) == (NONE, "")
    one = await confirmation()
    assert one.subject == "Task force event: please sign in and reply"
    assert "Larkspur" not in str(one)


async def test_undo_brings_back_the_reply_before(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    key = (await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)).key
    await replies.reply(cast.fbi_lead, event_id, key, YES, "By train", NOW + HOUR, for_series=False)
    await said(cast.fbi_lead, "NO")
    for _ in range(2):
        await undone()
    assert await reply_of(cast.fbi_lead, event_id) == (YES, "By train")


async def test_undo_of_a_first_reply_leaves_none(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    await said(cast.fbi_lead, "NO")
    await undone()
    assert (await reply_of(cast.fbi_lead, event_id, MAY))[0] is NONE


async def test_a_reply_after_the_email_is_not_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    await said(cast.fbi_lead, "NO")
    await said(cast.fbi_lead, "YES", LATER + HOUR)
    [first, _] = await IncomingWords.select(IncomingWords.id).order_by(IncomingWords.received_at)
    with pytest.raises(Conflict):
        await email_undo.undo_emailed_change(first["id"], LATER + 2 * HOUR, LINK)
    assert (await reply_of(cast.fbi_lead, event_id))[0] is YES
