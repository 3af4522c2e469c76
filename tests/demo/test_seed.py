"""The demo's task force: what is in it, and how its days are written."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from msgspec import ValidationError

from tests.database.sources import Source
from tracker.crypto import keys
from tracker.database import Engine, bind, close_database, engine_from_url, open_database
from tracker.demo import Row, read_story
from tracker.demo.cast import (
    CLOSES,
    OPENS,
    PROGRAM,
    SERIES,
    SINGLES,
    SOON,
    Company,
    Script,
    due_day,
    next_call,
    timetable,
)
from tracker.demo.history import ERRANDS, moved_start
from tracker.demo.seed import BULK, UNKNOWN, UNSENT, Recipe, fill
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import PAUSED, MessageState
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import local
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.recurrence.holidays import federal_holidays, is_working_day
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.attendance import AttendanceMark
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import Occurrence
from tracker.tables.schema.roster import Agency, Committee, Member, SeatHolder
from tracker.usecases.core import audit
from tracker.usecases.events import occurrences, replies
from tracker.usecases.operations import deconfliction, readiness, records

ZONE = "America/Chicago"
NOW = datetime(2026, 12, 1, 14, 40, tzinfo=UTC)
YEAR = timedelta(days=366)


@pytest.fixture(scope="module")
async def made_demo(
    sqlite_source: Source, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Engine, Company]]:
    """One demo for the tests that only look at it."""
    engine = await open_demo(await sqlite_source.fresh(tmp_path_factory.mktemp("demo")))
    yield engine, await fill(Recipe(now=NOW, zone=ZONE))
    await close_database(engine)


@pytest.fixture
async def demo_again(made_demo: tuple[Engine, Company]) -> Company:
    """The same, bound again after a test that used another database."""
    bind(made_demo[0])
    return made_demo[1]


@pytest.fixture
async def empty(sqlite_database: Engine) -> Engine:
    keys.use_secret("a secret of the tests, long enough")
    return sqlite_database


async def open_demo(url: str) -> Engine:
    keys.use_secret("a secret of the tests, long enough")
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    return engine


async def titles_seen(viewer: Viewer) -> set[str]:
    return {line.title for line in await occurrences.dates_between(viewer, NOW - YEAR, NOW + YEAR)}


async def test_the_model_task_force_and_two_invented_organizations_are_there(demo_again: Company) -> None:
    services = Agency.select(Agency.code).where(Agency.arm == Arm.VICTIM_SERVICES).output(as_list=True)
    assert set(await services) == {"CAHT", "Harbor House", "Bridge Legal"}
    assert await Agency.count() == 9
    assert await Agency.count().where(Agency.coalition.code == "CAHT") == 2


async def test_27_people_are_there_and_most_hold_seats_of_three_committees(demo_again: Company) -> None:
    assert (await Member.count(), await Committee.count()) == (27, 3)
    assert await SeatHolder.count() > 20


async def test_no_password_exists(demo_again: Company) -> None:
    assert await Member.count().where(Member.password_hash.is_not_null()) == 0


async def test_the_advocate_knows_of_no_operation_and_the_coordinator_of_the_one_that_names_them(
    demo_again: Company,
) -> None:
    operations = {"Operation Bluestem", "Operation Larkspur"}
    assert await titles_seen(demo_again.members["advocate"]) & operations == set()
    assert await titles_seen(demo_again.members["coordinator"]) & operations == {"Operation Bluestem"}
    assert await titles_seen(demo_again.members["kcpd_detective"]) & operations == {"Operation Bluestem"}


async def test_the_two_operations_are_in_each_others_way(demo_again: Company) -> None:
    [case] = await deconfliction.open_conflicts(demo_again.members["coordinator"], NOW)
    assert (case.distance_ft, {side.agency for side in case.sides}) == (873, {"FBI", "KCPD"})


async def test_two_people_of_victim_services_have_a_notice_and_one_has_acknowledged_it(demo_again: Company) -> None:
    [first], [other] = [
        await readiness.notices_in_force(demo_again.members[who], NOW) for who in ("caht_lead", "advocate")
    ]
    assert (first.id == other.id, first.acknowledged_at is None, other.acknowledged_at is None) == (True, False, True)
    assert await readiness.notices_in_force(demo_again.members["bridge_advocate"], NOW) == []


async def test_every_kind_of_event_lies_ahead(demo_again: Company) -> None:
    ahead = await occurrences.dates_between(demo_again.members["fbi_lead"], NOW, NOW + YEAR)
    ahead += await occurrences.dates_between(demo_again.members["coordinator"], NOW, NOW + YEAR)
    assert {line.kind for line in ahead} == set(Kind)
    assert {line.status for line in ahead} == set(EventStatus)
    assert any(line.is_changed and not line.is_off for line in ahead)


async def test_a_deadline_of_the_demo_is_one_whole_day(demo_again: Company) -> None:
    lines = await occurrences.dates_between(demo_again.members["coordinator"], NOW, NOW + YEAR)
    due = [
        local(moment, ZONE)
        for first in lines
        if first.kind is Kind.DEADLINE
        for moment in (first.starts_at, first.ends_at)
    ]
    assert due
    assert {f"{moment:%H:%M}" for moment in due} == {"00:00"}


async def test_each_persona_owes_a_reply(demo_again: Company) -> None:
    for key in ("coordinator", "fbi_lead", "kcpd_detective", "caht_lead", "advocate"):
        assert await replies.owed_replies(demo_again.members[key], NOW), key


async def test_attendance_was_taken_and_one_date_waits(demo_again: Company) -> None:
    assert await AttendanceMark.count() > 300
    past = await occurrences.dates_between(demo_again.members["coordinator"], NOW - timedelta(days=4), NOW)
    [briefing] = [line for line in past if line.title == "Joint briefing"]
    assert await AttendanceMark.count().where(AttendanceMark.occurrence == briefing.id) == 0


async def test_action_items_are_in_every_state_and_some_are_overdue(demo_again: Company) -> None:
    rows = await ActionItem.select(ActionItem.status, ActionItem.due, ActionItem.closed_at)
    assert {row["status"] for row in rows} == {"open", "in_progress", "blocked", "done", "canceled"}
    assert sum(row["due"] < NOW.date() and row["closed_at"] is None for row in rows) >= 3


async def test_the_past_was_never_emailed_and_says_so(demo_again: Company) -> None:
    past = await Message.select(Message.state, Message.reason, Message.recipient).where(
        Message.created_at < NOW - timedelta(minutes=10)
    )
    others = [row for row in past if row["recipient"] != demo_again.members[UNKNOWN].member_id]
    assert {(row["state"], row["reason"]) for row in others} == {(MessageState.SUPPRESSED, UNSENT.reason)}
    states_of_others = {(row["state"], row["reason"]) for row in past if row not in others}
    assert (MessageState.SUPPRESSED, PAUSED) in states_of_others
    assert MessageState.BOUNCED in {state for state, _ in states_of_others}


async def test_a_few_emails_of_each_sort_go_out_after_the_start(demo_again: Company) -> None:
    waiting = await Message.select(Message.kind).where(Message.state == MessageState.PENDING)
    assert {row["kind"] for row in waiting} == {
        MessageKind.INVITATION,
        MessageKind.UPDATE,
        MessageKind.THANK_YOU,
        MessageKind.ITEM_ASSIGNED,
        MessageKind.ITEMS_OF_DAY,
        MessageKind.CONFLICT_FOUND,
        MessageKind.READINESS,
        MessageKind.PLAN_APPROVAL,
        MessageKind.ACCESS_APPROVAL,
        MessageKind.POLL,
    }
    assert 10 < len(waiting) < 50


async def test_the_audit_log_is_whole_and_in_the_order_of_time(demo_again: Company) -> None:
    moments = await AuditEntry.select(AuditEntry.at).order_by(AuditEntry.seq).output(as_list=True)
    assert await audit.verify_chain() is None
    assert moments == sorted(moments)
    assert moments[-1] <= NOW


async def ids() -> list[list[dict[str, object]]]:
    """Return what names people, events and deeds: message keys hold the ids of both."""
    return [
        await Member.select(Member.id, Member.email).order_by(Member.id),
        await Message.select(Message.id, Message.key).order_by(Message.id),
        await AttendanceMark.select(AttendanceMark.id, AttendanceMark.status).order_by(AttendanceMark.id),
    ]


async def test_the_same_recipe_makes_the_same_demo(demo_again: Company, sqlite_source: Source, tmp_path: Path) -> None:
    first = await ids()
    twin = await open_demo(await sqlite_source.fresh(tmp_path))
    await fill(Recipe(now=NOW, zone=ZONE))
    assert await ids() == first
    await close_database(twin)


@pytest.mark.parametrize(
    "now",
    [
        "2027-03-14T02:59:30-06:00",  # the hour that the clocks skip is next, on a Sunday
        "2027-11-07T01:30:00-06:00",  # in the hour that comes twice
        "2026-12-31T22:30:59-06:00",  # the call on the week ahead is next year
        "2028-02-29T12:00:00-06:00",
        "2027-05-31T08:00:00-05:00",  # Memorial Day
        "2026-11-27T05:45:00-06:00",  # the day after Thanksgiving
        "2026-12-25T12:00:00-06:00",
    ],
)
async def test_the_demo_is_alive_and_keeps_office_hours_whenever_it_starts(empty: Engine, now: str) -> None:
    moment = datetime.fromisoformat(now).astimezone(UTC)
    company = await fill(Recipe(now=moment, zone=ZONE))
    soon = await occurrences.dates_between(company.members["coordinator"], moment, moment + timedelta(days=5))
    [call] = [line for line in soon if line.title == "Weekly look-ahead call"]
    assert call.starts_at - moment > timedelta(hours=2)
    assert [one for one in await starts() if not is_believable(*one)] == []
    assert [
        due for due in await ActionItem.select(ActionItem.due).output(as_list=True) if not is_working_day(due)
    ] == []


async def starts() -> list[tuple[str, datetime]]:
    """Return the title and the local start of every date in the demo."""
    rows = await Occurrence.select(Occurrence.event.title, Occurrence.starts_at)
    return [(row["event.title"], local(row["starts_at"], ZONE)) for row in rows]


def is_believable(title: str, begins: datetime) -> bool:
    if title.startswith(("Operation", "Outreach")):
        return begins.date() not in federal_holidays(begins.year)
    is_all_day = begins.time() == time()
    return is_working_day(begins.date()) and (is_all_day or OPENS <= begins.time() < CLOSES)


async def test_a_larger_demo_has_more_people_and_an_older_past_and_the_same_calendar_of_today(empty: Engine) -> None:
    company = await fill(Recipe(now=NOW, zone=ZONE, size=2))
    old = await occurrences.dates_between(company.members["coordinator"], NOW - 21 * YEAR, NOW - timedelta(days=200))
    assert (await Member.count(), len(old)) == (52, 1_000)
    recent = await occurrences.dates_between(company.members["coordinator"], NOW - timedelta(days=180), NOW + YEAR)
    added = {title for meetings in BULK.meetings.values() for title, _ in meetings.titles}
    assert added & {line.title for line in recent} == set()
    assert [one for one in await starts() if not is_believable(*one)] == []


async def test_the_operation_that_is_over_went_through_its_steps_on_its_day(demo_again: Company) -> None:
    lead = demo_again.members["fbi_lead"]
    [line] = [
        this_date
        for this_date in await occurrences.dates_between(lead, NOW - YEAR, NOW)
        if this_date.title == "Operation Switchgrass"
    ]
    log = await records.read_activity_log(lead, line.event_id, line.key, NOW)
    said = [one.text for one in log.lines]
    assert [one for one in said if one.startswith("State: ")] == [
        "State: Planning",
        "State: Submitted",
        "State: Approved, version 5",
        "State: Briefed",
        "State: Executing",
        "State: Released",
        "State: Debriefed",
    ]
    assert log.lines[-1].at < line.ends_at + timedelta(hours=2)


class Titles(Row, frozen=True):
    soon: dict[str, object]


def test_a_key_of_a_story_file_that_the_demo_does_not_know_is_named() -> None:
    with pytest.raises(ValidationError, match=r"unknown field `(series|singles|poll)`"):
        read_story("program", Titles)


A_DAY = timedelta(days=1)
STARTS = [date(2025, 1, 1) + timedelta(days=3 * number) for number in range(900)]
"""Every weekday, every holiday and its day before and after, in more than seven years."""
ON_A_SATURDAY = {"bluestem", "larkspur", "labor_rights"}
"""Two operations and a fair for the public."""
EARLY_OR_LATE = {"bluestem", "hotels", "labor_rights"}
"""An operation, an evening for hotel staff, the fair."""
SCRIPTS = (*SERIES, *SINGLES)


def spans(script: Script) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local start and end of each date of a script, for each day on which the demo may start."""
    for today in STARTS:
        times = timetable(script, today)
        yield from ((start, start + script.duration) for start in times.dates)


