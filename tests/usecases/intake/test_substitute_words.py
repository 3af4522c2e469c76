"""YES or NO that a substitute writes back to the email that named them, like the reply of their calendar program."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, Cast, operation
from tests.emails import ReadEmail
from tests.usecases.intake import replying
from tests.usecases.intake.replying import HOUR, NO, YES
from tests.usecases.intake.world import (
    FIRST_DATE,
    WRITTEN_AT,
    confirmation,
    name_alternate,
    send_due,
    substitutes_coming,
    write_back,
)
from tracker.errors import Conflict, NotFound
from tracker.rules.core.message_types import AnswerOutcome, InvitationAnswered, Removed, SubstituteDeclined
from tracker.rules.core.outbox import Message as Queued
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import UndoPage
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.intake.calendar_replies import BECAUSE, ReplyOutcome, Sender, Settled
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingReply, IncomingWords
from tracker.usecases.core import outbox
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.intake import item_emails, received_emails, unrecorded_replies

SECOND = timedelta(seconds=1)


async def queued() -> list[Queued]:
    return await outbox.claim_messages("test", (), WRITTEN_AT + HOUR, 99)


@pytest.mark.both_engines
async def test_a_substitute_s_no_in_words_releases_them_and_is_confirmed(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    assert await write_back(cast.fbi_alternate, "NO I'm in court") is AnswerOutcome.RECORDED
    assert await substitutes_coming(cast, event_id) == frozenset()
    assert {(one.recipient_id, type(one.content)) for one in await queued()} == {
        (cast.fbi_alternate.member_id, InvitationAnswered),
        (cast.fbi_alternate.member_id, Removed),
        (cast.fbi_lead.member_id, SubstituteDeclined),
    }


async def link_of(confirmation: ReadEmail) -> UUID:
    [page] = [one.target for one in confirmation.buttons if isinstance(one.target, UndoPage)]
    return page.words_id


async def test_the_confirmation_of_a_substitute_s_no_says_what_follows_and_has_one_link_to_undo_it(
    sqlite_cast: Cast,
) -> None:
    await name_alternate(sqlite_cast)
    await write_back(sqlite_cast.fbi_alternate, "NO I'm in court")
    one = await confirmation()
    assert one.subject == "You replied no: Monthly task force meeting, Tue, Jan 12"
    assert one.paragraphs[0].startswith("You're no longer the substitute. We'll let the person who named you know")
    assert await link_of(one)
    assert len(one.buttons) == 1


@pytest.mark.both_engines
async def test_the_link_lets_the_substitute_come_again_and_drops_the_emails_about_their_no(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    await write_back(cast.fbi_alternate, "NO I'm in court")
    link = await link_of(await confirmation(WRITTEN_AT + SECOND))
    found = await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * SECOND, LINK)
    assert found.refusal
    assert (found.can_undo, found.refusal.principals, found.refusal.may_be_known) == (True, "Fbi lead (FBI)", False)
    await item_emails.undo_emailed_change(link, WRITTEN_AT + 2 * SECOND, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await send_due(WRITTEN_AT + HOUR) == []
    await item_emails.undo_emailed_change(link, WRITTEN_AT + HOUR, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_an_undo_after_the_emails_have_left_says_so_and_sends_the_entry_again(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    link = await link_of(await confirmation(WRITTEN_AT + HOUR))
    found = await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * HOUR, LINK)
    assert found.refusal
    assert (found.can_undo, found.refusal.may_be_known) == (True, True)
    await item_emails.undo_emailed_change(link, WRITTEN_AT + 2 * HOUR, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    [(key, _)] = await send_due(WRITTEN_AT + 3 * HOUR)
    assert key.startswith("substitute:substitute")


async def test_the_link_undoes_nothing_once_the_person_who_named_them_replied(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    link = await link_of(await confirmation(WRITTEN_AT + HOUR))
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_DATE, YES, "", WRITTEN_AT + HOUR, for_series=False)
    assert not (await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * HOUR, LINK)).can_undo
    with pytest.raises(Conflict):
        await item_emails.undo_emailed_change(link, WRITTEN_AT + 2 * HOUR, LINK)
    assert await substitutes_coming(cast, event_id) == frozenset()


async def test_the_link_is_dead_for_a_substitute_who_may_no_longer_see_the_event(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    link = await link_of(await confirmation(WRITTEN_AT + HOUR))
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    restricted = operation(cast.fbi_lead, starts=plan.starts)
    await scheduling.change_event(cast.coordinator, event_id, restricted, event.version, WRITTEN_AT + HOUR)
    with pytest.raises(NotFound):
        await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * HOUR, LINK)


async def test_the_confirmation_of_an_undone_no_is_not_sent(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    [row] = await IncomingWords.select(IncomingWords.id)
    await item_emails.undo_emailed_change(row["id"], WRITTEN_AT + SECOND, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert [one for _, one in await send_due(WRITTEN_AT + HOUR) if isinstance(one, ReadEmail)] == []


async def test_a_substitute_s_yes_in_words_is_known_and_says_so(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    assert await write_back(cast.fbi_alternate, "YES") is AnswerOutcome.UNCHANGED
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    one = await confirmation()
    assert "You're already the substitute for Fbi lead (FBI)." in one.paragraphs


async def test_a_substitute_who_can_t_come_reads_that_they_or_the_organizer_said_so(sqlite_cast: Cast) -> None:
    await name_alternate(sqlite_cast)
    await write_back(sqlite_cast.fbi_alternate, "NO I'm in court")
    [email] = [one for key, one in await send_due(WRITTEN_AT + HOUR) if key.startswith("substitute:withdrawal")]
    assert isinstance(email, ReadEmail)
    assert email.subject == "No longer the substitute: Monthly task force meeting, Tue, Jan 12"
    assert "You or the organizer let us know you can't come." in email.paragraphs


async def test_a_substitute_s_question_is_confirmed_without_asking_for_a_maybe(sqlite_cast: Cast) -> None:
    await name_alternate(sqlite_cast)
    assert await write_back(sqlite_cast.fbi_alternate, "Which room?") is AnswerOutcome.NO_WORD
    one = await confirmation()
    assert one.paragraphs[0].startswith("We found no clear YES or NO at the start of your email.")
    still = "You're still the substitute for Fbi lead (FBI). If you can't come, say so on the event's page."
    assert still in one.paragraphs


@pytest.mark.parametrize("text", ["NO", "YES"])
async def test_words_that_are_not_from_the_substitute_change_nothing_and_wait(sqlite_cast: Cast, text: str) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    before = await Message.count()
    stranger = Sender(address="someone@elsewhere.example", is_verified=True)
    assert await write_back(cast.fbi_alternate, text, sender=stranger) is AnswerOutcome.UNMATCHED
    assert (await substitutes_coming(cast, event_id), await Message.count()) == ({cast.fbi_alternate.member_id}, before)
    assert await IncomingReply.count() == 1


async def first_email(who: Viewer) -> UUID:
    """Return the email that named a person as a substitute."""
    about = (Message.recipient == who.member_id) & (Message.kind == "substitute")
    [message_id, *_] = await Message.select(Message.id).where(about).order_by(Message.created_at).output(as_list=True)
    return UUID(str(message_id))


async def moved(cast: Cast, event_id: UUID, at: datetime) -> None:
    """Move the meeting, which releases the substitute, and name them for the new time; all emails are out."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, starts=plan.starts.replace(hour=15)), event.version, at
    )
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", at + HOUR)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await send_due(at + 2 * HOUR)


