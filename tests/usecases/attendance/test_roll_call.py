"""Attendance against both databases: taps, bulk, walk-ins, undo, closing, who may, and what stays on record."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, everyone, meeting, operation
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.attendance import AttendanceTally, AttendanceWalkIn, Mark, QuorumOfRecord
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import SeatFacts
from tracker.tables.schema.attendance import AttendanceMark, QuorumRecord
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Committee, Member
from tracker.usecases import attendance
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.scheduling import change_event, schedule_event
from tracker.usecases.roster import committees
from tracker.usecases.views import impact
from tracker.usecases.views.event_page import view_event

pytestmark = pytest.mark.both_engines

KEY = "2027-01-12"
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)
LATER = STARTS + timedelta(minutes=5)


async def schedule_meeting(cast: Cast) -> UUID:
    return await schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)


async def reply_to_meeting(viewer: Viewer, event_id: UUID, value: ReplyValue = ReplyValue.ACCEPTED) -> None:
    await replies.record_own_reply(viewer, event_id, KEY, value, "", NOW, for_series=False)


async def mark_person(cast: Cast, event_id: UUID, who: Viewer, what: Mark, at: datetime = STARTS) -> None:
    await attendance.record_marks(cast.coordinator, event_id, KEY, {who.member_id: what}, at)


async def tally_of(cast: Cast, event_id: UUID) -> AttendanceTally:
    return (await attendance.read_roll_call(cast.coordinator, event_id, KEY, STARTS)).tally


async def mark_of(cast: Cast, event_id: UUID, who: Viewer) -> Mark | None:
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, STARTS)
    return next((line.mark for line in roll.lines if line.member_id == who.member_id), None)


async def only_mark() -> UUID:
    [row] = await AttendanceMark.select(AttendanceMark.id)
    row_id: UUID = row["id"]
    return row_id


async def test_a_roll_lists_everyone_invited_with_the_reply_for_that_date(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await reply_to_meeting(cast.fbi_lead, event_id)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, STARTS)
    said_yes = [line.name for line in roll.lines if line.replied_yes and line.member_id != cast.coordinator.member_id]
    assert said_yes == ["Fbi lead"]
    assert roll.tally.invited == len(everyone(cast)) + 1


async def test_a_tap_is_recorded_and_another_tap_replaces_it_but_the_first_row_stays(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.REMOTE, LATER)
    rows = await AttendanceMark.select().order_by(AttendanceMark.recorded_at)
    assert [(row["status"], row["corrected_at"]) for row in rows] == [("here", LATER), ("remote", None)]


async def test_the_same_tap_twice_is_one_row(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE, LATER)
    assert await AttendanceMark.count() == 1


async def test_ten_taps_at_the_same_time_leave_one_mark_that_counts(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await asyncio.gather(*(mark_person(cast, event_id, cast.fbi_lead, Mark.HERE) for _ in range(10)))
    assert await AttendanceMark.count() == 1


async def test_the_attendance_sheet_says_when_the_quorum_of_the_committee_is_met(cast: Cast) -> None:
    await Committee.update({Committee.quorum: 3, Committee.both_arms: True}).where(
        Committee.id == cast.committees["steering"]
    )
    event_id = await schedule_event(
        cast.coordinator, meeting(*everyone(cast), committee_id=cast.committees["steering"]), NOW
    )

    async def words() -> str:
        quorum = (await attendance.read_roll_call(cast.coordinator, event_id, KEY, STARTS)).quorum
        return quorum.words if quorum else ""

    for person in (cast.fbi_lead, cast.fbi_alternate, cast.hsi_liaison, cast.bridge_advocate):  # the last has no seat
        await mark_person(cast, event_id, person, Mark.HERE)
    assert await words() == "No quorum: 2 of 8 seats (3 needed), no one from victim services"
    await mark_person(cast, event_id, cast.caht_alternate, Mark.REMOTE)
    assert await words() == "Quorum: 3 of 8 seats (3 needed)"


async def test_a_closed_roll_is_not_counted_against_seats_and_a_rule_of_later(cast: Cast) -> None:
    await Committee.update({Committee.quorum: 1}).where(Committee.id == cast.committees["steering"])
    event_id = await schedule_event(
        cast.coordinator, meeting(*everyone(cast), committee_id=cast.committees["steering"]), NOW
    )
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, LATER)
    await Committee.update({Committee.quorum: 8}).where(Committee.id == cast.committees["steering"])
    assert (await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)).quorum is None
    await attendance.reopen_attendance(cast.coordinator, event_id, KEY, LATER)
    assert (await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)).quorum is not None


async def test_a_cleared_mark_leaves_the_person_unmarked(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.CLEARED, LATER)
    assert await mark_of(cast, event_id, cast.fbi_lead) is None


async def test_the_bulk_button_marks_those_who_said_yes_and_overrules_no_one(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    for who in (cast.fbi_lead, cast.hsi_liaison):
        await reply_to_meeting(who, event_id)
    await reply_to_meeting(cast.ipd_liaison, event_id, ReplyValue.DECLINED)
    await mark_person(cast, event_id, cast.hsi_liaison, Mark.EXCUSED)
    await attendance.mark_replied_yes_here(cast.coordinator, event_id, KEY, LATER)
    marks = [await mark_of(cast, event_id, who) for who in (cast.fbi_lead, cast.hsi_liaison, cast.ipd_liaison)]
    assert marks == [Mark.HERE, Mark.EXCUSED, None]


async def test_the_rest_are_marked_absent_and_no_mark_is_overruled(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.hsi_liaison, Mark.EXCUSED)
    await attendance.mark_rest_absent(cast.coordinator, event_id, KEY, LATER)
    assert await mark_of(cast, event_id, cast.hsi_liaison) == Mark.EXCUSED
    assert (await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)).tally.unmarked == 0


async def test_the_bulk_button_pressed_twice_is_pressed_once(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await reply_to_meeting(cast.fbi_lead, event_id)
    for at in (STARTS, LATER):
        await attendance.mark_replied_yes_here(cast.coordinator, event_id, KEY, at)
    assert await AttendanceMark.count().where(AttendanceMark.member == cast.fbi_lead.member_id) == 1


async def test_corrections_say_what_was_replaced_by_whom_the_latest_first(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.ABSENT)
    await mark_person(cast, event_id, cast.hsi_liaison, Mark.HERE)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.REMOTE, LATER)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.CLEARED, LATER + timedelta(minutes=1))
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE, LATER + timedelta(minutes=2))
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    sheet_corrections = await attendance.sheet_corrections(cast.coordinator, roll)
    assert [(one.name, one.agency, one.before, one.after) for one in sheet_corrections] == [
        ("Fbi lead", "FBI", Mark.REMOTE, Mark.CLEARED),
        ("Fbi lead", "FBI", Mark.ABSENT, Mark.REMOTE),
    ]
    assert (sheet_corrections[1].by, sheet_corrections[1].at) == ("Coordinator (USAO)", LATER)


async def test_a_corrected_guest_is_among_the_corrections(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    guest = AttendanceWalkIn(id=uuid4(), name="P. Gray", agency="County Prosecutor")
    await attendance.record_walk_in(cast.coordinator, event_id, KEY, guest, STARTS)
    await attendance.record_guest_mark(cast.coordinator, event_id, KEY, await only_mark(), Mark.REMOTE, LATER)
    sheet_corrections = await attendance.sheet_corrections(
        cast.coordinator, await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    )
    assert [(one.name, one.agency, one.before, one.after) for one in sheet_corrections] == [
        ("P. Gray", "County Prosecutor", Mark.HERE, Mark.REMOTE)
    ]


async def test_undo_brings_the_earlier_mark_back(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.EXCUSED)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE, LATER)
    await attendance.undo_marks(cast.coordinator, event_id, KEY, LATER, LATER + timedelta(seconds=5))
    assert await mark_of(cast, event_id, cast.fbi_lead) is Mark.EXCUSED


async def test_undo_of_the_bulk_button_leaves_what_was_marked_afterward(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    for who in (cast.fbi_lead, cast.hsi_liaison):
        await reply_to_meeting(who, event_id)
    await attendance.mark_replied_yes_here(cast.coordinator, event_id, KEY, STARTS)
    await mark_person(cast, event_id, cast.hsi_liaison, Mark.REMOTE, LATER)
    await attendance.undo_marks(cast.coordinator, event_id, KEY, STARTS, LATER + timedelta(seconds=5))
    assert await mark_of(cast, event_id, cast.fbi_lead) is None
    assert await mark_of(cast, event_id, cast.hsi_liaison) is Mark.REMOTE


async def test_undo_never_takes_back_what_someone_else_recorded(cast: Cast) -> None:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, starts=datetime(2027, 1, 12, 10)), NOW)  # noqa: DTZ001 - local
    await attendance.record_marks(cast.fbi_lead, event_id, KEY, {cast.hsi_liaison.member_id: Mark.HERE}, STARTS)
    with pytest.raises(NotFound):
        await attendance.undo_marks(cast.coordinator, event_id, KEY, STARTS, LATER)


@pytest.mark.parametrize("name", ["=1+1", "\u200b@A1", "Ada\u2060"], ids=ascii)
async def test_the_name_of_a_guest_follows_the_rule_of_names(sqlite_cast: Cast, name: str) -> None:
    event_id, guest = (
        await schedule_meeting(sqlite_cast),
        AttendanceWalkIn(id=uuid4(), name=name, agency="County Prosecutor"),
    )
    with pytest.raises(Invalid) as refused:
        await attendance.record_walk_in(sqlite_cast.coordinator, event_id, KEY, guest, STARTS)
    assert list(refused.value.fields) == ["name"]


async def test_a_guest_is_added_once_however_often_the_form_arrives(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    guest = AttendanceWalkIn(id=uuid4(), name="P. Gray", agency="Jackson County Prosecutor")
    await asyncio.gather(*(attendance.record_walk_in(cast.coordinator, event_id, KEY, guest, STARTS) for _ in range(5)))
    assert (await tally_of(cast, event_id)).walk_ins == 1


async def test_the_same_key_for_another_date_or_from_another_person_is_another_guest(cast: Cast) -> None:
    guest = AttendanceWalkIn(id=uuid4(), name="P. Gray", agency="Jackson County Prosecutor")
    of_their_arm = meeting(cast.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT)
    first, second = await schedule_meeting(cast), await schedule_event(cast.fbi_lead, of_their_arm, NOW)
    for viewer, event_id in ((cast.coordinator, first), (cast.coordinator, second), (cast.fbi_lead, second)):
        await attendance.record_walk_in(viewer, event_id, KEY, guest, STARTS)
    assert [(await tally_of(cast, one)).walk_ins for one in (first, second)] == [1, 2]


async def test_a_guest_who_was_taken_back_can_be_added_again_from_the_same_page(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    guest = AttendanceWalkIn(id=uuid4(), name="P. Gray", agency="Jackson County Prosecutor")
    await attendance.record_walk_in(cast.coordinator, event_id, KEY, guest, STARTS)
    await attendance.undo_marks(cast.coordinator, event_id, KEY, STARTS, LATER)
    await attendance.record_walk_in(cast.coordinator, event_id, KEY, guest, LATER + timedelta(seconds=5))
    assert (await tally_of(cast, event_id)).walk_ins == 1


async def test_a_guest_can_be_marked_remote_taken_back_and_restored(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    guest = AttendanceWalkIn(id=uuid4(), name="P. Gray", agency="Jackson County Prosecutor")
    await attendance.record_walk_in(cast.coordinator, event_id, KEY, guest, STARTS)
    at = STARTS + timedelta(minutes=1)
    await attendance.record_guest_mark(cast.coordinator, event_id, KEY, await only_mark(), Mark.REMOTE, at)
    line = (await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)).agencies[
        "Jackson County Prosecutor"
    ][0]
    assert (line.name, line.mark, line.is_walk_in) == ("P. Gray", Mark.REMOTE, True)
    assert line.mark_id
    await attendance.record_guest_mark(cast.coordinator, event_id, KEY, line.mark_id, Mark.CLEARED, LATER)
    assert (await tally_of(cast, event_id)).walk_ins == 0
    await attendance.undo_marks(cast.coordinator, event_id, KEY, LATER, LATER + timedelta(minutes=1))
    assert (await tally_of(cast, event_id)).remote == 1


async def test_a_member_who_was_not_invited_can_be_added_and_is_a_walk_in(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    attendance_walk_in = AttendanceWalkIn(id=uuid4(), member_id=cast.kcpd_alternate.member_id)
    await attendance.record_walk_in(cast.coordinator, event_id, KEY, attendance_walk_in, STARTS)
    line = (await attendance.read_roll_call(cast.coordinator, event_id, KEY, STARTS)).agencies["KCPD"][0]
    assert (line.name, line.is_walk_in, line.mark) == ("Kcpd alternate", True, Mark.HERE)


async def test_who_is_taken_off_the_list_after_it_began_stays_on_the_attendance_sheet(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_meeting(sqlite_cast)
    fewer = meeting(*(one for one in everyone(cast) if one != cast.hsi_liaison))
    await change_event(cast.coordinator, event_id, fewer, 1, LATER)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    assert "Hsi liaison" in [line.name for line in roll.agencies["HSI"] if not line.is_walk_in]


async def test_a_member_who_came_without_an_invitation_was_never_missing(sqlite_cast: Cast) -> None:
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    walk_in = AttendanceWalkIn(id=uuid4(), member_id=sqlite_cast.kcpd_alternate.member_id)
    await attendance.record_walk_in(sqlite_cast.coordinator, event_id, KEY, walk_in, STARTS)
    for missing in (Mark.ABSENT, Mark.EXCUSED):
        with pytest.raises(Invalid, match="Only people who were invited can be absent or excused"):
            await mark_person(sqlite_cast, event_id, sqlite_cast.kcpd_alternate, missing, LATER)
    await mark_person(sqlite_cast, event_id, sqlite_cast.kcpd_alternate, Mark.REMOTE, LATER)
    assert (await tally_of(sqlite_cast, event_id)).remote == 1


async def test_no_one_can_be_absent_from_an_operation_to_which_they_were_not_invited(cast: Cast) -> None:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, starts=datetime(2027, 1, 12, 10)), NOW)  # noqa: DTZ001 - local
    with pytest.raises(Invalid):
        await attendance.record_marks(
            cast.fbi_lead, event_id, KEY, {cast.harbor_advocate.member_id: Mark.ABSENT}, STARTS
        )


async def test_a_walk_in_has_a_name(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    with pytest.raises(Invalid) as refused:
        await attendance.record_walk_in(
            cast.coordinator, event_id, KEY, AttendanceWalkIn(id=uuid4(), name=" \u202e "), STARTS
        )
    assert "name" in refused.value.fields


async def test_a_chair_adds_no_member_whom_they_do_not_know(cast: Cast) -> None:
    await committees.make_chair(committee_id=cast.committees["services"], member_id=cast.bridge_advocate.member_id)
    chair = await viewer_for(cast.bridge_advocate.member_id, NOW)
    plan = meeting(cast.harbor_advocate, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    event_id = await schedule_event(chair, plan, NOW)
    with pytest.raises(Invalid):
        stranger = AttendanceWalkIn(id=uuid4(), member_id=cast.kcpd_alternate.member_id)
        await attendance.record_walk_in(chair, event_id, KEY, stranger, STARTS)


async def test_the_agency_of_that_day_stays_when_someone_moves_to_another(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.fbi_alternate, Mark.HERE)
    await Member.update({Member.agency: cast.agencies["HSI"]}).where(Member.id == cast.fbi_alternate.member_id)
    await mark_person(cast, event_id, cast.fbi_alternate, Mark.REMOTE, LATER)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, LATER)
    assert "Fbi alternate" in [line.name for line in roll.agencies["FBI"]]


async def test_attendance_does_not_open_a_minute_early(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    with pytest.raises(NotAllowed):
        await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE, STARTS - timedelta(minutes=31))


async def test_a_canceled_date_has_no_attendance(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, KEY, date.version, "Snow", NOW)
    with pytest.raises(NotAllowed):
        await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE)


async def test_closing_reports_the_unmarked_and_refuses_marks_until_reopened(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE)
    counted = await attendance.close_attendance(cast.coordinator, event_id, KEY, LATER)
    assert (counted.present, counted.unmarked) == (1, counted.invited - 1)
    with pytest.raises(NotAllowed):
        await mark_person(cast, event_id, cast.hsi_liaison, Mark.HERE, LATER)
    await attendance.reopen_attendance(cast.coordinator, event_id, KEY, LATER)
    await mark_person(cast, event_id, cast.hsi_liaison, Mark.HERE, LATER)
    assert (await tally_of(cast, event_id)).present == 2


async def test_attendance_is_not_closed_before_the_meeting_begins(cast: Cast) -> None:
    event_id, early = await schedule_meeting(cast), STARTS - timedelta(minutes=15)
    await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE, early)
    with pytest.raises(NotAllowed, match=r"once it begins, on Tue, Jan 12 at 10:00 AM\."):
        await attendance.close_attendance(cast.coordinator, event_id, KEY, early)
    assert (await attendance.close_attendance(cast.coordinator, event_id, KEY, STARTS)).present == 1


async def test_only_lead_chair_and_coordinator_take_attendance(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    with pytest.raises(NotAllowed):
        await attendance.read_roll_call(cast.fbi_lead, event_id, KEY, STARTS)
    with pytest.raises(NotAllowed):
        await attendance.record_marks(cast.fbi_lead, event_id, KEY, {cast.fbi_lead.member_id: Mark.HERE}, STARTS)


@pytest.mark.parametrize("key", ["2027-01-13", "next week", ""])
async def test_a_date_that_does_not_exist_is_not_found(cast: Cast, key: str) -> None:
    event_id = await schedule_meeting(cast)
    with pytest.raises(NotFound):
        await attendance.read_roll_call(cast.coordinator, event_id, key, STARTS)


async def test_the_attendance_sheet_of_an_operation_is_not_found_by_who_may_not_see_it(cast: Cast) -> None:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    for stranger in (cast.coordinator, cast.caht_lead):
        with pytest.raises(NotFound):
            await attendance.read_roll_call(stranger, event_id, "2027-01-16", STARTS)


async def test_each_deed_leaves_a_line_in_the_audit_log_and_a_repeated_tap_none(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    for _ in range(2):
        await mark_person(cast, event_id, cast.fbi_lead, Mark.HERE)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, LATER)
    verbs = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.subject == "occurrence").order_by(AuditEntry.seq)
    assert [row["verb"] for row in verbs] == ["attendance_marked", "attendance_closed"]


async def test_members_read_names_of_their_own_arm_only_and_replies_of_each_agency(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    view = await view_event(cast.harbor_advocate, event_id, KEY, NOW)
    own_arm = {"CAHT", "Harbor House", "Bridge Legal"}
    assert {one.agency for one in view.named} == own_arm
    assert {one.agency for one in view.replies} == own_arm | {"USAO", "FBI", "HSI", "HHS", "KCPD", "IPD"}


QUORUM_RECORD_LATER = STARTS + timedelta(hours=3)
SEATED = ("fbi_lead", "hsi_liaison", "kcpd_detective", "caht_lead")


async def schedule_for_steering(cast: Cast, **facts: Any) -> UUID:
    """Return a meeting of the Steering Committee, which needs 3 of its 8 seats."""
    await Committee.update({Committee.quorum: 3}).where(Committee.id == cast.committees["steering"])
    people = [cast.members[name] for name in SEATED]
    steering_facts = {"visibility": Visibility.ALL, "committee_id": cast.committees["steering"], **facts}
    return await scheduling.schedule_event(cast.coordinator, meeting(*people, **steering_facts), NOW)


async def mark_people(cast: Cast, event_id: UUID, *names: str, what: Mark = Mark.HERE) -> None:
    marks = {cast.members[name].member_id: what for name in names}
    await attendance.record_marks(cast.coordinator, event_id, KEY, marks, STARTS)


async def close_with_four(cast: Cast, **facts: Any) -> UUID:
    """Return a meeting at which four of eight seats were filled."""
    event_id = await schedule_for_steering(cast, **facts)
    await mark_people(cast, event_id, *SEATED)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    return event_id


async def quorum_recorded(viewer: Viewer, event_id: UUID) -> QuorumOfRecord | None:
    return (await view_event(viewer, event_id, KEY, QUORUM_RECORD_LATER)).quorum


async def test_closing_attendance_records_which_seats_were_filled_and_whether_that_was_a_quorum(cast: Cast) -> None:
    quorum = await quorum_recorded(cast.coordinator, await close_with_four(cast))
    assert quorum is not None
    assert quorum.words == "Quorum: 4 of 8 seats (3 needed)"
    assert quorum.present == "CAHT, FBI, HSI, KCPD"
    assert quorum.missing == "Harbor House, HHS, IPD, USAO"
    assert quorum.recorded_at == QUORUM_RECORD_LATER


async def test_a_seat_that_is_removed_later_leaves_the_record_alone(cast: Cast) -> None:
    event_id = await close_with_four(cast)
    before = await quorum_recorded(cast.coordinator, event_id)
    proof = (1, QUORUM_RECORD_LATER, QUORUM_RECORD_LATER)
    await impact.remove_seat(cast.coordinator, cast.committees["steering"], cast.agencies["FBI"], *proof)
    assert await quorum_recorded(cast.coordinator, event_id) == before


async def test_a_person_who_leaves_later_leaves_the_record_and_the_attendance_sheet_alone(cast: Cast) -> None:
    event_id = await close_with_four(cast)
    before = await quorum_recorded(cast.coordinator, event_id)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    successor = cast.coordinator.member_id
    day = QUORUM_RECORD_LATER.date()
    await impact.offboard_person(
        cast.coordinator, cast.hsi_liaison.member_id, successor, QUORUM_RECORD_LATER, QUORUM_RECORD_LATER, day
    )
    assert await quorum_recorded(cast.coordinator, event_id) == before
    after = await attendance.read_roll_call(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    assert (after.tally, after.recorded_quorum) == (roll.tally, before)


async def test_another_rule_later_leaves_the_record_alone(cast: Cast) -> None:
    event_id = await close_with_four(cast)
    await Committee.update({Committee.quorum: 8}).where(Committee.id == cast.committees["steering"])
    quorum = await quorum_recorded(cast.coordinator, event_id)
    assert quorum is not None
    assert quorum.words == "Quorum: 4 of 8 seats (3 needed)"


async def test_open_again_it_shows_what_was_recorded_and_closed_again_it_records_again(cast: Cast) -> None:
    event_id = await close_with_four(cast)
    await attendance.reopen_attendance(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    await mark_people(cast, event_id, "fbi_lead", "hsi_liaison", what=Mark.ABSENT)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    assert roll.quorum is not None
    assert roll.recorded_quorum is not None
    assert roll.quorum.words == "No quorum: 2 of 8 seats (3 needed)"
    assert roll.recorded_quorum.words == "Quorum: 4 of 8 seats (3 needed)"
    again = QUORUM_RECORD_LATER + timedelta(hours=1)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, again)
    quorum = await quorum_recorded(cast.coordinator, event_id)
    assert quorum is not None
    assert (quorum.words, quorum.recorded_at) == ("No quorum: 2 of 8 seats (3 needed)", again)
    assert await QuorumRecord.count() == 2


async def test_a_committee_without_a_rule_leaves_no_record(cast: Cast) -> None:
    event_id = await schedule_for_steering(cast)
    await Committee.update({Committee.quorum: None}, force=True)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    assert await quorum_recorded(cast.coordinator, event_id) is None


async def test_it_is_recorded_no_matter_who_closes_and_shown_to_members_of_the_committee(cast: Cast) -> None:
    event_id = await close_with_four(cast)
    assert await quorum_recorded(cast.fbi_lead, event_id) is not None
    assert await quorum_recorded(cast.bridge_advocate, event_id) is None


async def test_a_coordinator_reads_it_after_the_committee_has_ended(cast: Cast) -> None:
    event_id = await close_with_four(cast)
    await Committee.update({Committee.status: "ended"}).where(Committee.id == cast.committees["steering"])
    assert (
        await quorum_recorded(await viewer_for(cast.coordinator.member_id, QUORUM_RECORD_LATER), event_id) is not None
    )
    assert await quorum_recorded(await viewer_for(cast.fbi_lead.member_id, QUORUM_RECORD_LATER), event_id) is None


async def test_the_printed_sheet_has_it(cast: Cast) -> None:
    event_id = await close_with_four(cast)
    sheet = await attendance.read_sign_in_sheet(cast.coordinator, event_id, KEY)
    assert sheet.quorum is not None
    assert sheet.quorum.words == "Quorum: 4 of 8 seats (3 needed)"


async def test_an_alternate_fills_the_seat(cast: Cast) -> None:
    event_id = await schedule_for_steering(cast)
    walk_in = AttendanceWalkIn(id=event_id, member_id=cast.fbi_alternate.member_id)
    await attendance.record_walk_in(cast.coordinator, event_id, KEY, walk_in, STARTS)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    quorum = await quorum_recorded(cast.coordinator, event_id)
    assert quorum is not None
    assert (quorum.present, quorum.count.is_met) == ("FBI", False)


async def test_a_seat_that_changes_hands_twice_leaves_attendance_in_between_alone(cast: Cast) -> None:
    """Who was off the list of a date while it was held isn't counted there when they come back."""
    weekly = rule_for_choice("weekly", meeting().starts, count=4)
    event_id = await schedule_for_steering(cast, rule=weekly)
    counted = []
    for number, (primary, when) in enumerate(
        (
            (cast.kcpd_alternate, STARTS + timedelta(days=1)),
            (cast.kcpd_detective, STARTS + timedelta(days=8)),
            (cast.kcpd_alternate, STARTS + timedelta(days=15)),
            (cast.kcpd_detective, STARTS + timedelta(days=22)),
        ),
        start=1,
    ):
        counted.append(await _names_by_week(cast, event_id, when))
        facts = SeatFacts(primary_id=primary.member_id, alternate_ids=frozenset())
        seat = (cast.committees["steering"], cast.agencies["KCPD"], facts, number)
        await impact.set_seat(cast.coordinator, *seat, when, when)
    assert await _names_by_week(cast, event_id, STARTS + timedelta(days=23)) == counted[3]
    assert [names & {"Kcpd detective", "Kcpd alternate"} for names in counted[3]] == [
        {"Kcpd detective"},
        {"Kcpd alternate"},
        {"Kcpd detective"},
        {"Kcpd alternate"},
    ]


