"""What the owner of an action item writes back to its email changes the item once, and nothing else does."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import LINK, NOW, Cast, operation
from tests.usecases.intake.writing_back import LATER, TODAY, email, given, said
from tracker.errors import Conflict, NotFound
from tracker.rules.actions.action_items import ActionItem, ItemEdit, ItemStatus
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.intake.calendar_replies import Sender
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake.received_emails import IncomingWords
from tracker.tables.visible.actions.action_items import block_reasons
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.events import occurrences
from tracker.usecases.events.events import schedule
from tracker.usecases.intake import email_undo, received_emails


async def item(cast: Cast, reference: str) -> ActionItem:
    return (await item_lists.item_view(cast.coordinator, reference)).item


async def history(cast: Cast, reference: str) -> list[tuple[str, str, str]]:
    notes = (await item_lists.item_view(cast.coordinator, reference)).notes
    return [(note.source, note.change, note.text) for note in notes[:-1]]


async def the_link() -> UUID:
    """Return what the Undo link of the only email that was recorded undoes."""
    [row] = await IncomingWords.select(IncomingWords.id).where(IncomingWords.outcome == AnswerOutcome.RECORDED)
    return UUID(str(row["id"]))


@pytest.mark.both_engines
async def test_done_by_email_closes_the_item_and_its_history_says_how(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    assert await said(cast.caht_lead, "Done. Sent it to all.\n\nJane\n> BLOCKED") is AnswerOutcome.RECORDED
    assert (await item(cast, reference)).status is ItemStatus.DONE
    assert await history(cast, reference) == [("email", "Open → Done, 100%", "Sent it to all.")]
    [entry] = await AuditEntry.select(AuditEntry.source).where(AuditEntry.verb == "item_updated")
    assert entry["source"] == "email"


async def test_blocked_by_email_asks_the_people_who_can_help(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await given(cast.coordinator, cast.caht_lead)
    assert await said(cast.caht_lead, "BLOCKED: no address yet") is AnswerOutcome.RECORDED
    asked = await Message.select(Message.recipient).where(Message.kind == "item_blocked")
    assert [one["recipient"] for one in asked] == [cast.coordinator.member_id]


async def test_any_other_text_is_a_note(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    assert await said(cast.caht_lead, "Two of three are in.") is AnswerOutcome.RECORDED
    assert await history(cast, reference) == [("email", "", "Two of three are in.")]
    assert (await item(cast, reference)).status is ItemStatus.OPEN


async def test_the_same_email_or_the_same_words_again_change_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    first = await email(cast.caht_lead, "Two of three are in.")
    assert [await received_emails.take_email(first), await received_emails.take_email(first)] == [
        [AnswerOutcome.RECORDED],
        ["repeated"],
    ]
    assert await said(cast.caht_lead, "Two of three are in.", name="2" * 64) is AnswerOutcome.UNCHANGED
    assert (await item(cast, reference)).version == 2
    assert await IncomingWords.count() == 2


async def test_nothing_above_the_quoted_text_changes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    assert await said(cast.caht_lead, "> DONE\nDONE") is AnswerOutcome.NO_WORD
    assert (await item(cast, reference)).version == 1


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
    reference = await given(cast.coordinator, cast.caht_lead)
    before = await Message.count()
    assert await said(cast.caht_lead, "DONE", **facts) is expected
    [row] = await IncomingWords.select()
    assert (row["outcome"], row["member"], row["reply"], row["status_before"]) == (expected, None, None, None)
    assert (await item(cast, reference)).version == 1
    assert await Message.count() == before


async def test_a_former_owner_changes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    ready = await email(cast.caht_lead, "DONE")
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, NOW, TODAY)
    assert await received_emails.take_email(ready) == [AnswerOutcome.UNMATCHED]
    assert (await item(cast, reference)).is_open


async def test_a_closed_item_stays_as_it_is(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    ready = await email(cast.caht_lead, "IN PROGRESS")
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.DONE), 1, NOW, TODAY)
    assert await received_emails.take_email(ready) == [AnswerOutcome.CLOSED]
    assert (await item(cast, reference)).status is ItemStatus.DONE


async def test_an_item_of_a_restricted_event_is_changed_after_sign_in_only(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await schedule(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    date_id = (await occurrences.date_for(cast.fbi_lead, event_id, "2027-01-16")).id
    reference = await given(cast.fbi_lead, cast.hsi_liaison, origin_id=date_id)
    assert await said(cast.hsi_liaison, "DONE") is AnswerOutcome.SIGN_IN
    assert (await item_lists.item_view(cast.fbi_lead, reference)).item.version == 1


async def test_the_person_who_can_help_writes_back_to_the_owner(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead, seen_by=Visibility.ALL)
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED, note="no key"), 1, NOW, TODAY
    )
    assert await said(cast.coordinator, "The key is at the desk.") is AnswerOutcome.RECORDED
    [noted] = await Message.select(Message.recipient).where(Message.kind == "item_noted")
    assert noted["recipient"] == cast.caht_lead.member_id


async def test_undo_sets_the_item_as_it_was_and_empties_the_note_once(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.IN_PROGRESS, progress=40), 1, NOW, TODAY
    )
    await said(cast.caht_lead, "DONE: to the wrong person")
    for _ in range(2):
        await email_undo.undo_emailed_change(await the_link(), LATER + timedelta(hours=1), LINK)
    found = await item(cast, reference)
    assert (found.status, found.progress, found.version) == (ItemStatus.IN_PROGRESS, 40, 4)
    assert (await history(cast, reference))[:2] == [
        ("link", "Done → In progress, 40%", "Undid an email."),
        ("email", "In progress → Done, 100%", ""),
    ]


@pytest.mark.both_engines
async def test_undo_blocks_an_item_since_the_same_moment_and_calls_no_one_again(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    since = NOW - timedelta(days=4)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, since, TODAY)
    calls = await Message.count().where(Message.kind == "item_blocked")
    await said(cast.caht_lead, "IN PROGRESS")
    await email_undo.undo_emailed_change(await the_link(), LATER + timedelta(hours=1), LINK)
    found = await item(cast, reference)
    assert (found.status, found.blocked_at) == (ItemStatus.BLOCKED, since)
    assert await Message.count().where(Message.kind == "item_blocked") == calls


@pytest.mark.both_engines
async def test_an_undone_email_is_not_why_an_item_is_blocked(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, NOW, TODAY)
    await said(cast.caht_lead, "IN PROGRESS")
    await email_undo.undo_emailed_change(await the_link(), LATER + timedelta(hours=1), LINK)
    found = await item(cast, reference)
    assert await block_reasons(cast.coordinator, [found.id]) == {}
    [step, *_] = (await item_lists.item_view(cast.coordinator, reference)).notes
    assert (step.text, step.is_quoted) == ("Undid an email.", False)


async def test_undo_removes_a_note(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await said(cast.caht_lead, "For another task force")
    await email_undo.undo_emailed_change(await the_link(), LATER + timedelta(hours=1), LINK)
    assert await history(cast, reference) == [("link", "", "Undid an email."), ("email", "Note removed later", "")]


async def test_what_changed_since_is_not_undone(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await said(cast.caht_lead, "BLOCKED")
    await action_items.save_item_edit(
        cast.coordinator, reference, ItemEdit(status=ItemStatus.IN_PROGRESS), 2, LATER, TODAY
    )
    with pytest.raises(Conflict, match="The status was changed to “In progress” afterward"):
        await email_undo.undo_emailed_change(await the_link(), LATER, LINK)
    assert (await item(cast, reference)).status is ItemStatus.IN_PROGRESS


@pytest.mark.both_engines
async def test_undo_leaves_what_others_changed_since(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    await said(cast.caht_lead, "BLOCKED: no key")
    due = TODAY + timedelta(days=30)
    others = ItemEdit(progress=60, due=due, note="On it")
    await action_items.save_item_edit(cast.coordinator, reference, others, 2, LATER + timedelta(minutes=1), TODAY)
    await email_undo.undo_emailed_change(await the_link(), LATER + timedelta(hours=1), LINK)
    found = await item(cast, reference)
    assert (found.status, found.progress, found.due, found.blocked_at) == (ItemStatus.OPEN, 60, due, None)
    assert [text for _, _, text in await history(cast, reference)] == ["Undid an email.", "On it", ""]


@pytest.mark.parametrize("word", ["DONE", "BLOCKED", "IN PROGRESS"])
async def test_what_was_changed_and_set_again_since_is_not_undone(sqlite_cast: Cast, word: str) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await said(cast.caht_lead, word)
    status = (await item(cast, reference)).status
    for version, changed in ((2, ItemStatus.OPEN), (3, status)):
        at = LATER + timedelta(minutes=version)
        await action_items.save_item_edit(cast.coordinator, reference, ItemEdit(status=changed), version, at, TODAY)
    with pytest.raises(Conflict, match="again afterward"):
        await email_undo.undo_emailed_change(await the_link(), LATER + timedelta(hours=1), LINK)
    assert (await item(cast, reference)).status is status


async def test_a_former_owner_undoes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await given(cast.coordinator, cast.caht_lead)
    await said(cast.caht_lead, "IN PROGRESS")
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 2, NOW, TODAY)
    with pytest.raises(NotFound):
        await email_undo.undo_emailed_change(await the_link(), LATER, LINK)