def is_holiday(day: date) -> bool:
    return day in federal_holidays(day.year)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda first: first.key)
def test_no_event_is_on_a_holiday_or_on_a_weekend_but_two_operations_and_a_fair(script: Script) -> None:
    closed = is_holiday if script.key in ON_A_SATURDAY else lambda day: not is_working_day(day)
    assert [f"{start:%c}" for start, _ in spans(script) if closed(start.date())] == []


@pytest.mark.parametrize("script", [one for one in SCRIPTS if not one.is_all_day], ids=lambda first: first.key)
def test_no_event_is_outside_office_hours_but_an_operation_and_outreach_in_the_evening(script: Script) -> None:
    outside = [f"{start:%c}" for start, end in spans(script) if start.time() < OPENS or end.time() > CLOSES]
    assert bool(outside) == (script.key in EARLY_OR_LATE - {"labor_rights"})


@pytest.mark.parametrize("script", SERIES, ids=lambda first: first.key)
def test_a_series_has_each_day_once_and_leaves_few_out(script: Script) -> None:
    for today in STARTS:
        times = timetable(script, today)
        days = [one.date() for one in times.dates]
        assert len(set(days)) == len(days) >= len(times.on_holidays) * 3


def test_no_item_is_due_on_a_weekend_or_a_holiday_and_overdue_stays_overdue() -> None:
    for today in STARTS:
        for days in {errand.assigned.due for errand in ERRANDS}:
            due = due_day(days, today)
            assert is_working_day(due)
            assert (due < today) == (days < 0)


