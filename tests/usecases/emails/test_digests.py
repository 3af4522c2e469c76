"""The weekly digest: for who turned it on, from what they may see when it is sent, and stopped by its link."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast, meeting, operation
from tests.database.statements import noted
from tests.emails import ReadEmail, read
from tracker.rules.actions.action_items import NewItem
from tracker.rules.core.message_types import WeeklyDigest
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.replies import ReplyValue
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import EmailPause
from tracker.tables.schema.roster import Member
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.emails.reminders import MESSAGES_AHEAD, queue_due_messages
from tracker.usecases.emails.summaries import own_digests
from tracker.usecases.events import replies, scheduling

MONDAY = datetime(2026, 12, 21, 13, tzinfo=UTC)  # 7:00 AM


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await queue_due_messages(NOW, ZONE)
    return cast


async def turned_on(viewer: Viewer, **facts: object) -> Viewer:
    await preferences.save_preferences(viewer, Preferences(digest=True, date_reminders=False, **facts), NOW)  # type: ignore[arg-type]  # fields of the test
    return viewer


async def sent(now: datetime = MONDAY) -> list[ReadEmail | SendOutcome]:
    """Return what becomes of the digests that are due."""
    await queue_due_messages(now, ZONE)
    found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        made = read(await emails.write_email(message, now, ZONE))
        await outbox.close_message(
            message, made if isinstance(made, SendOutcome) else SendOutcome(state=MessageState.SENT, reason=""), now
        )
        if isinstance(message.content, WeeklyDigest):
            found.append(made)
    return found


async def the_digest(now: datetime = MONDAY) -> ReadEmail:
    [letter] = await sent(now)
    assert isinstance(letter, ReadEmail)
    return letter


async def planned(viewer: Viewer, at: datetime = NOW) -> list[tuple[datetime, date]]:
    return [(one.at, one.monday) for one in await own_digests(viewer, at + MESSAGES_AHEAD, at, ZONE)]


@pytest.mark.both_engines
async def test_what_is_planned_is_what_is_sent_after_the_clock_moved(cast: Cast) -> None:
    reader = replace(await turned_on(cast.fbi_lead, quiet=(time(6), time(8, 30))), zone="America/Denver")
    await Member.update({Member.zone: reader.zone}).where(Member.id == reader.member_id)
    await scheduling.schedule_event(cast.coordinator, meeting(reader, starts=datetime(2026, 12, 30, 10)), NOW)
    start = datetime(2026, 12, 20, tzinfo=UTC)
    expected = await planned(reader, start)
    assert [monday for _, monday in expected] == [date(2026, 12, 21), date(2026, 12, 28)]  # with the reply owed
    assert {at.hour for at, _ in expected} == {15}  # 8:30 AM in Denver
    is_digest = Message.kind == "digest"
    for hour in range(14 * 24):
        await sent(start + timedelta(hours=hour))
    found = await Message.select(Message.due, Message.state).where(is_digest).order_by(Message.due)
    assert [row["due"] for row in found if row["state"] == "sent"] == [at for at, _ in expected]


async def test_a_digest_is_planned_for_whom_it_reaches_alone(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    for who in (cast.fbi_lead, cast.hsi_liaison):
        await scheduling.schedule_event(cast.coordinator, meeting(who, starts=datetime(2026, 12, 22, 10)), NOW)
    assert await planned(cast.fbi_lead) == []
    await turned_on(cast.fbi_lead)
    assert (await planned(cast.fbi_lead))[0] == (MONDAY, MONDAY.date())
    assert await planned(cast.hsi_liaison) == await planned(cast.coordinator) == []
    paused = EmailPause(id=uuid4(), member=cast.fbi_lead.member_id, address=cast.fbi_lead.email, paused_at=NOW)
    await EmailPause.insert(paused)
    assert await planned(cast.fbi_lead) == []


async def test_more_weeks_ahead_take_no_more_trips_to_the_database(sqlite_cast: Cast) -> None:
    reader, week = await turned_on(sqlite_cast.fbi_lead), timedelta(days=7)
    with noted() as few:
        await own_digests(reader, NOW + week, NOW, ZONE)
    with noted() as many:
        await own_digests(reader, NOW + 4 * week, NOW, ZONE)
    assert few.trips == many.trips


async def test_a_week_with_nothing_to_report_plans_no_digest(sqlite_cast: Cast) -> None:
    reader = await turned_on(sqlite_cast.fbi_lead)
    assert await planned(reader) == []


async def test_nobody_gets_it_who_did_not_turn_it_on(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=datetime(2026, 12, 22, 10)), NOW)
    assert await sent() == []


async def test_it_holds_the_week_of_its_reader_and_nothing_they_declined_or_that_was_canceled(cast: Cast) -> None:
    reader = await turned_on(cast.fbi_lead)
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
    letter = await the_digest()
    assert letter.subject == "Your week: 1 event, 2 replies needed, 1 action item"
    assert [label for label, _ in letter.facts] == ["Reply needed", "Reply needed", "Event", "Due"]
    assert "Comes, Tue, Dec 22, 10:00 AM" in dict(letter.facts)["Event"]


async def test_it_lists_items_of_others_that_escalated_to_its_reader(cast: Cast) -> None:
    await turned_on(cast.caht_lead)
    new = NewItem(
        title="Draft the protocol",
        owner_id=cast.caht_alternate.member_id,
        due=date(2026, 12, 16),
        committee_id=cast.committees["steering"],
    )
    reference = await action_items.create_item(cast.coordinator, new, NOW, NOW.date())
    await queue_due_messages(MONDAY - timedelta(hours=23), ZONE)  # Sunday, four days after it was due
    letter = await the_digest()
    assert letter.subject == "Your week: 1 item to follow up"
    assert dict(letter.facts)["Follow up"] == (
        f"{reference}, Draft the protocol, Caht alternate (CAHT), overdue by 5 days"
    )


async def test_an_operation_is_only_counted_and_for_who_may_not_see_it_not_even_that(cast: Cast) -> None:
    await turned_on(cast.kcpd_detective)
    await turned_on(cast.harbor_advocate)
    await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.kcpd_detective, starts=datetime(2026, 12, 23, 6)), NOW
    )
    letter, nothing = sorted(await sent(), key=lambda one: isinstance(one, SendOutcome))
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Your week: 1 event, 1 reply needed"
    assert "Bluestem" not in str(letter)
    assert isinstance(nothing, SendOutcome)


async def test_it_comes_once_a_week_at_seven_by_the_own_clock(cast: Cast) -> None:
    await turned_on(cast.fbi_lead)
    await Member.update({Member.zone: "America/New_York"}).where(Member.id == cast.fbi_lead.member_id)
    moment = MONDAY - timedelta(hours=3)
    while moment < MONDAY + timedelta(days=8):
        await queue_due_messages(moment, ZONE)
        moment += timedelta(hours=1)
    found = await Message.select(Message.due).where(Message.kind == "digest").order_by(Message.due).output(as_list=True)
    assert found == [MONDAY - timedelta(hours=1), MONDAY + timedelta(days=7, hours=-1)]


async def test_in_quiet_hours_it_waits_for_their_end(cast: Cast) -> None:
    await turned_on(cast.fbi_lead, quiet=(time(22), time(8)))
    await queue_due_messages(MONDAY, ZONE)
    assert await Message.select(Message.due).where(Message.kind == "digest").output(as_list=True) == [
        MONDAY + timedelta(hours=1)
    ]


async def test_one_that_is_a_day_late_is_not_sent(cast: Cast) -> None:
    await turned_on(cast.fbi_lead)
    await queue_due_messages(MONDAY + timedelta(days=1), ZONE)
    assert await Message.count().where(Message.kind == "digest") == 0


async def test_who_stopped_it_in_the_meantime_gets_none(cast: Cast) -> None:
    reader = await turned_on(cast.fbi_lead)
    await scheduling.schedule_event(cast.coordinator, meeting(reader, starts=datetime(2026, 12, 22, 10)), NOW)
    await queue_due_messages(MONDAY, ZONE)
    await preferences.stop_digest(reader.member_id, MONDAY, LINK)
    [skip] = await sent(MONDAY + timedelta(minutes=1))
    assert isinstance(skip, SendOutcome)
    assert skip.state is MessageState.SUPPRESSED


async def test_stopping_it_leaves_all_other_choices_and_is_in_the_trail_once(cast: Cast) -> None:
    reader = await turned_on(cast.fbi_lead, quiet=(time(22), time(6)))
    for _ in range(2):
        await preferences.stop_digest(reader.member_id, NOW, LINK)
    kept = await preferences.preferences_of(reader)
    assert kept == Preferences(date_reminders=False, quiet=(time(22), time(6)))
    trail = await AuditEntry.select(AuditEntry.source).where(AuditEntry.facts == '{"digest": false}')
    assert trail == [{"source": "link"}]


async def test_a_chair_reads_which_items_of_the_committee_are_a_week_overdue_and_no_unseen_ones(cast: Cast) -> None:
    chair, services = await turned_on(cast.caht_lead), cast.committees["services"]
    due = MONDAY.date() - timedelta(days=7)
    for committee in (services, None):
        new = NewItem(title="Contact sheet", owner_id=cast.harbor_advocate.member_id, due=due, committee_id=committee)
        await action_items.create_item(cast.coordinator, new, datetime.combine(due, time(15), UTC), due)
    letter = await the_digest()
    assert letter.subject == "Your week: 1 item to follow up"
    assert chair.member_id == letter.letter.thread
