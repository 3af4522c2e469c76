"""A reply about an action item from an address that isn't its owner's waits for the people who direct the item."""

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast, operation
from tests.usecases.actions.world import assign_item
from tests.usecases.intake.replying import DECIDED_AT as UNRECORDED_REPLIES_AT
from tests.usecases.intake.replying import LATER as REPLYING_LATER
from tests.usecases.intake.replying import reply_from_private_address, schedule_invited
from tests.usecases.intake.world import PRIVATE_OF_CAHT, block_from_home, item_called, item_history, undo_link_id
from tests.usecases.intake.writing_back import LATER, TODAY, write_about_item
from tracker.errors import Conflict, NotFound
from tracker.rules.actions import ItemEdit, ItemStatus
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.notifications import Notify
from tracker.rules.intake.calendar_replies import Sender
from tracker.rules.intake.item_emails import ItemSettled
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import IncomingWords
from tracker.usecases.actions import action_items
from tracker.usecases.actions.item_lists import item_view
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.intake import item_emails, unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_emails
from tracker.usecases.views import impact

AT = LATER + timedelta(hours=1)


async def waiting_emails_of(viewer: Viewer) -> list[UUID]:
    return [one.email.id for one in await item_emails.waiting_item_emails(viewer, AT)]


async def waiting_texts(viewer: Viewer) -> Counter[str]:
    return Counter(
        waiting_email.email.text.split(":")[0] for waiting_email in await item_emails.waiting_item_emails(viewer, AT)
    )


async def insert_flood(text: str, sender: str, *, is_verified: bool = True) -> None:
    """Let 60 notes come after all others, to the address to which the email with this text came."""
    [row] = await IncomingWords.select().where(IncomingWords.text == text)
    facts = {"word": AnswerWord.NOTE, "is_verified": is_verified, "received_at": LATER + timedelta(minutes=1)}
    each = [
        facts | {"id": uuid4(), "email_hash": uuid4().hex, "sender": sender.format(number), "text": f"flood: {number}"}
        for number in range(60)
    ]
    await IncomingWords.insert(*(IncomingWords(**row | one) for one in each))


