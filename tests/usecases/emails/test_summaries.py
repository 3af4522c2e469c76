"""Weekly digests, and thanking people after a date: whom they reach, once, and how they are stopped."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast, meeting, operation
from tests.database.statements import noted
from tests.emails import ReadEmail, read_result, send_due_messages
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.actions import NewItem
from tracker.rules.attendance import Mark
from tracker.rules.core.message_types import WeeklyDigest
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.summaries import AFTER_CLOSING
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.replies import ReplyValue
from tracker.rules.roster.meetings import USUAL_POLICY
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import EmailPause
from tracker.tables.schema.roster import Member
from tracker.usecases import attendance
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences, summaries
from tracker.usecases.emails.reminders import MESSAGES_AHEAD, queue_due_messages
from tracker.usecases.emails.summaries import own_digests
from tracker.usecases.events import occurrences, replies, scheduling

MONDAY = datetime(2026, 12, 21, 13, tzinfo=UTC)  # 7:00 AM


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await queue_due_messages(NOW, ZONE)
    return cast


async def turn_on_digest(viewer: Viewer, **facts: object) -> Viewer:
    await preferences.save_preferences(viewer, Preferences(digest=True, date_reminders=False, **facts), NOW)  # type: ignore[arg-type]  # fields of the test
    return viewer


async def send_digests(now: datetime = MONDAY) -> list[ReadEmail | SendOutcome]:
    """Return what becomes of the digests that are due."""
    await queue_due_messages(now, ZONE)
    sent = await send_due_messages(now)
    return [read_result(written) for message, written in sent if isinstance(message.content, WeeklyDigest)]


async def send_only_digest(now: datetime = MONDAY) -> ReadEmail:
    [letter] = await send_digests(now)
    assert isinstance(letter, ReadEmail)
    return letter


async def planned_digests(viewer: Viewer, at: datetime = NOW) -> list[tuple[datetime, date]]:
    return [(one.at, one.monday) for one in await own_digests(viewer, at + MESSAGES_AHEAD, at, ZONE)]


@pytest.mark.both_engines
async def test_what_is_planned_is_what_is_sent_after_the_clock_moved(cast: Cast) -> None:
    reader = replace(await turn_on_digest(cast.fbi_lead, quiet=(time(6), time(8, 30))), zone="America/Denver")
    await Member.update({Member.zone: reader.zone}).where(Member.id == reader.member_id)
    await scheduling.schedule_event(cast.coordinator, meeting(reader, starts=datetime(2026, 12, 30, 10)), NOW)
    start = datetime(2026, 12, 20, tzinfo=UTC)
    expected = await planned_digests(reader, start)
    assert [monday for _, monday in expected] == [date(2026, 12, 21), date(2026, 12, 28)]  # with the reply owed
    assert {at.hour for at, _ in expected} == {15}  # 8:30 AM in Denver
    is_digest = Message.kind == "digest"
    for hour in range(14 * 24):
        await send_digests(start + timedelta(hours=hour))
    rows = await Message.select(Message.due, Message.state).where(is_digest).order_by(Message.due)
    assert [row["due"] for row in rows if row["state"] == "sent"] == [at for at, _ in expected]


async def test_after_an_outage_of_weeks_only_the_last_monday_is_sent(cast: Cast) -> None:
    await turn_on_digest(cast.fbi_lead)
    await queue_due_messages(MONDAY + timedelta(days=14, hours=5), ZONE)
    dues = await Message.select(Message.due).where(Message.kind == "digest").output(as_list=True)
    assert dues == [MONDAY + timedelta(days=14)]


async def test_a_digest_is_planned_for_whom_it_reaches_alone(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    for who in (cast.fbi_lead, cast.hsi_liaison):
        await scheduling.schedule_event(cast.coordinator, meeting(who, starts=datetime(2026, 12, 22, 10)), NOW)
    assert await planned_digests(cast.fbi_lead) == []
    await turn_on_digest(cast.fbi_lead)
    assert (await planned_digests(cast.fbi_lead))[0] == (MONDAY, MONDAY.date())
    assert await planned_digests(cast.hsi_liaison) == await planned_digests(cast.coordinator) == []
    paused = EmailPause(id=uuid4(), member=cast.fbi_lead.member_id, address=cast.fbi_lead.email, paused_at=NOW)
    await EmailPause.insert(paused)
    assert await planned_digests(cast.fbi_lead) == []


async def test_more_weeks_ahead_take_no_more_trips_to_the_database(sqlite_cast: Cast) -> None:
    reader, week = await turn_on_digest(sqlite_cast.fbi_lead), timedelta(days=7)
    with noted() as few:
        await own_digests(reader, NOW + week, NOW, ZONE)
    with noted() as many:
        await own_digests(reader, NOW + 4 * week, NOW, ZONE)
    assert few.trips == many.trips


async def test_a_week_with_nothing_to_report_plans_no_digest(sqlite_cast: Cast) -> None:
    reader = await turn_on_digest(sqlite_cast.fbi_lead)
    assert await planned_digests(reader) == []


async def test_no_one_gets_it_who_did_not_turn_it_on(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=datetime(2026, 12, 22, 10)), NOW)
    assert await send_digests() == []


async def test_it_holds_the_week_of_its_reader_and_nothing_they_declined_or_that_was_canceled(cast: Cast) -> None:
    reader = await turn_on_digest(cast.fbi_lead)
    for title, starts in (("Comes", 22), ("Declined", 23), ("Canceled", 24), ("Next week", 28)):
        plan = meeting(reader, title=title, starts=datetime(2026, 12, starts, 10))
        event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
        if title == "Declined":
            await replies.record_own_reply(
                reader, event_id, "2026-12-23", ReplyValue.DECLINED, "", NOW, for_series=False
            )
        if title == "Canceled":
            await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.hsi_liaison, starts=datetime(2026, 12, 22, 12)), NOW)
    new = NewItem(title="Contact sheet", owner_id=reader.member_id, due=date(2026, 12, 27), seen_by=Visibility.ALL)
    await action_items.create_item(cast.coordinator, new, NOW, NOW.date())
    letter = await send_only_digest()
    assert letter.subject == "Your week: 1 event, 2 replies needed, 1 action item"
    assert [label for label, _ in letter.facts] == ["Reply needed", "Reply needed", "Event", "Due"]
    assert "Comes, Tue, Dec 22, 10:00 AM" in dict(letter.facts)["Event"]


async def test_it_lists_items_of_others_that_escalated_to_its_reader(cast: Cast) -> None:
    await turn_on_digest(cast.caht_lead)
    new = NewItem(
        title="Draft the protocol",
        owner_id=cast.caht_alternate.member_id,
        due=date(2026, 12, 16),
        committee_id=cast.committees["steering"],
    )
    reference = await action_items.create_item(cast.coordinator, new, NOW, NOW.date())
    await queue_due_messages(MONDAY - timedelta(hours=23), ZONE)  # Sunday, four days after it was due
    letter = await send_only_digest()
    assert letter.subject == "Your week: 1 item to follow up"
    assert dict(letter.facts)["Follow up"] == (
        f"{reference}, Draft the protocol, Caht alternate (CAHT), overdue by 5 days"
    )


async def test_an_operation_is_only_counted_and_for_who_may_not_see_it_not_even_that(cast: Cast) -> None:
    await turn_on_digest(cast.kcpd_detective)
    await turn_on_digest(cast.harbor_advocate)
    await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.kcpd_detective, starts=datetime(2026, 12, 23, 6)), NOW
    )
    letter, nothing = sorted(await send_digests(), key=lambda one: isinstance(one, SendOutcome))
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Your week: 1 event, 1 reply needed"
    assert "Bluestem" not in str(letter)
    assert isinstance(nothing, SendOutcome)


async def test_it_comes_once_a_week_at_seven_by_the_own_clock(cast: Cast) -> None:
    await turn_on_digest(cast.fbi_lead)
    await Member.update({Member.zone: "America/New_York"}).where(Member.id == cast.fbi_lead.member_id)
    moment = MONDAY - timedelta(hours=3)
    while moment < MONDAY + timedelta(days=8):
        await queue_due_messages(moment, ZONE)
        moment += timedelta(hours=1)
    rows = await Message.select(Message.due).where(Message.kind == "digest").order_by(Message.due).output(as_list=True)
    assert rows == [MONDAY - timedelta(hours=1), MONDAY + timedelta(days=7, hours=-1)]


async def test_in_quiet_hours_it_waits_for_their_end(cast: Cast) -> None:
    await turn_on_digest(cast.fbi_lead, quiet=(time(22), time(8)))
    await queue_due_messages(MONDAY, ZONE)
    assert await Message.select(Message.due).where(Message.kind == "digest").output(as_list=True) == [
        MONDAY + timedelta(hours=1)
    ]


async def test_one_that_is_a_day_late_is_not_sent(cast: Cast) -> None:
    await turn_on_digest(cast.fbi_lead)
    await queue_due_messages(MONDAY + timedelta(days=1), ZONE)
    assert await Message.count().where(Message.kind == "digest") == 0


async def test_who_stopped_it_in_the_meantime_gets_none(cast: Cast) -> None:
    reader = await turn_on_digest(cast.fbi_lead)
    await scheduling.schedule_event(cast.coordinator, meeting(reader, starts=datetime(2026, 12, 22, 10)), NOW)
    await queue_due_messages(MONDAY, ZONE)
    await preferences.stop_digest(reader.member_id, MONDAY, LINK)
    [skip] = await send_digests(MONDAY + timedelta(minutes=1))
    assert isinstance(skip, SendOutcome)
    assert skip.state is MessageState.SUPPRESSED


async def test_stopping_it_leaves_all_other_choices_and_is_in_the_audit_log_once(cast: Cast) -> None:
    reader = await turn_on_digest(cast.fbi_lead, quiet=(time(22), time(6)))
    for _ in range(2):
        await preferences.stop_digest(reader.member_id, NOW, LINK)
    kept = await preferences.preferences_of(reader)
    assert kept == Preferences(date_reminders=False, quiet=(time(22), time(6)))
    log = await AuditEntry.select(AuditEntry.source).where(AuditEntry.facts == '{"digest": false}')
    assert log == [{"source": "link"}]


async def test_a_chair_reads_which_items_of_the_committee_are_a_week_overdue_and_no_unseen_ones(cast: Cast) -> None:
    chair, services = await turn_on_digest(cast.caht_lead), cast.committees["services"]
    due = MONDAY.date() - timedelta(days=7)
    for committee in (services, None):
        new = NewItem(title="Contact sheet", owner_id=cast.harbor_advocate.member_id, due=due, committee_id=committee)
        await action_items.create_item(cast.coordinator, new, datetime.combine(due, time(15), UTC), due)
    letter = await send_only_digest()
    assert letter.subject == "Your week: 1 item to follow up"
    assert chair.member_id == letter.letter.thread


KEY = "2027-01-12"
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)
CLOSED = STARTS + timedelta(hours=1)


async def hold_meeting(cast: Cast, **facts: Any) -> UUID:
    """Hold a meeting to which the coordinator, the FBI and CAHT come, and HSI doesn't, and close its attendance."""
    plan = meeting(cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, **facts)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    here = (cast.coordinator, cast.fbi_lead, cast.caht_lead)
    marks = {one.member_id: Mark.HERE for one in here} | {cast.hsi_liaison.member_id: Mark.ABSENT}
    await attendance.record_marks(cast.coordinator, event_id, KEY, marks, STARTS)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, CLOSED)
    await Message.delete(force=True)
    return event_id


