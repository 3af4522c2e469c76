"""Reports: the figures of an autumn and of random worlds, over what each reader may see, on both engines."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import asdict, replace

from tests.cast import NOW as CAST_NOW
from tests.cast import ZONE, Cast, meeting
from tests.usecases.events.autumn import MONTHLY, NOW, SEPTEMBER, Autumn, hold_autumn, record_marks_of, report_request
from tests.usecases.operations.world import FAR, plan_operation
from tests.usecases.reports.random_world import BEGAN, Place, make_random_world
from tracker.database import writing
from tracker.errors import NotAllowed, NotFound
from tracker.rules.actions import ItemStatus
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.states import OperationState
from tracker.rules.reports.reports import KINDS, MEASURES, ReportSpan, span_reach
from tracker.rules.reports.reports import PlaceMark as ReportMark
from tracker.rules.reports.sums import (
    ItemColumn,
    ItemCount,
    ItemWindow,
    OperationCount,
    PlaceTally,
    ReportAgency,
    item_lines,
    total_tally,
)
from tracker.rules.roster.directory import CommitteeFacts, PersonFacts
from tracker.tables.schema.actions import ActionItem
from tracker.tables.visible import reports
from tracker.tables.visible.reports import item_counts
from tracker.usecases import attendance
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import replies
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.operations import approvals, plans
from tracker.usecases.reports import (
    WALK_INS,
    NumberPart,
    PeriodReport,
    ReportNumber,
    attendance_of_agency,
    report_committees,
    report_for,
    rows_behind,
)
from tracker.usecases.roster import committees, people

pytestmark = pytest.mark.both_engines

QUARTER = "FY2027-Q1"
OCTOBER = datetime(2026, 10, 20, 10)  # noqa: DTZ001 - local to the zone
IN_OCTOBER = datetime(2026, 10, 20, 15, tzinfo=UTC)
MOST = 10_000


@pytest.fixture
async def autumn_events(cast: Cast) -> Autumn:
    return await hold_autumn(cast)


async def report_of(
    viewer: Viewer, period: str = QUARTER, kind: Kind | None = None, now: datetime = NOW
) -> PeriodReport:
    return await report_for(viewer, report_request(period, kind, now))


def tally_of(period_report: PeriodReport, code: str) -> PlaceTally:
    return next(tally for agency, tally in period_report.agencies if agency.code == code)


async def test_who_replies_for_nothing_has_no_reports(cast: Cast) -> None:
    for no_one in (cast.kcpd_detective, cast.harbor_advocate):
        with pytest.raises(NotAllowed):
            await report_of(no_one)
        with pytest.raises(NotAllowed):
            await rows_behind(
                no_one, report_request(QUARTER), ReportNumber(part=NumberPart.DATES, measure="held"), MOST
            )


async def test_attendance_is_counted_by_agency_with_each_invited_person_in_one_column(
    cast: Cast, autumn_events: Autumn
) -> None:
    report = await report_of(cast.coordinator)
    assert tally_of(report, "FBI") == PlaceTally(here=4, unmarked=1, open=2)
    assert tally_of(report, "HSI") == PlaceTally(remote=1, unmarked=1, open=1)
    assert tally_of(report, "Harbor House") == PlaceTally(here=1, absent=1, unmarked=1, open=1)
    assert tally_of(report, "Bridge Legal") == PlaceTally(absent=1, excused=1, unmarked=1, open=1)
    assert tally_of(report, "IPD") == PlaceTally(unmarked=2, open=1, walk_in=1)
    assert tally_of(report, "Others") == PlaceTally(walk_in=1)
    assert report.total.invited == 3 * 12 + 3 + 3, "the lead of an event is a participant of it"


async def test_a_training_counts_its_walk_ins_as_people_present(cast: Cast, autumn_events: Autumn) -> None:
    report = await report_of(cast.coordinator, kind=Kind.TRAINING)
    (training, everything) = report.activities
    assert (training.held, training.minutes, training.tally.attended) == (1, 180, 4)
    assert everything.tally == report.total == training.tally


async def test_months_have_their_own_numbers(cast: Cast, autumn_events: Autumn) -> None:
    report = await report_of(cast.coordinator)
    assert [(line.first.month, line.held, line.tally.present) for line in report.months] == [
        (10, 1, 4),
        (11, 2, 4),
        (12, 2, 1),
    ]


async def test_what_was_canceled_is_counted_apart(cast: Cast, autumn_events: Autumn) -> None:
    meetings_held = (await report_of(cast.coordinator)).activities[0]
    assert (meetings_held.kind, meetings_held.held, meetings_held.canceled) == (Kind.MEETING, 4, 1)


async def test_an_operation_counts_only_for_those_who_are_named(cast: Cast, autumn_events: Autumn) -> None:
    of_the_lead, of_others = await report_of(cast.fbi_lead), await report_of(cast.coordinator)
    operations = [one for one in of_the_lead.activities if one.kind is Kind.JOINT_OPERATION]
    assert [(one.held, one.minutes, one.tally.attended) for one in operations] == [(1, 360, 1)]
    assert of_the_lead.is_restricted
    assert all(one.kind is not Kind.JOINT_OPERATION for one in of_others.activities)
    assert not of_others.is_restricted
    assert tally_of(of_the_lead, "KCPD") == PlaceTally(here=1)
    assert tally_of(of_others, "KCPD").present == 1


async def test_an_agency_lead_counts_the_own_agency_and_what_they_lead(cast: Cast, autumn_events: Autumn) -> None:
    report = await report_of(cast.fbi_lead)
    assert [agency.code for agency, _ in report.agencies] == ["FBI", "HSI", "KCPD"]
    assert tally_of(report, "FBI").present == 4
    assert report.activities[0].held == 3, "meetings of a committee that is not theirs do not count"


async def test_a_chair_counts_everyone_at_what_the_committee_meets_for(cast: Cast, autumn_events: Autumn) -> None:
    report = await report_of(cast.caht_lead)
    assert tally_of(report, "Harbor House") == PlaceTally(here=1)
    assert tally_of(report, "Bridge Legal") == PlaceTally(absent=1)
    assert [agency.code for agency, _ in report.agencies] == ["Bridge Legal", "CAHT", "Harbor House"]


async def test_a_correction_shows_when_the_report_is_asked_again(cast: Cast, autumn_events: Autumn) -> None:
    before = tally_of(await report_of(cast.coordinator), "Harbor House")
    await attendance.reopen_attendance(cast.coordinator, autumn_events.monthly, MONTHLY[0], NOW)
    await record_marks_of(cast.coordinator, autumn_events.monthly, MONTHLY[0], NOW, remote=(cast.harbor_advocate,))
    after = tally_of(await report_of(cast.coordinator), "Harbor House")
    assert (before.absent, before.remote) == (1, 0)
    assert (after.absent, after.remote) == (0, 1)
    assert after.invited == before.invited


async def test_only_what_is_over_counts(cast: Cast, autumn_events: Autumn) -> None:
    before = await report_of(cast.coordinator, now=datetime(2026, 10, 13, 16, tzinfo=UTC))
    after = await report_of(cast.coordinator, now=datetime(2026, 10, 13, 16, 30, tzinfo=UTC))
    assert (before.total.invited, after.total.invited) == (0, 12)


async def test_a_meeting_late_on_the_last_evening_counts_in_the_period_that_it_begins_in(cast: Cast) -> None:
    before = datetime(2025, 12, 1, tzinfo=UTC)
    for starts in (datetime(2026, 6, 30, 23, 30), datetime(2026, 1, 1, 0, 15)):  # noqa: DTZ001 - local to the zone
        await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=starts), before)
    first, second = await report_of(cast.coordinator, "2026-H1"), await report_of(cast.coordinator, "2026-H2")
    assert (first.activities[0].held, second.activities) == (2, [])
    quarters = [await report_of(cast.coordinator, key) for key in ("FY2026-Q2", "FY2026-Q3")]
    assert sum(one.activities[-1].held for one in quarters) == 2


async def test_who_joins_leaves_or_comes_back_to_a_series_changes_nothing_about_its_past(
    cast: Cast, autumn_events: Autumn
) -> None:
    before = (await report_of(cast.coordinator)).total
    event, plan = await event_deeds.plan_to_change(cast.coordinator, autumn_events.monthly)
    fewer = {one: role for one, role in plan.invitees.items() if one != cast.fbi_lead.member_id}
    for version, invitees in enumerate((fewer, plan.invitees), event.version):
        changed = replace(plan, invitees=invitees)
        await event_deeds.change_event(cast.coordinator, autumn_events.monthly, changed, version, NOW)
        assert (await report_of(cast.coordinator)).total == before
        roll = await attendance.read_roll_call(cast.coordinator, autumn_events.monthly, MONTHLY[0], NOW)
        assert cast.fbi_lead.member_id in {line.member_id for line in roll.lines if not line.is_walk_in}


async def test_items_count_by_agency_with_their_age_at_the_end_of_the_period(cast: Cast, autumn_events: Autumn) -> None:
    lines = {line.agency.code if line.agency else "": line for line in (await report_of(cast.coordinator)).items}
    fbi, caht, every = lines["FBI"], lines["CAHT"], lines[""]
    assert (fbi.numbers[ItemColumn.GIVEN], fbi.numbers[ItemColumn.CLOSED], fbi.numbers[ItemColumn.ON_TIME]) == (2, 2, 1)
    assert (fbi.median_days, fbi.on_time) == (15, 50)
    assert (caht.numbers[ItemColumn.OPEN], caht.numbers[ItemColumn.LATE_MONTH]) == (1, 1)
    assert every.numbers[ItemColumn.GIVEN] == 3
    in_november = (await report_of(cast.coordinator, "2026-11")).items[-1]
    assert (in_november.numbers[ItemColumn.OPEN], in_november.numbers[ItemColumn.NOT_DUE]) == (1, 1)


READERS = ("coordinator", "fbi_lead", "caht_lead")


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", [None, Kind.MEETING])
async def test_every_number_is_the_count_of_its_rows(cast: Cast, name: str, kind: Kind | None) -> None:
    await hold_autumn(cast)
    reader = cast.members[name]
    report = await report_of(reader, kind=kind)
    for expected, number, of_kind in numbers_of_report(report):
        behind = await rows_behind(reader, report_request(QUARTER, of_kind or kind), number, MOST)
        assert (behind.count, behind.shown) == (expected, expected), number
    minutes = (
        await rows_behind(
            reader, report_request(QUARTER, kind), ReportNumber(part=NumberPart.DATES, measure="held"), MOST
        )
    ).dates
    assert sum(one.minutes for one in minutes) == report.activities[-1].minutes


def numbers_of_report(period_report: PeriodReport) -> Iterator[tuple[int, ReportNumber, Kind | None]]:
    """Yield every number of a report with its place, and the kind of event to which its line keeps."""
    lines = [(tally, {"agency": agency.id or WALK_INS}) for agency, tally in period_report.agencies]
    lines += [(tally, {"arm": arm}) for arm, tally in period_report.arms]
    lines += [(line.tally, {"month": line.first}) for line in period_report.months]
    lines += [(period_report.total, {})]
    for tally, line in lines:
        for measure in MEASURES:
            yield vars_of(tally)[measure], ReportNumber(part=NumberPart.PLACES, measure=measure, **line), None
    for row in period_report.months:
        yield row.held, ReportNumber(part=NumberPart.DATES, measure="held", month=row.first), None
    for row in period_report.activities:
        yield row.held, ReportNumber(part=NumberPart.DATES, measure="held"), row.kind
        yield row.canceled, ReportNumber(part=NumberPart.DATES, measure="canceled"), row.kind
        yield row.tally.attended, ReportNumber(part=NumberPart.PLACES, measure="attended"), row.kind
    for line in period_report.items:
        for column, number in line.numbers.items():
            agency = line.agency.id if line.agency else None
            yield number, ReportNumber(part=NumberPart.ITEMS, measure=column, agency=agency), None


def vars_of(tally: PlaceTally) -> dict[str, int]:
    sums = ("invited", "present", "attended", "not_marked")
    return {**asdict(tally), **{name: getattr(tally, name) for name in sums}}


async def test_a_report_keeps_to_one_committee(cast: Cast, autumn_events: Autumn) -> None:
    services = next(one for one in await report_committees(cast.coordinator) if one.name == "Victim Services Committee")
    question = replace(report_request(QUARTER), committee=services)
    report = await report_for(cast.coordinator, question)
    assert [agency.code for agency, _ in report.agencies] == ["Bridge Legal", "CAHT", "Harbor House"]
    assert (report.activities[-1].held, report.total.invited, report.items) == (1, 3, [])
    for expected, number, kind in numbers_of_report(report):
        behind = await rows_behind(cast.coordinator, replace(question, kind=kind), number, MOST)
        assert (behind.count, behind.shown) == (expected, expected), number
    held = await rows_behind(cast.coordinator, question, ReportNumber(part=NumberPart.DATES, measure="held"), MOST)
    assert [one.title for one in held.dates] == ["Services committee"]


async def test_the_lines_of_a_report_add_up(cast: Cast, autumn_events: Autumn) -> None:
    report = await report_of(cast.coordinator)
    for measure, whole in vars_of(report.total).items():
        assert sum(vars_of(one)[measure] for _, one in report.agencies) == whole
        assert sum(vars_of(line.tally)[measure] for line in report.months) == whole
        assert sum(vars_of(line.tally)[measure] for line in report.activities[:-1]) == whole
    assert sum(line.held for line in report.months) == report.activities[-1].held


async def test_rows_are_cut_where_the_reader_wants_no_more_but_their_count_is_whole(
    cast: Cast, autumn_events: Autumn
) -> None:
    invited = ReportNumber(part=NumberPart.PLACES, measure="invited")
    every, some = [await rows_behind(cast.coordinator, report_request(QUARTER), invited, most) for most in (MOST, 5)]
    assert (some.count, some.places) == (every.count, every.places[:5])


async def test_a_number_that_no_report_has_is_not_there(cast: Cast) -> None:
    for part in NumberPart:
        with pytest.raises(NotFound):
            await rows_behind(cast.coordinator, report_request(QUARTER), ReportNumber(part=part, measure="odd"), MOST)


async def test_rows_of_an_operation_are_for_those_who_are_named(cast: Cast, autumn_events: Autumn) -> None:
    held = ReportNumber(part=NumberPart.DATES, measure="held")
    of_operations = report_request(QUARTER, Kind.JOINT_OPERATION)
    seen = await rows_behind(cast.fbi_lead, of_operations, held, MOST)
    assert [one.title for one in seen.dates] == ["Operation Bluestem"]
    assert seen.is_restricted
    assert (await rows_behind(cast.coordinator, of_operations, held, MOST)).count == 0


async def test_who_is_not_marked_counts_in_the_rate_when_attendance_is_closed(cast: Cast) -> None:
    event = await event_deeds.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, starts=OCTOBER), SEPTEMBER
    )
    await record_marks_of(cast.coordinator, event, "2026-10-20", IN_OCTOBER, here=(cast.fbi_lead,))
    before = (await report_of(cast.coordinator)).total
    assert (before.invited, before.not_marked, before.open, before.rate) == (3, 2, 2, 100)
    await attendance.close_attendance(cast.coordinator, event, "2026-10-20", IN_OCTOBER)
    after = (await report_of(cast.coordinator)).total
    assert (after.invited, after.not_marked, after.open, after.rate) == (3, 2, 0, 33)


async def test_an_alternate_who_came_fills_the_place_of_who_sent_them(cast: Cast) -> None:
    of_committee = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"], "starts": OCTOBER}
    event = await event_deeds.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, cast.hsi_liaison, **of_committee), SEPTEMBER
    )
    alternate = cast.fbi_alternate.member_id
    await replies.record_own_reply(
        cast.fbi_lead, event, "2026-10-20", ReplyValue.DECLINED, "", SEPTEMBER, for_series=False, substitute=alternate
    )
    await record_marks_of(
        cast.coordinator, event, "2026-10-20", IN_OCTOBER, remote=(cast.fbi_alternate,), absent=(cast.fbi_lead,)
    )
    report = await report_of(cast.coordinator)
    assert tally_of(report, "FBI") == PlaceTally(remote=1)
    [row] = (
        await rows_behind(
            cast.coordinator, report_request(QUARTER), ReportNumber(part=NumberPart.PLACES, measure="attended"), MOST
        )
    ).places
    assert (row.person, row.substitute, row.mark) == ("Fbi lead", "Fbi alternate", ReportMark.REMOTE)
    await record_marks_of(
        cast.coordinator, event, "2026-10-20", IN_OCTOBER + timedelta(minutes=5), here=(cast.fbi_lead,)
    )
    assert tally_of(await report_of(cast.coordinator), "FBI") == PlaceTally(here=1, walk_in=1), (
        "both came: one place is filled"
    )


async def test_an_alternate_of_two_people_fills_one_place(cast: Cast) -> None:
    fbi = cast.agencies["FBI"]
    async with writing():
        second = await people.insert_member(
            PersonFacts(agency_id=fbi, name="Second", email="s@fbi.example", zone=ZONE), SEPTEMBER
        )
        committee, alternates = (
            await committees.insert_committee(CommitteeFacts(name="Team", kind="team")),
            [second, cast.fbi_alternate.member_id],
        )
        await committees.insert_seat(
            committee_id=committee, agency_id=fbi, primary=cast.fbi_lead.member_id, alternates=alternates
        )
        await committees.insert_seat(
            committee_id=committee, agency_id=cast.agencies["USAO"], primary=cast.coordinator.member_id
        )
    both, coordinator = (
        (cast.fbi_lead, await viewer_for(second, NOW)),
        await viewer_for(cast.coordinator.member_id, NOW),
    )
    event = await event_deeds.schedule_event(
        coordinator, meeting(*both, committee_id=committee, starts=OCTOBER), SEPTEMBER
    )
    for row in both:
        await replies.record_own_reply(
            row,
            event,
            "2026-10-20",
            ReplyValue.DECLINED,
            "",
            SEPTEMBER,
            for_series=False,
            substitute=cast.fbi_alternate.member_id,
        )
    await record_marks_of(cast.coordinator, event, "2026-10-20", IN_OCTOBER, here=(cast.fbi_alternate,))
    assert tally_of(await report_of(cast.coordinator), "FBI") == PlaceTally(here=1, open=1)


@pytest.mark.parametrize("who", ["coordinator", "fbi_lead", "caht_lead"])
async def test_an_agency_has_the_figures_that_it_has_in_the_report(cast: Cast, who: str) -> None:
    await hold_autumn(cast)
    viewer = cast.members[who]
    reported = {agency.id: tally for agency, tally in (await report_for(viewer, report_request(QUARTER))).agencies}
    for agency_id in cast.agencies.values():
        attendance = await attendance_of_agency(viewer, report_request(QUARTER), agency_id)
        assert attendance.total == replace(reported.get(agency_id, PlaceTally()), walk_in=0)
        assert total_tally(attendance.people.values()) == attendance.total


async def test_each_person_has_figures_of_their_own(cast: Cast) -> None:
    await hold_autumn(cast)
    attendance = await attendance_of_agency(cast.coordinator, report_request(QUARTER), cast.agencies["Harbor House"])
    assert attendance.people == {cast.harbor_advocate.member_id: PlaceTally(here=1, absent=1, unmarked=1, open=1)}


async def test_that_a_restricted_event_counts_is_said(cast: Cast) -> None:
    await hold_autumn(cast)
    restricted = {
        code: (await attendance_of_agency(cast.fbi_lead, report_request(QUARTER), agency_id)).is_restricted
        for code, agency_id in cast.agencies.items()
    }
    whole = (await report_for(cast.fbi_lead, report_request(QUARTER))).is_restricted
    assert any(restricted.values()) is whole is True


async def test_who_has_no_reports_has_no_figures_of_an_agency(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await attendance_of_agency(sqlite_cast.kcpd_detective, report_request(QUARTER), sqlite_cast.agencies["KCPD"])


WINTER_QUARTER = "FY2027-Q2"
AFTER = datetime(2027, 2, 1, 15, tzinfo=CAST_NOW.tzinfo)
OTHERS = ("coordinator", "caht_lead")


async def report_of_operations(viewer: Viewer, kind: Kind | None = None) -> PeriodReport:
    return await report_for(viewer, report_request(WINTER_QUARTER, kind, AFTER))


async def plan_committed_operation(cast: Cast) -> UUID:
    """Return an operation that FBI leads and to which FBI and KCPD commit people."""
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison)
    for viewer in (cast.fbi_lead, cast.kcpd_detective):
        await plans.commit_resources(viewer, event_id, viewer.agency_id, people=4, vehicles=1, skills="", now=CAST_NOW)
    return event_id


async def test_an_operation_is_counted_with_the_agencies_that_took_part(cast: Cast) -> None:
    await plan_committed_operation(cast)
    await plan_operation(cast.fbi_lead, cast.hsi_liaison, title="Operation Larkspur", at=FAR)
    assert (await report_of_operations(cast.fbi_lead)).operations == OperationCount(held=2, agencies=("FBI", "KCPD"))


@pytest.mark.parametrize("name", OTHERS)
async def test_a_report_of_people_who_may_not_know_of_an_operation_is_the_same_without_it(
    cast: Cast, name: str
) -> None:
    await hold_autumn(cast)
    reader = cast.members[name]
    before = [await report_of_operations(reader), await report_of_operations(reader, Kind.JOINT_OPERATION)]
    await plan_committed_operation(cast)
    assert [await report_of_operations(reader), await report_of_operations(reader, Kind.JOINT_OPERATION)] == before
    assert all(one.operations == OperationCount(held=0, agencies=()) for one in before)


async def test_an_operation_that_was_stood_down_was_not_held(cast: Cast) -> None:
    event_id = await plan_committed_operation(cast)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, CAST_NOW)
    report = await report_of_operations(cast.fbi_lead)
    assert report.operations is not None
    assert report.operations.is_withheld
    assert [(one.kind, one.held, one.canceled) for one in report.activities] == [
        (Kind.JOINT_OPERATION, 0, 1),
        (None, 0, 1),
    ]


async def test_an_operation_that_is_still_to_come_is_not_counted(cast: Cast) -> None:
    await plan_committed_operation(cast)
    early = replace(report_request(WINTER_QUARTER, None, AFTER), now=CAST_NOW)
    operations = (await report_for(cast.fbi_lead, early)).operations
    assert operations is not None
    assert operations.is_withheld


async def test_a_report_of_another_kind_says_nothing_of_operations(cast: Cast) -> None:
    await plan_committed_operation(cast)
    assert (await report_of_operations(cast.fbi_lead, Kind.TRAINING)).operations is None


SPAN = ReportSpan(start=BEGAN, end=CAST_NOW, until=CAST_NOW, kinds=frozenset(KINDS))
MONTHS = [BEGAN + timedelta(days=days) for days in (20, 40)]
WINDOW = ItemWindow(start=BEGAN, end=CAST_NOW - timedelta(days=10), zone=ZONE)


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_reader_gets_the_sums_of_what_they_may_see(cast: Cast, seed: int) -> None:
    world = await make_random_world(cast, seed)
    agencies = [ReportAgency(id=id_, code=code, name=code, arm=None, level="") for code, id_ in cast.agencies.items()]
    for viewer in (cast.members[name] for name in READERS):
        reach = span_reach(viewer)
        dates = {
            (row.month, row.kind, row.is_off): row.number for row in await reports.count_dates(viewer, SPAN, MONTHS)
        }
        assert dates == world.dates_seen(viewer, MONTHS)
        places: Counter[Place] = Counter()
        for row in await reports.count_places(viewer, SPAN, MONTHS, reach):
            places[row.month, row.kind, row.agency_id, row.mark.value] += row.number
        assert places == world.places_seen(viewer, reach, MONTHS)
        of_items = item_lines(await item_counts(viewer, WINDOW, None), agencies, WINDOW)
        assert of_items == item_lines(map(_count_of, world.items_seen(viewer, WINDOW.end)), agencies, WINDOW)


def _count_of(action_item: ActionItem) -> ItemCount:
    return ItemCount(
        agency_id=action_item.agency,
        due=action_item.due,
        status=ItemStatus(action_item.status),
        created_at=action_item.created_at,
        closed_at=action_item.closed_at,
        number=1,
    )
