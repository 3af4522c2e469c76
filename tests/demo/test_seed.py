"""What the demo holds, whenever it starts: everyone and everything by the product's own deeds, the same each time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from msgspec import ValidationError

from tests.database.sources import Source
from tracker.crypto import keys
from tracker.database import Engine, bind, close_database, engine_from_url, open_database
from tracker.demo import Row, read_story
from tracker.demo.bulk import BULK
from tracker.demo.cast import Company
from tracker.demo.program import CLOSES, OPENS
from tracker.demo.seed import UNKNOWN, UNSENT, Recipe, fill
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
from tracker.usecases.operations import officer, readiness, records

ZONE = "America/Chicago"
NOW = datetime(2026, 12, 1, 14, 40, tzinfo=UTC)
YEAR = timedelta(days=366)


@pytest.fixture(scope="module")
async def made(
    sqlite_source: Source, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Engine, Company]]:
    """One demo for the tests that only look at it."""
    engine = await opened(await sqlite_source.fresh(tmp_path_factory.mktemp("demo")))
    yield engine, await fill(Recipe(now=NOW, zone=ZONE))
    await close_database(engine)


@pytest.fixture
async def demo(made: tuple[Engine, Company]) -> Company:
    """The same, bound again after a test that used another database."""
    bind(made[0])
    return made[1]


@pytest.fixture
async def empty(sqlite_database: Engine) -> Engine:
    keys.use_secret("a secret of the tests, long enough")
    return sqlite_database


async def opened(url: str) -> Engine:
    keys.use_secret("a secret of the tests, long enough")
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    return engine


async def titles(viewer: Viewer) -> set[str]:
    return {line.title for line in await occurrences.dates_between(viewer, NOW - YEAR, NOW + YEAR)}


async def test_the_model_task_force_and_two_invented_organizations_are_there(demo: Company) -> None:
    services = Agency.select(Agency.code).where(Agency.arm == Arm.VICTIM_SERVICES).output(as_list=True)
    assert set(await services) == {"CAHT", "Harbor House", "Bridge Legal"}
    assert await Agency.count() == 9
    assert await Agency.count().where(Agency.coalition.code == "CAHT") == 2


async def test_27_people_are_there_and_most_hold_seats_of_three_committees(demo: Company) -> None:
    assert (await Member.count(), await Committee.count()) == (27, 3)
    assert await SeatHolder.count() > 20


async def test_no_password_exists(demo: Company) -> None:
    assert await Member.count().where(Member.password_hash.is_not_null()) == 0


async def test_the_advocate_knows_of_no_operation_and_the_coordinator_of_the_one_that_names_them(demo: Company) -> None:
    operations = {"Operation Bluestem", "Operation Larkspur"}
    assert await titles(demo.members["advocate"]) & operations == set()
    assert await titles(demo.members["coordinator"]) & operations == {"Operation Bluestem"}
    assert await titles(demo.members["kcpd_detective"]) & operations == {"Operation Bluestem"}


async def test_the_two_operations_are_in_each_others_way(demo: Company) -> None:
    [case] = await officer.open_conflicts(demo.members["coordinator"], NOW)
    assert (case.distance_ft, {side.agency for side in case.sides}) == (873, {"FBI", "KCPD"})


async def test_two_people_of_victim_services_have_a_notice_and_one_has_acknowledged_it(demo: Company) -> None:
    [one], [other] = [await readiness.notices_in_force(demo.members[who], NOW) for who in ("caht_lead", "advocate")]
    assert (one.id == other.id, one.acknowledged_at is None, other.acknowledged_at is None) == (True, False, True)
    assert await readiness.notices_in_force(demo.members["bridge_advocate"], NOW) == []


async def test_every_kind_of_event_lies_ahead(demo: Company) -> None:
    ahead = await occurrences.dates_between(demo.members["fbi_lead"], NOW, NOW + YEAR)
    ahead += await occurrences.dates_between(demo.members["coordinator"], NOW, NOW + YEAR)
    assert {line.kind for line in ahead} == set(Kind)
    assert {line.status for line in ahead} == set(EventStatus)
    assert any(line.is_changed and not line.is_off for line in ahead)


async def test_a_deadline_of_the_demo_is_one_whole_day(demo: Company) -> None:
    lines = await occurrences.dates_between(demo.members["coordinator"], NOW, NOW + YEAR)
    due = [local(moment, ZONE) for one in lines if one.kind is Kind.DEADLINE for moment in (one.starts_at, one.ends_at)]
    assert due
    assert {f"{moment:%H:%M}" for moment in due} == {"00:00"}


async def test_each_persona_owes_a_reply(demo: Company) -> None:
    for key in ("coordinator", "fbi_lead", "kcpd_detective", "caht_lead", "advocate"):
        assert await replies.owed_replies(demo.members[key], NOW), key


async def test_attendance_was_taken_and_one_date_waits(demo: Company) -> None:
    assert await AttendanceMark.count() > 300
    past = await occurrences.dates_between(demo.members["coordinator"], NOW - timedelta(days=4), NOW)
    [briefing] = [line for line in past if line.title == "Joint briefing"]
    assert await AttendanceMark.count().where(AttendanceMark.occurrence == briefing.id) == 0


async def test_action_items_are_in_every_state_and_some_are_overdue(demo: Company) -> None:
    found = await ActionItem.select(ActionItem.status, ActionItem.due, ActionItem.closed_at)
    assert {row["status"] for row in found} == {"open", "in_progress", "blocked", "done", "canceled"}
    assert sum(row["due"] < NOW.date() and row["closed_at"] is None for row in found) >= 3


async def test_the_past_was_never_mailed_and_says_so(demo: Company) -> None:
    past = await Message.select(Message.state, Message.reason, Message.recipient).where(
        Message.created_at < NOW - timedelta(minutes=10)
    )
    others = [row for row in past if row["recipient"] != demo.members[UNKNOWN].member_id]
    assert {(row["state"], row["reason"]) for row in others} == {(MessageState.SUPPRESSED, UNSENT.reason)}
    theirs = {(row["state"], row["reason"]) for row in past if row not in others}
    assert (MessageState.SUPPRESSED, PAUSED) in theirs
    assert MessageState.BOUNCED in {state for state, _ in theirs}


async def test_a_few_mails_of_each_sort_go_out_after_the_start(demo: Company) -> None:
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


async def test_the_audit_trail_is_whole_and_in_the_order_of_time(demo: Company) -> None:
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


async def test_the_same_recipe_makes_the_same_demo(demo: Company, sqlite_source: Source, tmp_path: Path) -> None:
    first = await ids()
    twin = await opened(await sqlite_source.fresh(tmp_path))
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
    found = await Occurrence.select(Occurrence.event.title, Occurrence.starts_at)
    return [(row["event.title"], local(row["starts_at"], ZONE)) for row in found]


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


async def test_the_operation_that_is_over_went_through_its_steps_on_its_day(demo: Company) -> None:
    lead = demo.members["fbi_lead"]
    [line] = [
        one for one in await occurrences.dates_between(lead, NOW - YEAR, NOW) if one.title == "Operation Switchgrass"
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