async def send_thanks(cast: Cast, event_id: UUID, people: int = 2, now: datetime = CLOSED) -> int:
    return await summaries.send_thank_you(cast.coordinator, event_id, KEY, now, people=people)


async def names_thanked() -> list[str]:
    rows = await Message.select(Message.recipient.name).where(
        (Message.kind == "thank_you") & (Message.state == "pending")
    )
    return sorted(row["recipient.name"] for row in rows)


async def emails_by_name(now: datetime) -> dict[str, ReadEmail | SendOutcome]:
    """Return what becomes of each message that is due, by its recipient."""
    emails_found = {}
    for message in await outbox.claim_messages("test", (), now, 100):
        name = (await Message.select(Message.recipient.name).where(Message.id == message.id))[0]["recipient.name"]
        emails_found[name] = read_result(await emails.write_email(message, now, ZONE))
    return emails_found


async def test_people_who_were_there_are_thanked_and_the_page_says_how_many(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    shown = await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)
    assert (shown.people, shown.skipped) == (("Caht lead (CAHT)", "Fbi lead (FBI)"), 0)
    assert await send_thanks(cast, event_id, len(shown.people)) == 2
    assert await names_thanked() == ["Caht lead", "Fbi lead"]
    sent = (await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)).sent
    assert sent is not None
    assert (sent.at, sent.people) == (CLOSED, 2)
    assert await AuditEntry.exists().where((AuditEntry.verb == "thanked") & (AuditEntry.facts == '{"people": 2}'))