def test_a_date_is_moved_to_a_working_day_in_office_hours() -> None:
    for day in STARTS:
        moved = moved_start(datetime.combine(day, time(14)))
        assert is_working_day(moved.date())
        assert (moved.date() > day, moved.time()) == (True, time(15))


def test_the_briefing_was_on_the_last_working_day() -> None:
    for today in STARTS:
        day = PROGRAM.singles["briefing"].when.first.on(today)
        assert day < today
        assert not any(is_working_day(day + A_DAY * number) for number in range(1, (today - day).days))


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 37))
def test_the_call_that_is_scheduled_at_the_start_is_on_a_working_day_in_office_hours(minutes: int) -> None:
    for day in STARTS:
        now = datetime.combine(day, time()) + timedelta(minutes=minutes)
        begins = next_call(now, SOON.duration)
        assert is_working_day(begins.date())
        assert OPENS <= begins.time() <= (begins + SOON.duration).time() <= CLOSES
        assert (begins - now >= timedelta(hours=2), begins.minute % 15) == (True, 0)


@pytest.mark.parametrize("clock", ["06:00", "08:40", "11:59", "14:13"])
def test_in_office_hours_the_call_is_so_soon_that_its_reminder_can_be_watched(clock: str) -> None:
    now = datetime.fromisoformat(f"2026-12-01T{clock}")
    assert timedelta(hours=2) < next_call(now, SOON.duration) - now < timedelta(hours=2, minutes=18)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-27T03:43", "2026-11-27T09:00"),  # early on the day after Thanksgiving
        ("2026-11-25T16:00", "2026-11-27T09:00"),  # the evening before Thanksgiving
        ("2026-11-28T10:00", "2026-11-30T09:00"),  # a Saturday
        ("2026-12-24T23:00", "2026-12-28T09:00"),
    ],
)
def test_outside_office_hours_the_call_is_on_the_next_working_morning(now: str, begins: str) -> None:
    assert next_call(datetime.fromisoformat(now), SOON.duration) == datetime.fromisoformat(begins)