@pytest.mark.both_engines
async def test_an_attached_email_is_the_owner_s_answer_and_undo_lets_it_wait_again(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    [waiting_email] = await item_emails.waiting_item_emails(cast.coordinator, AT)
    email_facts = waiting_email.email
    assert (email_facts.says, email_facts.text, email_facts.person, email_facts.sender) == (
        "Blocked",
        "no address yet",
        "Caht lead (CAHT)",
        PRIVATE_OF_CAHT.address,
    )
    await item_emails.attach_item_email(cast.coordinator, email_facts.id, AT)
    assert (await item_called(cast, reference)).status is ItemStatus.BLOCKED
    assert await item_history(cast, reference) == [("attached", "Open → Blocked", "no address yet")]
    [decided] = await item_emails.kept_item_emails(cast.coordinator, AT)
    assert decided.email.decision
    assert decided.email.decision.attached_to == "Caht lead (CAHT)"
    await item_emails.undo_item_email_decision(cast.coordinator, email_facts.id, AT + timedelta(minutes=1))
    assert (await item_called(cast, reference)).status is ItemStatus.OPEN
    assert await waiting_emails_of(cast.coordinator) == [email_facts.id]


async def test_an_undone_attachment_leaves_an_item_blocked_since_the_same_moment(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    since = NOW - timedelta(days=4)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, since, TODAY)
    await block_from_home(cast.caht_lead, "IN PROGRESS")
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    await item_emails.undo_item_email_decision(cast.coordinator, email_id, AT + timedelta(minutes=1))
    item = await item_called(cast, reference)
    assert (item.status, item.blocked_at) == (ItemStatus.BLOCKED, since)


async def test_an_attachment_is_undone_after_a_change_of_something_else_which_stays(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    due = TODAY + timedelta(days=30)
    others, later = ItemEdit(due=due, note="Two are in."), AT + timedelta(minutes=1)
    await action_items.save_item_edit(cast.caht_lead, reference, others, 2, later, TODAY)
    await item_emails.undo_item_email_decision(cast.coordinator, email_id, AT + timedelta(minutes=2))
    item = await item_called(cast, reference)
    assert (item.status, item.due) == (ItemStatus.OPEN, due)
    assert [text for _, _, text in await item_history(cast, reference)] == ["Undid an email.", "Two are in.", ""]


async def test_an_attachment_is_not_undone_once_the_item_is_someone_else_s(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead, "IN PROGRESS")
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 2, AT, TODAY)
    with pytest.raises(Conflict, match="the item was reassigned"):
        await item_emails.undo_item_email_decision(cast.coordinator, email_id, AT)


async def test_the_history_and_the_audit_log_name_who_attached_an_email_and_who_undid_that(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.fbi_lead, cast.caht_lead, seen_by=Visibility.ALL)
    await block_from_home(cast.caht_lead)
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    await item_emails.undo_item_email_decision(cast.fbi_lead, email_id, AT + timedelta(minutes=1))
    notes = (await item_view(cast.coordinator, reference)).notes[:2]
    assert [(note.by, note.change, note.text) for note in notes] == [
        ("Fbi lead", "Blocked → Open", "Undid an email."),
        ("Coordinator", "Open → Blocked", ""),
    ]
    is_update = AuditEntry.verb == "item_updated"
    actors = await AuditEntry.select(AuditEntry.actor).where(is_update).order_by(AuditEntry.seq).output(as_list=True)
    assert actors == [str(one.member_id) for one in (cast.coordinator, cast.fbi_lead)]


@pytest.mark.both_engines
async def test_an_undone_attachment_of_one_s_own_email_lets_it_wait_again(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.caht_lead)
    await write_about_item(cast.caht_lead, "BLOCKED: no key")
    await block_from_home(cast.coordinator, "IN PROGRESS: the key is here")
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    assert await item_emails.undo_item_email_decision(cast.coordinator, email_id, AT + timedelta(minutes=1))


@pytest.mark.both_engines
async def test_an_attached_note_settles_the_same_note_from_another_address(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead, "Two of three are in.")
    [email_id] = await waiting_emails_of(cast.coordinator)
    phone = Sender(address="caht.lead@phone.example", is_verified=True)
    assert (
        await write_about_item(cast.caht_lead, "Two of three are in.", sender=phone, name="again")
        is AnswerOutcome.UNMATCHED
    )
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    assert await waiting_emails_of(cast.coordinator) == []


async def test_a_dismissed_email_changes_nothing_and_can_wait_again(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.dismiss_item_email(cast.coordinator, email_id, AT)
    assert (await waiting_emails_of(cast.coordinator), (await item_called(cast, reference)).version) == ([], 1)
    with pytest.raises(Conflict):
        await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    await item_emails.undo_item_email_decision(cast.coordinator, email_id, AT)
    assert await waiting_emails_of(cast.coordinator) == [email_id]


async def test_only_people_who_direct_the_item_see_and_decide(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    [email_id] = await waiting_emails_of(cast.coordinator)
    for viewer in (cast.caht_lead, cast.fbi_lead, cast.harbor_advocate):
        assert await waiting_emails_of(viewer) == []
        for deed in (
            item_emails.attach_item_email,
            item_emails.dismiss_item_email,
            item_emails.undo_item_email_decision,
        ):
            with pytest.raises(NotFound):
                await deed(viewer, email_id, AT)


async def test_emails_about_which_others_decide_hide_none_of_one_s_own(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item(cast.fbi_lead, cast.fbi_alternate)
    await block_from_home(cast.fbi_alternate)
    await assign_item(cast.coordinator, cast.caht_lead, committee_id=cast.committees["services"])
    await write_about_item(cast.caht_lead, "BLOCKED: no key", sender=PRIVATE_OF_CAHT)
    await assign_item(cast.coordinator, cast.hsi_liaison)
    await write_about_item(cast.hsi_liaison, "BLOCKED: no car", sender=PRIVATE_OF_CAHT)
    await insert_flood("no car", PRIVATE_OF_CAHT.address)
    assert await waiting_texts(cast.fbi_lead) == {"no address yet": 1}
    assert await waiting_texts(cast.caht_lead) == {"no key": 1}
    assert await waiting_texts(cast.coordinator) == {"no address yet": 1, "no key": 1, "flood": 48}


@pytest.mark.both_engines
async def test_no_sender_hides_what_others_wrote(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.caht_lead)
    await write_about_item(
        cast.caht_lead, "BLOCKED: no car", sender=Sender(address=PRIVATE_OF_CAHT.address, is_verified=False)
    )
    await insert_flood("no car", "x@elsewhere.example")
    assert (await waiting_texts(cast.coordinator))["no car"] == 1
    await write_about_item(cast.caht_lead, "BLOCKED: no key", sender=PRIVATE_OF_CAHT)
    await write_about_item(
        cast.caht_lead, "BLOCKED: no van", sender=Sender(address=cast.caht_lead.email, is_verified=False)
    )
    await insert_flood("no car", "{}@elsewhere.example", is_verified=False)
    waiting_texts_found = await waiting_texts(cast.coordinator)
    assert (waiting_texts_found["no key"], waiting_texts_found["no van"]) == (1, 1)


async def test_an_email_about_an_item_of_a_restricted_event_is_shown_to_those_who_may_see_it(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await schedule_event(cast.fbi_lead, operation(cast.kcpd_alternate), NOW)
    origin = (await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id
    await assign_item(cast.fbi_lead, cast.kcpd_alternate, origin_id=origin)
    await block_from_home(cast.kcpd_alternate)
    assert [len(await waiting_emails_of(one)) for one in (cast.fbi_lead, cast.coordinator)] == [1, 0]


async def test_what_changed_since_is_not_undone_and_a_new_owner_takes_no_one_s_answer(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    await block_from_home(cast.caht_lead, "Two of three are in.")
    note, blocked = await item_emails.waiting_item_emails(cast.coordinator, AT)
    if note.email.text != "Two of three are in.":
        note, blocked = blocked, note
    await item_emails.attach_item_email(cast.coordinator, blocked.email.id, AT)
    change = ItemEdit(status=ItemStatus.IN_PROGRESS)
    await action_items.save_item_edit(cast.caht_lead, reference, change, 2, AT, TODAY)
    with pytest.raises(Conflict, match="The status was changed to “In progress” afterward"):
        await item_emails.undo_item_email_decision(cast.coordinator, blocked.email.id, AT)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 3, AT, TODAY)
    with pytest.raises(Conflict):
        await item_emails.attach_item_email(cast.coordinator, note.email.id, AT)


@pytest.mark.both_engines
@pytest.mark.parametrize("text", ["IN PROGRESS", "Two of three are in."])
async def test_the_owner_can_undo_their_email_after_another_one_was_attached_and_that_was_undone(
    cast: Cast, text: str
) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    assert await write_about_item(cast.caht_lead, "BLOCKED") is AnswerOutcome.RECORDED
    other_link_id = await undo_link_id()
    await block_from_home(cast.caht_lead, text)
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    await item_emails.undo_item_email_decision(cast.coordinator, email_id, AT + timedelta(minutes=1))
    await item_emails.undo_emailed_change(other_link_id, AT + timedelta(minutes=2), LINK)
    assert (await item_called(cast, reference)).status is ItemStatus.OPEN


async def test_the_owner_can_t_undo_their_email_while_another_one_that_changed_the_item_is_attached(
    sqlite_cast: Cast,
) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await write_about_item(cast.caht_lead, "BLOCKED")
    other_link_id = await undo_link_id()
    await block_from_home(cast.caht_lead, "IN PROGRESS")
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    with pytest.raises(Conflict):
        await item_emails.undo_emailed_change(other_link_id, AT + timedelta(minutes=1), LINK)
    assert (await item_called(cast, reference)).status is ItemStatus.IN_PROGRESS


async def test_what_the_owner_no_longer_sees_is_neither_changed_nor_undone_for_them(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    await block_from_home(cast.caht_lead, "The list is in.")
    attached, other = await waiting_emails_of(cast.coordinator)
    await item_emails.attach_item_email(cast.coordinator, attached, AT)
    await ActionItem.update({ActionItem.audience: f"member:{cast.coordinator.member_id}"}, force=True)
    with pytest.raises(Conflict, match=item_emails.NOT_THE_OWNERS):
        await item_emails.attach_item_email(cast.coordinator, other, AT)
    with pytest.raises(Conflict, match=item_emails.NO_LONGER_THE_OWNERS):
        await item_emails.undo_item_email_decision(cast.coordinator, attached, AT)


async def test_nothing_is_sent_to_the_sender_and_an_email_that_says_nothing_is_not_kept(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await assign_item(cast.coordinator, cast.caht_lead)
    before = await Message.count()
    await block_from_home(cast.caht_lead, "> DONE")
    assert await waiting_emails_of(cast.coordinator) == []
    await block_from_home(cast.caht_lead)
    [email_id] = await waiting_emails_of(cast.coordinator)
    await item_emails.dismiss_item_email(cast.coordinator, email_id, AT)
    assert await Message.count() == before


async def settled_reasons(cast: Cast) -> list[ItemSettled | None]:
    """Return why each email needs no decision, after checking that the home page counts exactly the others."""
    emails_kept = await item_emails.kept_item_emails(cast.coordinator, AT + timedelta(hours=2))
    assert [one.email.id for one in emails_kept if one.waits] == await waiting_emails_of(cast.coordinator)
    return [one.email.settled for one in emails_kept]


@pytest.mark.both_engines
async def test_an_email_waits_until_the_person_updates_the_item_and_a_note_waits_until_it_is_read(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    await write_about_item(
        cast.caht_lead, "Two of three are in.", sender=PRIVATE_OF_CAHT, received_at=LATER + timedelta(minutes=1)
    )
    assert await settled_reasons(cast) == [None, None]
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.IN_PROGRESS), 1, AT, TODAY)
    assert await settled_reasons(cast) == [None, ItemSettled.UPDATED]
    note = ItemEdit(note="Two of three are in.")
    await action_items.save_item_edit(cast.caht_lead, reference, note, 2, AT, TODAY)
    assert await settled_reasons(cast) == [ItemSettled.KNOWN, ItemSettled.UPDATED]


@pytest.mark.both_engines
async def test_the_person_s_own_newer_email_settles_an_older_one(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    assert await write_about_item(cast.caht_lead, "IN PROGRESS", received_at=AT) is AnswerOutcome.RECORDED
    assert await settled_reasons(cast) == [ItemSettled.UPDATED]


@pytest.mark.both_engines
async def test_the_person_s_own_undone_email_settles_nothing(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    await write_about_item(cast.caht_lead, "IN PROGRESS", received_at=AT)
    await item_emails.undo_emailed_change(await undo_link_id(), AT + timedelta(hours=1), LINK)
    assert await settled_reasons(cast) == [None]


@pytest.mark.both_engines
async def test_an_email_about_a_closed_item_or_one_with_another_owner_waits_for_no_one(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    [email_id] = await waiting_emails_of(cast.coordinator)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, AT, TODAY)
    assert await settled_reasons(cast) == [ItemSettled.OTHER_OWNER]
    [listed] = await item_emails.kept_item_emails(cast.coordinator, AT + timedelta(hours=2))
    no_decision = "No decision is needed: the item now has a different owner."
    assert listed.email.why == f"It didn’t come from their address. {no_decision}"
    with pytest.raises(Conflict, match="different owner"):
        await item_emails.attach_item_email(cast.coordinator, email_id, AT)
    done = ItemEdit(status=ItemStatus.DONE)
    await action_items.save_item_edit(cast.hsi_liaison, reference, done, 2, AT, TODAY)
    assert await settled_reasons(cast) == [ItemSettled.CLOSED]


@pytest.mark.both_engines
async def test_an_email_of_a_person_who_has_left_waits_for_no_one(cast: Cast) -> None:
    reference = await assign_item(cast.fbi_lead, cast.caht_lead, seen_by=Visibility.ALL)
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.BLOCKED), 1, NOW, TODAY)
    away = Sender(address="fbi.lead@home.example", is_verified=True)
    assert await write_about_item(cast.fbi_lead, "The key is at the desk.", sender=away) is AnswerOutcome.UNMATCHED
    assert await settled_reasons(cast) == [None]
    await impact.offboard_person(cast.coordinator, cast.fbi_lead.member_id, cast.coordinator.member_id, AT, AT, TODAY)
    assert await settled_reasons(cast) == [ItemSettled.INACTIVE]
    [left] = await item_emails.kept_item_emails(cast.coordinator, AT)
    assert left.email.why.endswith("No decision is needed: Fbi lead (FBI) is no longer active.")
    with pytest.raises(Conflict):
        await item_emails.attach_item_email(cast.coordinator, left.email.id, AT)


@pytest.mark.both_engines
async def test_what_the_item_says_already_and_what_the_sender_wrote_before_waits_for_no_one(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(
        cast.caht_lead, reference, ItemEdit(status=ItemStatus.IN_PROGRESS), 1, LATER, TODAY
    )
    await block_from_home(cast.caht_lead, "IN PROGRESS")
    assert await settled_reasons(cast) == [ItemSettled.KNOWN]
    await block_from_home(cast.caht_lead)
    await write_about_item(cast.caht_lead, "BLOCKED: no van", sender=PRIVATE_OF_CAHT, received_at=AT)
    first, *others = await settled_reasons(cast)
    assert (first, set(others)) == (None, {ItemSettled.KNOWN, ItemSettled.WROTE_AGAIN})


async def waiting_counts(viewer: Viewer) -> list[int]:
    return [len(came) for _, came in (await waiting_emails(viewer, UNRECORDED_REPLIES_AT)).dates]


@pytest.mark.both_engines
async def test_a_date_counts_its_waiting_emails_for_people_who_may_decide(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    await reply_from_private_address(cast, event_id)
    other = Sender(address="lead@phone.example", is_verified=True)
    first = await reply_from_private_address(cast, event_id, sender=other, comment="Again")
    assert [
        await waiting_counts(waiting_email) for waiting_email in (cast.coordinator, cast.fbi_lead, cast.caht_lead)
    ] == [[2], [], []]
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, "2027-01-12", first, UNRECORDED_REPLIES_AT)
    assert await waiting_counts(cast.coordinator) == [1]


async def test_the_email_of_a_person_who_was_taken_off_the_list_waits_for_no_one(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    await reply_from_private_address(cast, event_id)
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    others = {
        waiting_email: role
        for waiting_email, role in known.invitees.items()
        if waiting_email != cast.fbi_lead.member_id
    }
    without = replace(known, invitees=others)
    await scheduling.change_event(cast.coordinator, event_id, without, event.version, REPLYING_LATER, notify=Notify.ALL)
    assert await waiting_counts(cast.coordinator) == []