async def test_each_finds_the_action_items_that_they_may_see(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    origin = (await occurrences.date_seen_by(cast.coordinator, event_id, KEY)).id
    for owner in (cast.fbi_lead, cast.caht_lead):
        new = NewItem(title=f"For {owner.name}", owner_id=owner.member_id, due=date(2027, 2, 9), origin_id=origin)
        await action_items.create_item(cast.coordinator, new, CLOSED, CLOSED.date())
    await Message.delete(force=True)
    await send_thanks(cast, event_id)
    email = (await emails_by_name(CLOSED + UNDO_FOR))["Caht lead"]
    assert isinstance(email, ReadEmail)
    assert [(label, "Caht lead" in value.split(", ")[1]) for label, value in email.facts[2:]] == [
        ("Yours", True),
        ("Action item", False),
    ]


async def test_it_is_sent_once_for_each_date(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    await send_thanks(cast, event_id)
    with pytest.raises(Conflict, match="already sent"):
        await send_thanks(cast, event_id, now=CLOSED + timedelta(days=1))
    assert len(await names_thanked()) == 2


async def test_another_number_than_the_one_that_was_shown_sends_nothing(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    with pytest.raises(Conflict, match="have changed"):
        await send_thanks(cast, event_id, people=3)
    assert await names_thanked() == []


async def test_undo_drops_it_while_it_waits_and_it_can_be_sent_again(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    await send_thanks(cast, event_id)
    with pytest.raises(Gone):
        await summaries.undo_thank_you(cast.coordinator, event_id, KEY, CLOSED, CLOSED + UNDO_FOR)
    await summaries.undo_thank_you(cast.coordinator, event_id, KEY, CLOSED, CLOSED)
    assert await names_thanked() == []
    await send_thanks(cast, event_id, now=CLOSED + timedelta(minutes=1))
    assert await names_thanked() == ["Caht lead", "Fbi lead"]


async def test_who_turned_it_off_gets_none_and_quiet_hours_hold_it(cast: Cast) -> None:
    await preferences.save_preferences(cast.caht_lead, Preferences(thank_yous=False), NOW)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(10), time(14))), NOW)
    event_id = await hold_meeting(cast)
    shown = await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)
    assert (shown.people, shown.skipped) == (("Fbi lead (FBI)",), 1)
    await send_thanks(cast, event_id, people=1)
    assert await Message.select(Message.due).output(as_list=True) == [STARTS + timedelta(hours=4)]


