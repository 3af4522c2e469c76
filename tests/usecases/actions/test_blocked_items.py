"""An item that its owner can't finish: who hears of it, at home and by email, and how the owner hears back."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import LINK, NOW, ZONE, Cast, operation
from tests.emails import ReadEmail, read
from tracker.rules.actions.action_items import ItemEdit, ItemStatus, NewItem
from tracker.rules.core.email_declarations import EMAILS, MessageKind
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.emails.emails import SitePage
from tracker.rules.views.home import BlockedItem
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import MemberRole
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.views.home import home_for

TODAY = date(2026, 12, 15)
DUE = date(2026, 12, 22)
SOON = NOW + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
WHY = "The county counsel has not approved it."


async def given(giver: Viewer, owner: Viewer, **facts: Any) -> str:
    new = NewItem(title="Send the contact sheet", owner_id=owner.member_id, due=DUE, **facts)
    return await action_items.create_item(giver, new, NOW, TODAY)


async def moved(viewer: Viewer, reference: str, at: datetime = SOON, **facts: Any) -> None:
    version = (await item_lists.item_view(viewer, reference)).item.version
    await action_items.save_item_edit(viewer, reference, ItemEdit(**facts), version, at, TODAY)


async def blocked(viewer: Viewer, reference: str, at: datetime = SOON) -> None:
    await moved(viewer, reference, at, status=ItemStatus.BLOCKED, note=WHY)


async def emailed(kind: MessageKind, now: datetime) -> dict[UUID, ReadEmail]:
    """Send due emails, and return the emails of one kind by recipient."""
    found = {}
    for message in await outbox.claim_messages("test", (), now, 100):
        made = read(await emails.write_email(message, now, ZONE))
        await outbox.close_message(
            message, made if isinstance(made, SendOutcome) else SendOutcome(state=MessageState.SENT, reason=""), now
        )
        if isinstance(made, ReadEmail) and EMAILS[type(message.content)].kind is kind:
            found[message.recipient_id] = made
    return found


async def calls_for_help(now: datetime = SOON + MINUTE) -> dict[UUID, ReadEmail]:
    return await emailed(MessageKind.ITEM_BLOCKED, now)


async def waiting_for_help(viewer: Viewer) -> list[tuple[str, str]]:
    rows = (await home_for(viewer, SOON, TODAY, ZONE)).follow_up
    return [(row.item.reference, row.reason) for row in rows if isinstance(row, BlockedItem)]


async def of_services(cast: Cast) -> str:
    """Assign an item of the committee that the CAHT lead chairs."""
    return await given(cast.coordinator, cast.harbor_advocate, committee_id=cast.committees["services"])


async def an_operation(cast: Cast) -> UUID:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, cast.kcpd_detective), NOW)
    return (await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id


@pytest.mark.both_engines
async def test_a_blocked_item_is_on_the_home_page_of_coordinator_and_chair_with_its_reason(cast: Cast) -> None:
    reference = await of_services(cast)
    await blocked(cast.harbor_advocate, reference)
    assert await waiting_for_help(cast.coordinator) == [(reference, WHY)]
    assert await waiting_for_help(cast.caht_lead) == [(reference, WHY)]
    assert await waiting_for_help(cast.fbi_lead) == []


async def test_the_row_of_a_blocked_item_leaves_when_it_is_unblocked(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    await moved(sqlite_cast.coordinator, reference, SOON + MINUTE, status=ItemStatus.IN_PROGRESS)
    assert await waiting_for_help(sqlite_cast.coordinator) == []


async def test_a_blocked_item_that_is_overdue_has_one_row(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    rows = (await home_for(sqlite_cast.coordinator, SOON, DUE + timedelta(days=3), ZONE)).follow_up
    assert [type(row) for row in rows] == [BlockedItem]


async def test_the_reason_stays_the_owner_s_whatever_is_noted_afterward(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await moved(sqlite_cast.harbor_advocate, reference, SOON - MINUTE, note="Half of it is done.")
    await blocked(sqlite_cast.harbor_advocate, reference)
    await moved(sqlite_cast.coordinator, reference, SOON + MINUTE, note="Calling them today.")
    assert await waiting_for_help(sqlite_cast.coordinator) == [(reference, WHY)]


async def test_coordinator_and_chair_get_one_email_each_that_says_who_is_blocked_and_why(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    found = await calls_for_help()
    assert set(found) == {sqlite_cast.coordinator.member_id, sqlite_cast.caht_lead.member_id}
    email = found[sqlite_cast.coordinator.member_id]
    assert email.subject == f"Blocked, due Tue, Dec 22: action item {reference}"
    assert email.facts[1:3] == (("Owner", "Harbor advocate (Harbor House)"), ("Reason", WHY))
    assert [one.target for one in email.buttons] == [
        SitePage(path=f"/action-items/{reference}#update"),
        SitePage(path=f"/action-items/{reference}#reassign"),
    ]


async def test_a_chair_who_blocks_an_item_gets_no_email_about_it(sqlite_cast: Cast) -> None:
    await blocked(sqlite_cast.caht_lead, await of_services(sqlite_cast))
    assert set(await calls_for_help()) == {sqlite_cast.coordinator.member_id}


async def test_an_owner_without_an_account_calls_for_help_by_the_link_in_an_email(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    item = (await item_lists.item_view(sqlite_cast.coordinator, reference)).item
    viewer, _ = await action_items.item_by_link(item.id, item.owner_id, NOW, LINK)
    await blocked(viewer, reference)
    assert sqlite_cast.coordinator.member_id in await calls_for_help()


async def test_no_email_goes_to_a_coordinator_who_may_not_see_where_the_item_comes_from(sqlite_cast: Cast) -> None:
    origin = await an_operation(sqlite_cast)
    reference = await given(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective, origin_id=origin)
    await blocked(sqlite_cast.kcpd_detective, reference)
    queued = Message.select(Message.recipient).where(Message.kind == MessageKind.ITEM_BLOCKED.value)
    assert [row["recipient"] for row in await queued] == [sqlite_cast.fbi_lead.member_id]
    email = (await calls_for_help())[sqlite_cast.fbi_lead.member_id]
    assert dict(email.facts) == {"Due": "Tuesday, December 22, 2026", "Details": "Shown after sign-in"}
    assert await waiting_for_help(sqlite_cast.coordinator) == []


async def test_no_email_goes_to_a_chair_whose_office_ended_before_it_was_sent(sqlite_cast: Cast) -> None:
    await blocked(sqlite_cast.harbor_advocate, await of_services(sqlite_cast))
    await MemberRole.delete().where(MemberRole.role == Role.COMMITTEE_CHAIR.value)
    assert set(await calls_for_help()) == {sqlite_cast.coordinator.member_id}


async def test_an_item_that_is_unblocked_within_a_minute_sends_no_email(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    await moved(sqlite_cast.harbor_advocate, reference, SOON + MINUTE / 2, status=ItemStatus.OPEN)
    assert await calls_for_help() == {}


async def test_an_item_that_is_blocked_twice_within_a_minute_sends_one_email(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    await moved(sqlite_cast.harbor_advocate, reference, SOON + MINUTE / 3, status=ItemStatus.OPEN)
    await blocked(sqlite_cast.harbor_advocate, reference, SOON + MINUTE / 2)
    assert await calls_for_help() == {}
    assert len(await calls_for_help(SOON + 2 * MINUTE)) == 2


async def test_the_owner_gets_the_note_of_who_helps_by_email(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    at = SOON + 2 * MINUTE
    await moved(sqlite_cast.coordinator, reference, at, status=ItemStatus.IN_PROGRESS, note="They approve it today.")
    [(reader, email)] = (await emailed(MessageKind.ITEM_NOTED, at)).items()
    assert reader == sqlite_cast.harbor_advocate.member_id
    assert email.subject == f"About your blocked action item {reference}"
    assert email.facts[1:3] == (("Note", "They approve it today."), ("By", "Coordinator"))


async def test_an_owner_s_own_note_on_a_blocked_item_is_emailed_to_no_one(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    at = SOON + 2 * MINUTE
    await moved(sqlite_cast.harbor_advocate, reference, at, note="Still waiting.")
    assert await emailed(MessageKind.ITEM_NOTED, at) == {}


async def test_a_blocked_item_that_is_reassigned_is_open_for_its_new_owner(sqlite_cast: Cast) -> None:
    reference = await of_services(sqlite_cast)
    await blocked(sqlite_cast.harbor_advocate, reference)
    await action_items.reassign_item(
        sqlite_cast.coordinator, reference, sqlite_cast.caht_alternate.member_id, 2, SOON + MINUTE, TODAY
    )
    view = await item_lists.item_view(sqlite_cast.coordinator, reference)
    assert (view.item.status, view.item.blocked_at) == (ItemStatus.OPEN, None)
    assert view.notes[0].change == "Blocked → Open, reassigned to Caht alternate"
    assert await waiting_for_help(sqlite_cast.coordinator) == []