async def test_a_substitute_s_no_to_the_old_time_says_nothing_of_the_new_one_and_they_hear_it(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email(cast.fbi_alternate)
    await moved(cast, event_id, WRITTEN_AT)
    assert await write_back(cast.fbi_alternate, "NO", WRITTEN_AT + 3 * HOUR, message_id=first) is AnswerOutcome.OUTDATED
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    paragraphs = (await confirmation(WRITTEN_AT + 3 * HOUR)).paragraphs
    assert any(one.startswith("You're still the substitute for Fbi lead (FBI).") for one in paragraphs)


async def test_a_program_s_no_to_the_old_time_is_listed_as_the_substitute_s_and_changes_nothing(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await moved(cast, event_id, WRITTEN_AT)
    address, at = cast.fbi_alternate.email, WRITTEN_AT + 3 * HOUR
    no = await replying.said(cast.fbi_lead, event_id, NO, attendee=address, stamped_at=at, sequence=0)
    sender = Sender(address=address, is_verified=True)
    one = await replying.email(cast.fbi_lead, event_id, no, sender=sender, received_at=at)
    assert await received_emails.take_email(one) == [ReplyOutcome.OLD_TIME]
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [shown] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, at)).settled
    assert (shown.reply.is_of_substitute, shown.reply.why) == (True, BECAUSE[Settled.OLD_TIME])