async def _names_by_week(cast: Cast, event_id: UUID, now: datetime) -> list[set[str]]:
    """Return who is on the attendance sheet of each weekly date."""
    keys = [f"2027-{day}" for day in ("01-12", "01-19", "01-26", "02-02")]
    rolls = [await attendance.read_roll_call(cast.coordinator, event_id, key, now) for key in keys]
    return [{line.name for line in roll.lines} for roll in rolls]


async def test_a_person_who_was_marked_before_the_start_and_leaves_then_was_invited(cast: Cast) -> None:
    event_id = await schedule_for_steering(cast)
    early = STARTS - timedelta(minutes=20)
    await attendance.record_marks(cast.coordinator, event_id, KEY, {cast.hsi_liaison.member_id: Mark.HERE}, early)
    before = await attendance.read_roll_call(cast.coordinator, event_id, KEY, early)
    gone = (cast.hsi_liaison.member_id, cast.coordinator.member_id, early, early + timedelta(minutes=1), early.date())
    await impact.offboard_person(cast.coordinator, *gone)
    after = await attendance.read_roll_call(cast.coordinator, event_id, KEY, QUORUM_RECORD_LATER)
    assert (after.tally, [line.is_walk_in for line in after.lines]) == (before.tally, [False] * len(before.lines))
