"""A confirmation says what was understood of an email, to the person who wrote it, and never more than they may see."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast, operation
from tests.emails import ReadEmail, read_email, send_due_messages
from tests.ports.mail.sending import composer
from tests.usecases.actions.world import assign_item
from tests.usecases.intake.replying import HOUR, NO, YES
from tests.usecases.intake.world import (
    INVITED_AT,
    NONE,
    WRITTEN_AT,
    confirmation,
    invite_bureau,
    item_called,
    item_history,
    message_about_item,
    recorded_reply_of,
    send_due,
    undo_link_id,
    undo_newest_change,
    write_back,
)
from tests.usecases.intake.writing_back import LATER as WRITING_BACK_LATER
from tests.usecases.intake.writing_back import TODAY, email_about_item
from tests.usecases.intake.writing_back import write_about_item as writing_back_said
from tracker.errors import Conflict, NotFound
from tracker.rules.actions import ItemEdit, ItemStatus
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.viewers import Visibility
from tracker.rules.emails.emails import Email, ItemUpdatePage
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.plans import DateChange
from tracker.rules.intake.calendar_replies import CalendarReply, Mismatch, ReplyOutcome, Sender
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.tables.background.events import invitees
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import IncomingReply, IncomingWords
from tracker.tables.visible.actions import block_reasons
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.intake import emailed_words, item_emails, received_emails

SOON = WRITING_BACK_LATER + timedelta(minutes=1)


async def send_confirmations() -> list[tuple[str, ReadEmail]]:
    """Return the confirmations that are due, each with the address that it goes to."""
    sent = [(message.key, written) for message, written in await send_due_messages(WRITING_BACK_LATER)]
    emails = [email for key, email in sent if key.startswith("email_answered") and isinstance(email, Email)]
    return [(email.to, read_email(email)) for email in emails]


async def test_a_confirmation_says_what_was_understood(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await writing_back_said(cast.caht_lead, "DONE: all three are in\n\nJane")
    [(to, email)] = await send_confirmations()
    assert (to, email.subject) == (cast.caht_lead.email, f"Action item {reference} marked done")
    assert dict(email.facts)["Note"] == "all three are in"
    assert email.paragraphs[0] == "We read only the first paragraph of your email."
    assert [button.label for button in email.buttons] == ["Undo", "Sign in"], "the link of a closed item opens nothing"


async def test_a_confirmation_about_an_open_item_updates_it_without_signing_in(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.caht_lead, reference)).item
    await writing_back_said(cast.caht_lead, "BLOCKED no key yet")
    [(_, email)] = await send_confirmations()
    update = email.buttons[1]
    assert (update.label, update.target) == (
        "Update this item",
        ItemUpdatePage(item_id=item.id, owner_id=item.owner_id),
    )


async def test_a_confirmation_shows_nothing_that_changed_later(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await writing_back_said(cast.caht_lead, "BLOCKED no key yet")
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.DONE), 2, SOON, WRITING_BACK_LATER.date()
    )
    [(_, email)] = await send_confirmations()
    assert email.heading == "Marked blocked"
    assert dict(email.facts)["Note"] == "no key yet"
    assert "Status" not in dict(email.facts)


async def test_a_reply_that_says_nothing_is_answered_once_a_day_with_the_words_that_work(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    first = await email_about_item(cast.caht_lead, "> DONE")
    await received_emails.take_email(first)
    await received_emails.take_email(replace(first, name="2" * 64))
    [(_, email)] = await send_confirmations()
    assert email.subject == f"Your email didn't change action item {reference}"
    assert email.heading == "Nothing changed"


async def test_each_thing_about_which_nothing_changed_is_answered(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    first = await assign_item(cast.coordinator, cast.caht_lead)
    await received_emails.take_email(await email_about_item(cast.caht_lead, "> DONE"))
    second = await assign_item(cast.coordinator, cast.caht_lead)
    await received_emails.take_email(
        await email_about_item(cast.caht_lead, "> BLOCKED", message_id=await message_about_item(second))
    )
    subjects = {one.subject for _, one in await send_confirmations()}
    assert subjects == {f"Your email didn't change action item {one}" for one in (first, second)}


async def test_a_machine_that_answers_confirmations_is_answered_only_so_often(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item(cast.coordinator, cast.caht_lead)
    first = await email_about_item(cast.caht_lead, "Ticket")
    for number in range(emailed_words.MOST_CONFIRMATIONS + 5):
        await received_emails.take_email(replace(first, name=f"{number:064}", text=f"Ticket {number}"))
    assert len(await send_confirmations()) == emailed_words.MOST_CONFIRMATIONS


async def test_a_confirmation_about_a_restricted_item_shows_nothing_of_it(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, title="Operation Larkspur"), NOW)
    date_id = (await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id
    reference = await assign_item(cast.fbi_lead, cast.hsi_liaison, origin_id=date_id)
    assert await writing_back_said(cast.hsi_liaison, "DONE with Larkspur") is AnswerOutcome.SIGN_IN
    [(_, email)] = await send_confirmations()
    assert email.subject == f"Your email about action item {reference}"
    assert "Larkspur" not in str(email)
    assert "contact sheet" not in str(email)


async def test_a_confirmation_to_a_reader_of_time_only_emails_names_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item(cast.coordinator, cast.caht_lead)
    await preferences.save_preferences(cast.caht_lead, Preferences(is_discreet=True), NOW)
    assert await writing_back_said(cast.caht_lead, "DONE") is AnswerOutcome.SIGN_IN
    [(_, email)] = await send_confirmations()
    assert email.is_discreet
    assert "contact sheet" not in str(email)


async def test_an_email_about_an_item_is_answered_to_an_address_of_its_own(sqlite_cast: Cast) -> None:
    await assign_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    [message] = await outbox.claim_messages("test", (), WRITING_BACK_LATER, 100)
    letter = await emails.write_email(message, WRITING_BACK_LATER, ZONE)
    assert isinstance(letter, Email)
    with_address = composer(reply_address="reply@tracker.example").compose(letter, message).content.decode()
    without = composer().compose(letter, message).content.decode()
    assert "Reply-To: reply+" in with_address
    assert "start with DONE, IN PROGRESS, or" in with_address
    assert "Reply-To: coordinator@tracker.example" in without
    assert "Replying to this email reaches the coordinator." in " ".join(without.split())
    assert "DONE" not in without


async def test_no_one_is_answered_who_is_not_known(sqlite_cast: Cast) -> None:
    await assign_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    before = await Message.count()
    await received_emails.take_email(replace(await email_about_item(sqlite_cast.caht_lead, "DONE"), is_automatic=True))
    assert await Message.count() == before


@pytest.mark.both_engines
async def test_done_by_email_closes_the_item_and_its_history_says_how(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    assert await writing_back_said(cast.caht_lead, "Done. Sent it to all.\n\nJane\n> BLOCKED") is AnswerOutcome.RECORDED
    assert (await item_called(cast, reference)).status is ItemStatus.DONE
    assert await item_history(cast, reference) == [("email", "Open → Done, 100%", "Sent it to all.")]
    [entry] = await AuditEntry.select(AuditEntry.source).where(AuditEntry.verb == "item_updated")
    assert entry["source"] == "email"


async def test_blocked_by_email_asks_the_people_who_can_help(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item(cast.coordinator, cast.caht_lead)
    assert await writing_back_said(cast.caht_lead, "BLOCKED: no address yet") is AnswerOutcome.RECORDED
    asked = await Message.select(Message.recipient).where(Message.kind == "item_blocked")
    assert [one["recipient"] for one in asked] == [cast.coordinator.member_id]


async def test_any_other_text_is_a_note(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    assert await writing_back_said(cast.caht_lead, "Two of three are in.") is AnswerOutcome.RECORDED
    assert await item_history(cast, reference) == [("email", "", "Two of three are in.")]
    assert (await item_called(cast, reference)).status is ItemStatus.OPEN


async def test_the_same_email_or_the_same_words_again_change_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    first = await email_about_item(cast.caht_lead, "Two of three are in.")
    assert [await received_emails.take_email(first), await received_emails.take_email(first)] == [
        [AnswerOutcome.RECORDED],
        ["repeated"],
    ]
    assert await writing_back_said(cast.caht_lead, "Two of three are in.", name="2" * 64) is AnswerOutcome.UNCHANGED
    assert (await item_called(cast, reference)).version == 2
    assert await IncomingWords.count() == 2


async def test_nothing_above_the_quoted_text_changes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    assert await writing_back_said(cast.caht_lead, "> DONE\nDONE") is AnswerOutcome.NO_WORD
    assert (await item_called(cast, reference)).version == 1


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"sender": Sender(address="someone@elsewhere.example", is_verified=True)}, AnswerOutcome.UNMATCHED),
        ({"sender": Sender(address="caht_lead@caht.example", is_verified=False)}, AnswerOutcome.UNMATCHED),
        ({"message_id": UUID(int=7)}, AnswerOutcome.UNMATCHED),
        ({"is_automatic": True}, AnswerOutcome.IGNORED),
        ({"is_readable": False}, AnswerOutcome.UNREADABLE),
    ],
)
async def test_what_may_not_be_the_owner_s_is_noted_and_changes_nothing(
    sqlite_cast: Cast, facts: dict[str, object], expected: AnswerOutcome
) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    before = await Message.count()
    assert await writing_back_said(cast.caht_lead, "DONE", **facts) is expected
    [row] = await IncomingWords.select()
    assert (row["outcome"], row["member"], row["reply"], row["status_before"]) == (expected, None, None, None)
    assert (await item_called(cast, reference)).version == 1
    assert await Message.count() == before


async def test_a_former_owner_changes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    ready = await email_about_item(cast.caht_lead, "DONE")
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, NOW, TODAY)
    assert await received_emails.take_email(ready) == [AnswerOutcome.UNMATCHED]
    assert (await item_called(cast, reference)).is_open


async def test_a_closed_item_stays_as_it_is(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    ready = await email_about_item(cast.caht_lead, "IN PROGRESS")
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.DONE), 1, NOW, TODAY)
    assert await received_emails.take_email(ready) == [AnswerOutcome.CLOSED]
    assert (await item_called(cast, reference)).status is ItemStatus.DONE


async def test_an_item_of_a_restricted_event_is_changed_after_sign_in_only(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    date_id = (await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id
    reference = await assign_item(cast.fbi_lead, cast.hsi_liaison, origin_id=date_id)
    assert await writing_back_said(cast.hsi_liaison, "DONE") is AnswerOutcome.SIGN_IN
    assert (await item_lists.item_view(cast.fbi_lead, reference)).item.version == 1


async def test_the_person_who_can_help_writes_back_to_the_owner(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead, seen_by=Visibility.ALL)
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED, note="no key"), 1, NOW, TODAY
    )
    assert await writing_back_said(cast.coordinator, "The key is at the desk.") is AnswerOutcome.RECORDED
    [noted] = await Message.select(Message.recipient).where(Message.kind == "item_noted")
    assert noted["recipient"] == cast.caht_lead.member_id


async def test_undo_sets_the_item_as_it_was_and_empties_the_note_once(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.IN_PROGRESS, progress=40), 1, NOW, TODAY
    )
    await writing_back_said(cast.caht_lead, "DONE: to the wrong person")
    for _ in range(2):
        await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER + timedelta(hours=1), LINK)
    item = await item_called(cast, reference)
    assert (item.status, item.progress, item.version) == (ItemStatus.IN_PROGRESS, 40, 4)
    assert (await item_history(cast, reference))[:2] == [
        ("link", "Done → In progress, 40%", "Undid an email."),
        ("email", "In progress → Done, 100%", ""),
    ]


@pytest.mark.both_engines
async def test_undo_blocks_an_item_since_the_same_moment_and_calls_no_one_again(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    since = NOW - timedelta(days=4)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, since, TODAY)
    calls = await Message.count().where(Message.kind == "item_blocked")
    await writing_back_said(cast.caht_lead, "IN PROGRESS")
    await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER + timedelta(hours=1), LINK)
    item = await item_called(cast, reference)
    assert (item.status, item.blocked_at) == (ItemStatus.BLOCKED, since)
    assert await Message.count().where(Message.kind == "item_blocked") == calls


@pytest.mark.both_engines
async def test_an_undone_email_is_not_why_an_item_is_blocked(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, NOW, TODAY)
    await writing_back_said(cast.caht_lead, "IN PROGRESS")
    await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER + timedelta(hours=1), LINK)
    item = await item_called(cast, reference)
    assert await block_reasons(cast.coordinator, [item.id]) == {}
    [step, *_] = (await item_lists.item_view(cast.coordinator, reference)).notes
    assert (step.text, step.is_quoted) == ("Undid an email.", False)


async def test_undo_removes_a_note(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await writing_back_said(cast.caht_lead, "For another task force")
    await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER + timedelta(hours=1), LINK)
    assert await item_history(cast, reference) == [("link", "", "Undid an email."), ("email", "Note removed later", "")]


async def test_what_changed_since_is_not_undone(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await writing_back_said(cast.caht_lead, "BLOCKED")
    await action_items.save_item_edit(
        cast.coordinator, reference, ItemEdit(status=ItemStatus.IN_PROGRESS), 2, WRITING_BACK_LATER, TODAY
    )
    with pytest.raises(Conflict, match="The status was changed to “In progress” afterward"):
        await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER, LINK)
    assert (await item_called(cast, reference)).status is ItemStatus.IN_PROGRESS


@pytest.mark.both_engines
async def test_undo_leaves_what_others_changed_since(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await writing_back_said(cast.caht_lead, "BLOCKED: no key")
    due = TODAY + timedelta(days=30)
    others = ItemEdit(progress=60, due=due, note="On it")
    await action_items.save_item_edit(
        cast.coordinator, reference, others, 2, WRITING_BACK_LATER + timedelta(minutes=1), TODAY
    )
    await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER + timedelta(hours=1), LINK)
    item = await item_called(cast, reference)
    assert (item.status, item.progress, item.due, item.blocked_at) == (ItemStatus.OPEN, 60, due, None)
    assert [text for _, _, text in await item_history(cast, reference)] == ["Undid an email.", "On it", ""]


@pytest.mark.parametrize("word", ["DONE", "BLOCKED", "IN PROGRESS"])
async def test_what_was_changed_and_set_again_since_is_not_undone(sqlite_cast: Cast, word: str) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await writing_back_said(cast.caht_lead, word)
    status = (await item_called(cast, reference)).status
    for version, changed in ((2, ItemStatus.OPEN), (3, status)):
        at = WRITING_BACK_LATER + timedelta(minutes=version)
        await action_items.save_item_edit(cast.coordinator, reference, ItemEdit(status=changed), version, at, TODAY)
    with pytest.raises(Conflict, match="again afterward"):
        await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER + timedelta(hours=1), LINK)
    assert (await item_called(cast, reference)).status is status


async def test_a_former_owner_undoes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await writing_back_said(cast.caht_lead, "IN PROGRESS")
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 2, NOW, TODAY)
    with pytest.raises(NotFound):
        await item_emails.undo_emailed_change(await undo_link_id(), WRITING_BACK_LATER, LINK)


APRIL, MAY = "2027-04-13", "2027-05-11"


@pytest.mark.both_engines
async def test_no_by_email_is_recorded_with_the_rest_and_confirmed(cast: Cast) -> None:
    event_id = await invite_bureau(cast)
    assert await write_back(cast.fbi_lead, "No, I'm in court.\n\n> YES") is AnswerOutcome.RECORDED
    assert await recorded_reply_of(cast.fbi_lead, event_id) == (NO, "I'm in court.")
    email = await confirmation()
    assert email.subject == "You replied no: Monthly task force meeting, Tue, Jan 12"
    assert dict(email.facts)["Note"] == "I'm in court."
    assert [button.label for button in email.buttons] == ["Undo", "Change my reply"]


async def test_a_confirmation_says_that_a_substitute_no_longer_needs_to_come(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast, committee_id=sqlite_cast.committees["steering"])
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    sent_to_it = (cast.fbi_lead, event_id, date.key, NO, "", NOW)
    await replies.record_own_reply(*sent_to_it, for_series=False, substitute=cast.fbi_alternate.member_id)
    assert await write_back(cast.fbi_lead, "YES") is AnswerOutcome.RECORDED
    email = await confirmation()
    assert (
        "Fbi alternate (FBI) no longer needs to come in your place, and gets an email that says so." in email.paragraphs
    )


async def test_a_confirmation_repeats_the_note_of_its_own_email_alone(sqlite_cast: Cast) -> None:
    await invite_bureau(sqlite_cast)
    await write_back(sqlite_cast.fbi_lead, "NO (in court)")
    await write_back(sqlite_cast.fbi_lead, "YES", WRITTEN_AT + HOUR)
    emails = [one for key, one in await send_due(WRITTEN_AT + HOUR) if key.startswith("email_answered")]
    assert {
        email.subject.split(":")[0]: dict(email.facts).get("Note") for email in emails if isinstance(email, ReadEmail)
    } == {"You replied no": "in court", "You replied yes": None}


async def test_a_reply_to_the_series_counts_for_it_and_one_about_a_date_for_that_date(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast, is_series=True)
    assert await write_back(cast.fbi_lead, "YES") is AnswerOutcome.RECORDED
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, WRITTEN_AT)
    await send_due(WRITTEN_AT + HOUR)
    assert await write_back(cast.fbi_lead, "NO", WRITTEN_AT + 2 * HOUR) is AnswerOutcome.RECORDED
    assert [(await recorded_reply_of(cast.fbi_lead, event_id, key))[0] for key in (APRIL, MAY)] == [NO, YES]


async def test_a_reply_to_the_time_before_a_change_does_not_count(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    [first] = await Message.select(Message.id).where(Message.recipient == cast.fbi_lead.member_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    moved = replace(plan, starts=datetime(2027, 1, 13, 13))  # noqa: DTZ001 - local to the event's zone
    await scheduling.change_event(cast.coordinator, event_id, moved, event.version, NOW + HOUR)
    assert await write_back(cast.fbi_lead, "YES", message_id=first["id"]) is AnswerOutcome.OUTDATED
    assert (await recorded_reply_of(cast.fbi_lead, event_id))[0] is NONE
    email = await confirmation()
    assert email.paragraphs[0] == (
        "The event changed after we sent the email you replied to, so that reply doesn't count."
        " Please reply to the new details below."
    )
    assert "You haven't replied yet." not in email.paragraphs
    assert await write_back(cast.fbi_lead, "YES", WRITTEN_AT + HOUR) is AnswerOutcome.RECORDED


async def test_the_organizer_sees_what_was_none_of_the_words(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    assert await write_back(cast.fbi_lead, "Where do we park?") is AnswerOutcome.NO_WORD
    [row] = await IncomingReply.select(IncomingReply.misfit, IncomingReply.comment)
    assert row == {"misfit": Mismatch.NO_REPLY, "comment": "Where do we park?"}
    assert await recorded_reply_of(cast.fbi_lead, event_id) == (NONE, "")
    email = await confirmation()
    assert email.subject == "No reply recorded: Monthly task force meeting, Tue, Jan 12"
    assert email.paragraphs[0].startswith("We found no clear YES, MAYBE, or NO at the start of your email.")


async def test_a_text_to_the_organizer_of_a_calendar_entry_replies_to_the_event(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    own = (await invitees.invitations_by_member(event_id))[cast.fbi_lead.member_id]
    assert await write_back(cast.fbi_lead, "YES", message_id=None, invitation_id=own.id) is AnswerOutcome.RECORDED
    assert await recorded_reply_of(cast.fbi_lead, event_id) == (YES, "")


async def test_a_calendar_program_may_reply_to_the_address_of_the_email(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    accept = CalendarReply(uid=event.uid, attendee=cast.fbi_lead.email, value=YES, sequence=0, stamped_at=WRITTEN_AT)
    rows = await Message.select(Message.id).where(Message.recipient == cast.fbi_lead.member_id)
    email = ReceivedEmail(
        name="1" * 64,
        received_at=WRITTEN_AT,
        invitation_id=None,
        message_id=rows[-1]["id"],
        sender=Sender(address=cast.fbi_lead.email, is_verified=True),
        replies=(accept,),
    )
    assert await received_emails.take_email(email) == [ReplyOutcome.RECORDED]
    assert (await recorded_reply_of(cast.fbi_lead, event_id))[0] is YES


async def test_the_same_reply_again_changes_nothing(sqlite_cast: Cast) -> None:
    await invite_bureau(sqlite_cast)
    outcomes = [await write_back(sqlite_cast.fbi_lead, "YES", at) for at in (WRITTEN_AT, WRITTEN_AT + HOUR)]
    assert outcomes == [AnswerOutcome.RECORDED, AnswerOutcome.UNCHANGED]


@pytest.mark.parametrize(
    ("text", "words"),
    [("NO", "You've already replied, and that reply still counts: No."), ("Which room?", "Your reply is still No.")],
)
async def test_a_confirmation_of_what_changed_nothing_says_what_the_reply_is(
    sqlite_cast: Cast, text: str, words: str
) -> None:
    await invite_bureau(sqlite_cast)
    await write_back(sqlite_cast.fbi_lead, "NO")
    await write_back(sqlite_cast.fbi_lead, text, WRITTEN_AT + HOUR)
    emails = [one for key, one in await send_due(WRITTEN_AT + 2 * HOUR) if key.startswith("email_answered")]
    assert words in [paragraph for one in emails if isinstance(one, ReadEmail) for paragraph in one.paragraphs]


async def test_a_confirmation_says_that_there_is_no_reply_yet(sqlite_cast: Cast) -> None:
    await invite_bureau(sqlite_cast)
    await write_back(sqlite_cast.fbi_lead, "Which room?")
    assert "You haven't replied yet." in (await confirmation()).paragraphs


async def test_a_confirmation_names_the_replies_to_a_series_of_which_one_date_has_none(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast, is_series=True)
    await write_back(cast.fbi_lead, "YES")
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, WRITTEN_AT)
    first = await Message.select(Message.id).where(
        (Message.recipient == cast.fbi_lead.member_id) & (Message.kind == "invitation")
    )
    await write_back(cast.fbi_lead, "Which room?", WRITTEN_AT + HOUR, message_id=first[0]["id"])
    emails = [one for key, one in await send_due(WRITTEN_AT + 2 * HOUR) if key.startswith("email_answered")]
    reported = " ".join(words for one in emails if isinstance(one, ReadEmail) for words in one.paragraphs)
    assert "Your replies so far: Yes for " in reported
    assert "none yet for 1 date." in reported
    assert "haven't replied" not in reported


async def test_a_stranger_s_yes_changes_nothing_and_no_one_is_answered(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    before = await Message.count()
    stranger = Sender(address="someone@elsewhere.example", is_verified=True)
    assert await write_back(cast.fbi_lead, "YES", sender=stranger) is AnswerOutcome.UNMATCHED
    assert (await recorded_reply_of(cast.fbi_lead, event_id), await Message.count()) == ((NONE, ""), before)
    [row] = await IncomingReply.select(IncomingReply.misfit, IncomingReply.reply)
    assert row == {"misfit": Mismatch.OTHER_SENDER, "reply": YES}
    assert await write_back(cast.fbi_lead, "Hello", sender=Sender(address=cast.fbi_lead.email, is_verified=False)) is (
        AnswerOutcome.UNMATCHED
    )
    assert await Message.count() == before


async def test_a_restricted_event_is_replied_to_after_sign_in_and_its_confirmation_names_nothing(
    sqlite_cast: Cast,
) -> None:
    cast = sqlite_cast
    event_id = await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.hsi_liaison, title="Operation Larkspur"), NOW
    )
    await send_due(INVITED_AT)
    assert await write_back(cast.hsi_liaison, "YES to Larkspur\nYES") is AnswerOutcome.SIGN_IN
    assert await recorded_reply_of(cast.hsi_liaison, event_id) == (NONE, "")
    email = await confirmation()
    assert email.subject == "Task force event: please sign in and reply"
    assert "Larkspur" not in str(email)


async def test_undo_brings_back_the_reply_before(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    key = (await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)).key
    await replies.record_own_reply(cast.fbi_lead, event_id, key, YES, "By train", NOW + HOUR, for_series=False)
    await write_back(cast.fbi_lead, "NO")
    for _ in range(2):
        await undo_newest_change()
    assert await recorded_reply_of(cast.fbi_lead, event_id) == (YES, "By train")


async def test_undo_of_a_first_reply_leaves_none(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast, is_series=True)
    await write_back(cast.fbi_lead, "NO")
    await undo_newest_change()
    assert (await recorded_reply_of(cast.fbi_lead, event_id, MAY))[0] is NONE


async def test_a_reply_after_the_email_is_not_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    await write_back(cast.fbi_lead, "NO")
    await write_back(cast.fbi_lead, "YES", WRITTEN_AT + HOUR)
    [first, _] = await IncomingWords.select(IncomingWords.id).order_by(IncomingWords.received_at)
    with pytest.raises(Conflict):
        await item_emails.undo_emailed_change(first["id"], WRITTEN_AT + 2 * HOUR, LINK)
    assert (await recorded_reply_of(cast.fbi_lead, event_id))[0] is YES