async def test_a_second_no_of_a_substitute_is_known_and_waits_for_no_one(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email(cast.fbi_alternate)
    assert await write_back(cast.fbi_alternate, "NO", message_id=first) is AnswerOutcome.RECORDED
    await send_due(WRITTEN_AT + SECOND)
    assert (
        await write_back(cast.fbi_alternate, "No, again", WRITTEN_AT + HOUR, message_id=first)
        is AnswerOutcome.UNCHANGED
    )
    text = "You're no longer the substitute, so you don't need to come."
    assert text in (await confirmation(WRITTEN_AT + HOUR)).paragraphs
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    assert (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, WRITTEN_AT + HOUR)).waiting == []


async def test_a_yes_of_a_substitute_who_was_released_waits(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email(cast.fbi_alternate)
    await write_back(cast.fbi_alternate, "NO", message_id=first)
    assert await write_back(cast.fbi_alternate, "YES", WRITTEN_AT + HOUR, message_id=first) is AnswerOutcome.UNMATCHED
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [one] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, WRITTEN_AT + HOUR)).waiting
    assert one.substitute == "Fbi alternate (FBI)"


async def test_a_substitute_s_calendar_program_may_reply_to_the_address_of_the_email_itself(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    address = cast.fbi_alternate.email
    no = await replying.said(cast.fbi_lead, event_id, NO, attendee=address, stamped_at=WRITTEN_AT)
    sender, about = Sender(address=address, is_verified=True), {"message_id": await first_email(cast.fbi_alternate)}
    one = await replying.email(cast.fbi_lead, event_id, no, sender=sender, invitation_id=None, **about)
    assert await received_emails.take_email(one) == [ReplyOutcome.RELEASED]
    assert await substitutes_coming(cast, event_id) == frozenset()


async def test_a_substitute_who_is_kept_informed_as_well_can_still_say_no(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email(cast.fbi_alternate)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, cast.fbi_alternate.member_id: AttendeeRole.INFORMED}
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, invitees=invitees), event.version, WRITTEN_AT
    )
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await write_back(cast.fbi_alternate, "NO", WRITTEN_AT + HOUR, message_id=first) is AnswerOutcome.RECORDED
    assert await substitutes_coming(cast, event_id) == frozenset()


async def test_a_note_of_a_substitute_is_read_by_the_organizer(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    assert await write_back(cast.fbi_alternate, "Which room?") is AnswerOutcome.NO_WORD
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [one] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, WRITTEN_AT)).waiting
    assert (one.reply.comment, one.reply.is_of_substitute) == ("Which room?", True)


async def test_a_substitute_who_may_no_longer_see_the_event_gets_no_reply_from_it(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    restricted = operation(cast.fbi_lead, starts=plan.starts)
    await scheduling.change_event(cast.coordinator, event_id, restricted, event.version, WRITTEN_AT)
    before = await Message.count()
    assert await write_back(cast.fbi_alternate, "NO", WRITTEN_AT + HOUR) is AnswerOutcome.UNMATCHED
    assert await Message.count() == before