async def test_who_is_marked_absent_meanwhile_gets_none(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    await send_thanks(cast, event_id)
    await attendance.reopen_attendance(cast.coordinator, event_id, KEY, CLOSED)
    reopened = await emails_by_name(CLOSED + UNDO_FOR)
    assert {one.reason for one in reopened.values() if isinstance(one, SendOutcome)} == {
        "Attendance was reopened, or the event was canceled or restricted."
    }
    await attendance.record_marks(cast.coordinator, event_id, KEY, {cast.caht_lead.member_id: Mark.ABSENT}, CLOSED)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, CLOSED)
    closed_again = await emails_by_name(CLOSED + UNDO_FOR)
    assert isinstance(closed_again["Fbi lead"], ReadEmail)
    assert isinstance(closed_again["Caht lead"], SendOutcome)


async def test_no_one_is_thanked_for_an_operation(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    key, starts = "2027-01-16", datetime(2027, 1, 16, 18, tzinfo=UTC)
    await attendance.record_marks(cast.fbi_lead, event_id, key, {cast.hsi_liaison.member_id: Mark.HERE}, starts)
    await attendance.close_attendance(cast.fbi_lead, event_id, key, starts)
    with pytest.raises(Conflict, match="aren’t sent for operations"):
        await summaries.send_thank_you(cast.fbi_lead, event_id, key, starts, people=1)


async def test_people_who_may_not_edit_the_event_cannot_send_one(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    with pytest.raises(NotAllowed):
        await summaries.send_thank_you(cast.fbi_lead, event_id, KEY, CLOSED, people=2)


async def test_who_can_no_longer_see_the_event_is_not_counted(cast: Cast) -> None:
    event_id = await hold_meeting(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    left = {one: role for one, role in plan.invitees.items() if one != cast.caht_lead.member_id}
    closer = replace(plan, visibility=Visibility.LAW_ENFORCEMENT, invitees=left)
    await scheduling.change_event(cast.coordinator, event_id, closer, event.version, CLOSED)
    shown = await summaries.thank_you_view(cast.coordinator, event_id, KEY, CLOSED, ZONE)
    assert (shown.people, shown.skipped) == (("Fbi lead (FBI)",), 1)


async def test_an_event_thanks_by_itself_an_hour_after_attendance_is_closed_if_it_is_set_to(cast: Cast) -> None:
    await queue_due_messages(NOW, ZONE)
    by_itself = replace(USUAL_POLICY, leads=frozenset(), sends_thanks=True)
    await hold_meeting(cast, reminders=by_itself)
    await hold_meeting(cast, reminders=replace(by_itself, sends_thanks=False))
    await queue_due_messages(CLOSED + AFTER_CLOSING - timedelta(seconds=1), ZONE)
    assert await names_thanked() == []
    await queue_due_messages(CLOSED + AFTER_CLOSING, ZONE)
    await queue_due_messages(CLOSED + AFTER_CLOSING + timedelta(minutes=1), ZONE)
    assert await names_thanked() == ["Caht lead", "Fbi lead"]


async def test_after_a_persons_own_the_clock_sends_none(cast: Cast) -> None:
    await queue_due_messages(NOW, ZONE)
    event_id = await hold_meeting(cast, reminders=replace(USUAL_POLICY, leads=frozenset(), sends_thanks=True))
    await send_thanks(cast, event_id)
    await summaries.undo_thank_you(cast.coordinator, event_id, KEY, CLOSED, CLOSED)
    await queue_due_messages(CLOSED + AFTER_CLOSING, ZONE)
    assert await names_thanked() == []
