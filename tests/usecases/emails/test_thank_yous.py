"""Thanking people after a date: whom it reaches, once, with undo, and by itself where the event wants it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.actions.action_items import NewItem
from tracker.rules.attendance.roll_call import Mark
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Visibility
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.summaries import AFTER_CLOSING, UNDO_FOR
from tracker.rules.roster.quorum import USUAL_POLICY
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.actions import action_items
from tracker.usecases.attendance import roll_call
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails as email_deeds
from tracker.usecases.emails import preferences, summaries
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, scheduling

KEY = "2027-01-12"
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)
CLOSED = STARTS + timedelta(hours=1)


async def held(cast: Cast, **facts: Any) -> UUID:
    """Hold a meeting to which the coordinator, the FBI and CAHT come, and HSI doesn't, and close its attendance."""
    plan = meeting(cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, **facts)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    here = (cast.coordinator, cast.fbi_lead, cast.caht_lead)
    marks = {one.member_id: Mark.HERE for one in here} | {cast.hsi_liaison.member_id: Mark.ABSENT}
    await roll_call.record_marks(cast.coordinator, event_id, KEY, marks, STARTS)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, CLOSED)
    await Message.delete(force=True)
    return event_id


async def send(cast: Cast, event_id: UUID, people: int = 2, now: datetime = CLOSED) -> int:
    return await summaries.send_thank_you(cast.coordinator, event_id, KEY, now, people=people)


async def thanked() -> list[str]:
    found = await Message.select(Message.recipient.name).where(
        (Message.kind == "thank_you") & (Message.state == "pending")
    )
    return sorted(row["recipient.name"] for row in found)


async def emails(now: datetime) -> dict[str, ReadEmail | SendOutcome]:
    """Return what becomes of each message that is due, by its recipient."""
    found = {}
    for message in await outbox.claim_messages("test", (), now, 100):
        name = (await Message.select(Message.recipient.name).where(Message.id == message.id))[0]["recipient.name"]
        found[name] = read(await email_deeds.write_email(message, now, ZONE))
    return found


async def test_people_who_were_there_are_thanked_and_the_page_says_how_many(cast: Cast) -> None:
    event_id = await held(cast)
    shown = await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)
    assert (shown.people, shown.skipped) == (("Caht lead (CAHT)", "Fbi lead (FBI)"), 0)
    assert await send(cast, event_id, len(shown.people)) == 2
    assert await thanked() == ["Caht lead", "Fbi lead"]
    sent = (await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)).sent
    assert sent is not None
    assert (sent.at, sent.people) == (CLOSED, 2)
    assert await AuditEntry.exists().where((AuditEntry.verb == "thanked") & (AuditEntry.facts == '{"people": 2}'))


async def test_each_finds_the_action_items_that_they_may_see(cast: Cast) -> None:
    event_id = await held(cast)
    origin = (await occurrences.date_seen_by(cast.coordinator, event_id, KEY)).id
    for owner in (cast.fbi_lead, cast.caht_lead):
        new = NewItem(title=f"For {owner.name}", owner_id=owner.member_id, due=date(2027, 2, 9), origin_id=origin)
        await action_items.create_item(cast.coordinator, new, CLOSED, CLOSED.date())
    await Message.delete(force=True)
    await send(cast, event_id)
    found = (await emails(CLOSED + UNDO_FOR))["Caht lead"]
    assert isinstance(found, ReadEmail)
    assert [(label, "Caht lead" in value.split(", ")[1]) for label, value in found.facts[2:]] == [
        ("Yours", True),
        ("Action item", False),
    ]


async def test_it_is_sent_once_for_each_date(cast: Cast) -> None:
    event_id = await held(cast)
    await send(cast, event_id)
    with pytest.raises(Conflict, match="already sent"):
        await send(cast, event_id, now=CLOSED + timedelta(days=1))
    assert len(await thanked()) == 2


async def test_another_number_than_the_one_that_was_shown_sends_nothing(cast: Cast) -> None:
    event_id = await held(cast)
    with pytest.raises(Conflict, match="have changed"):
        await send(cast, event_id, people=3)
    assert await thanked() == []


async def test_undo_drops_it_while_it_waits_and_it_can_be_sent_again(cast: Cast) -> None:
    event_id = await held(cast)
    await send(cast, event_id)
    with pytest.raises(Gone):
        await summaries.undo_thank_you(cast.coordinator, event_id, KEY, CLOSED, CLOSED + UNDO_FOR)
    await summaries.undo_thank_you(cast.coordinator, event_id, KEY, CLOSED, CLOSED)
    assert await thanked() == []
    await send(cast, event_id, now=CLOSED + timedelta(minutes=1))
    assert await thanked() == ["Caht lead", "Fbi lead"]


async def test_who_turned_it_off_gets_none_and_quiet_hours_hold_it(cast: Cast) -> None:
    await preferences.save_preferences(cast.caht_lead, Preferences(thank_yous=False), NOW)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(10), time(14))), NOW)
    event_id = await held(cast)
    shown = await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)
    assert (shown.people, shown.skipped) == (("Fbi lead (FBI)",), 1)
    await send(cast, event_id, people=1)
    assert await Message.select(Message.due).output(as_list=True) == [STARTS + timedelta(hours=4)]


async def test_who_is_marked_absent_meanwhile_gets_none(cast: Cast) -> None:
    event_id = await held(cast)
    await send(cast, event_id)
    await roll_call.reopen_attendance(cast.coordinator, event_id, KEY, CLOSED)
    reopened = await emails(CLOSED + UNDO_FOR)
    assert {one.reason for one in reopened.values() if isinstance(one, SendOutcome)} == {
        "Attendance was reopened, or the event was canceled or restricted."
    }
    await roll_call.record_marks(cast.coordinator, event_id, KEY, {cast.caht_lead.member_id: Mark.ABSENT}, CLOSED)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, CLOSED)
    closed_again = await emails(CLOSED + UNDO_FOR)
    assert isinstance(closed_again["Fbi lead"], ReadEmail)
    assert isinstance(closed_again["Caht lead"], SendOutcome)


async def test_no_one_is_thanked_for_an_operation(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    key, starts = "2027-01-16", datetime(2027, 1, 16, 18, tzinfo=UTC)
    await roll_call.record_marks(cast.fbi_lead, event_id, key, {cast.hsi_liaison.member_id: Mark.HERE}, starts)
    await roll_call.close_attendance(cast.fbi_lead, event_id, key, starts)
    with pytest.raises(Conflict, match="aren’t sent for operations"):
        await summaries.send_thank_you(cast.fbi_lead, event_id, key, starts, people=1)


async def test_people_who_may_not_edit_the_event_cannot_send_one(cast: Cast) -> None:
    event_id = await held(cast)
    with pytest.raises(NotAllowed):
        await summaries.send_thank_you(cast.fbi_lead, event_id, KEY, CLOSED, people=2)


async def test_who_can_no_longer_see_the_event_is_not_counted(cast: Cast) -> None:
    event_id = await held(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    left = {one: role for one, role in plan.invitees.items() if one != cast.caht_lead.member_id}
    closer = replace(plan, visibility=Visibility.LAW_ENFORCEMENT, invitees=left)
    await scheduling.change_event(cast.coordinator, event_id, closer, event.version, CLOSED)
    shown = await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)
    assert (shown.people, shown.skipped) == (("Fbi lead (FBI)",), 1)


async def test_an_event_thanks_by_itself_an_hour_after_attendance_is_closed_if_it_is_set_to(cast: Cast) -> None:
    await queue_due_messages(NOW, ZONE)
    by_itself = replace(USUAL_POLICY, leads=frozenset(), sends_thanks=True)
    await held(cast, reminders=by_itself)
    await held(cast, reminders=replace(by_itself, sends_thanks=False))
    await queue_due_messages(CLOSED + AFTER_CLOSING - timedelta(seconds=1), ZONE)
    assert await thanked() == []
    await queue_due_messages(CLOSED + AFTER_CLOSING, ZONE)
    await queue_due_messages(CLOSED + AFTER_CLOSING + timedelta(minutes=1), ZONE)
    assert await thanked() == ["Caht lead", "Fbi lead"]


async def test_after_a_persons_own_the_clock_sends_none(cast: Cast) -> None:
    await queue_due_messages(NOW, ZONE)
    event_id = await held(cast, reminders=replace(USUAL_POLICY, leads=frozenset(), sends_thanks=True))
    await send(cast, event_id)
    await summaries.undo_thank_you(cast.coordinator, event_id, KEY, CLOSED, CLOSED)
    await queue_due_messages(CLOSED + AFTER_CLOSING, ZONE)
    assert await thanked() == []
