"""Attendance and thanks: who may take it, what counts, and who is thanked."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.rules.attendance.world import LEAD, STARTS, a_date, an_event
from tracker.errors import Invalid, NotAllowed
from tracker.rules import attendance
from tracker.rules.attendance import Mark, RecordedMark, is_thanked_for, why_no_thanks
from tracker.rules.core.viewers import Arm, Role, Viewer, Visibility
from tracker.rules.events.events import EventStatus, Kind, Occurrence
from tracker.rules.events.replies import AttendeeRole, Participant, ReplyValue, people_by_reply

FBI, CAHT = uuid4(), uuid4()


def a_participant(
    name: str, agency: str = "FBI", reply: ReplyValue = ReplyValue.NEEDS_ACTION, member_id: UUID | None = None
) -> Participant:
    arm = Arm.VICTIM_SERVICES if agency == "CAHT" else Arm.LAW_ENFORCEMENT
    return Participant(
        invitation_id=uuid4(),
        member_id=member_id or uuid4(),
        name=name,
        agency_id=CAHT if agency == "CAHT" else FBI,
        agency=agency,
        arm=arm,
        role=AttendeeRole.REQUIRED,
        reply=reply,
        comment="",
        source="",
        replied_at=None,
    )


def a_mark(mark: Mark, member_id: UUID | None = None, name: str = "Guest", agency: str = "FBI") -> RecordedMark:
    return RecordedMark(
        id=uuid4(), member_id=member_id, name=name, agency_id=None, agency=agency, mark=mark, recorded_at=STARTS
    )


def a_viewer(arm: Arm = Arm.VICTIM_SERVICES, **facts: Any) -> Viewer:
    viewer = Viewer(
        member_id=uuid4(),
        name="V",
        email="v@caht.example",
        agency_id=CAHT,
        agency="CAHT",
        arm=arm,
        zone="America/Chicago",
    )
    return replace(viewer, **facts)


def test_attendance_opens_half_an_hour_before_the_start() -> None:
    opens = STARTS - timedelta(minutes=30)
    assert attendance.why_no_marks(a_date(), opens) is None
    assert (
        attendance.why_no_marks(a_date(), opens - timedelta(seconds=1)) == "Attendance opens on Thu, Dec 10 at 1:30 PM."
    )


@pytest.mark.parametrize(
    "date",
    [
        a_date(is_canceled=True),
        a_date(an_event(status=EventStatus.CANCELED)),
        a_date(an_event(status=EventStatus.DRAFT)),
        a_date(attendance_closed_at=STARTS),
    ],
    ids=["canceled date", "canceled event", "draft", "closed"],
)
def test_no_mark_is_made_on_a_date_that_is_off_a_draft_or_closed(date: Occurrence) -> None:
    with pytest.raises(NotAllowed):
        attendance.check_attendance_open(date, STARTS)


def test_the_same_button_again_takes_the_mark_back_and_another_one_replaces_it() -> None:
    assert attendance.tapped_mark(Mark.HERE, None) is Mark.HERE
    assert attendance.tapped_mark(Mark.HERE, Mark.HERE) is Mark.CLEARED
    assert attendance.tapped_mark(Mark.REMOTE, Mark.HERE) is Mark.REMOTE


@pytest.mark.parametrize("mark", [Mark.ABSENT, Mark.EXCUSED])
def test_no_one_is_absent_who_was_not_invited(mark: Mark) -> None:
    with pytest.raises(Invalid):
        attendance.check_mark(mark, is_invited=False)
    attendance.check_mark(mark, is_invited=True)


def test_a_roll_holds_everyone_once_by_agency_with_walk_ins_last() -> None:
    zoe, abe, eve = a_participant("Zoe"), a_participant("Abe"), a_participant("Eve", "CAHT")
    came_along = a_mark(Mark.HERE, member_id=uuid4(), name="Ann")
    marks = [a_mark(Mark.REMOTE, member_id=zoe.member_id), came_along, a_mark(Mark.HERE, name="Officer", agency="KCPD")]
    lines = attendance.roll_call_lines([zoe, abe, eve], marks)
    assert [(line.agency, line.name, line.mark) for line in lines] == [
        ("CAHT", "Eve", None),
        ("FBI", "Abe", None),
        ("FBI", "Zoe", Mark.REMOTE),
        ("FBI", "Ann", Mark.HERE),
        ("KCPD", "Officer", Mark.HERE),
    ]
    assert [line.is_walk_in for line in lines] == [False, False, False, True, True]


def test_the_agency_of_a_line_is_the_one_served_when_the_mark_was_made() -> None:
    moved = a_participant("Moved", "CAHT")
    assert (
        attendance.roll_call_lines([moved], [a_mark(Mark.HERE, member_id=moved.member_id, agency="FBI")])[0].agency
        == "FBI"
    )


def test_a_roll_is_counted_with_and_without_walk_ins() -> None:
    people = [a_participant(str(number)) for number in range(5)]
    marks = [
        a_mark(mark, member_id=person.member_id)
        for mark, person in zip([Mark.HERE, Mark.REMOTE, Mark.ABSENT, Mark.EXCUSED], people, strict=False)
    ]
    counted = attendance.count_lines(attendance.roll_call_lines(people, [*marks, a_mark(Mark.HERE)]))
    assert (counted.present, counted.remote, counted.absent, counted.excused, counted.unmarked) == (3, 1, 1, 1, 1)
    assert (counted.invited, counted.walk_ins) == (5, 1)


def test_the_bulk_button_waits_only_for_those_who_said_yes_and_have_no_mark() -> None:
    yes, no, marked = (
        a_participant("yes", reply=ReplyValue.ACCEPTED),
        a_participant("no", reply=ReplyValue.DECLINED),
        a_participant("marked", reply=ReplyValue.ACCEPTED),
    )
    lines = attendance.roll_call_lines([yes, no, marked], [a_mark(Mark.ABSENT, member_id=marked.member_id)])
    assert [line.name for line in attendance.waiting_yes(lines)] == ["yes"]


PEOPLE = [
    a_participant("Agent", "FBI", ReplyValue.ACCEPTED),
    a_participant("Analyst", "FBI"),
    a_participant("Advocate", "CAHT"),
]


def test_a_member_reads_the_names_of_their_own_arm_alone() -> None:
    assert [one.name for one in attendance.named_participants(a_viewer(), an_event(), PEOPLE)] == ["Advocate"]


def test_who_chases_replies_reads_first_who_has_not_replied_and_empty_groups_are_left_out() -> None:
    missing, coming = (ReplyValue.NEEDS_ACTION, 2), (ReplyValue.ACCEPTED, 1)
    for is_chasing, order in ((True, [missing, coming]), (False, [coming, missing])):
        groups = people_by_reply(PEOPLE, PEOPLE, is_chasing=is_chasing)
        assert [(group.reply, group.count) for group in groups] == order
        assert not any(group.unnamed for group in groups)


def test_a_group_counts_the_people_whom_the_viewer_does_not_read_by_name() -> None:
    groups = people_by_reply(PEOPLE, PEOPLE[2:], is_chasing=False)
    assert [([person.name for person in group.people], group.unnamed) for group in groups] == [
        ([], 1),
        (["Advocate"], 1),
    ]


COMMITTEE = uuid4()


@pytest.mark.parametrize(
    "viewer",
    [a_viewer(roles=frozenset({Role.COORDINATOR})), a_viewer(member_id=LEAD), a_viewer(chairs=frozenset({COMMITTEE}))],
    ids=["coordinator", "lead", "chair"],
)
def test_coordinator_lead_and_chair_read_all_names(viewer: Viewer) -> None:
    assert attendance.named_participants(viewer, an_event(committee_id=COMMITTEE), PEOPLE) == PEOPLE


@pytest.mark.parametrize("kind", [Kind.MEETING, Kind.TRAINING, Kind.OUTREACH])
def test_people_are_thanked_for_a_date_whose_attendance_is_closed(kind: Kind) -> None:
    held = a_date(an_event(kind=kind), attendance_closed_at=STARTS)
    assert is_thanked_for(held)
    assert not is_thanked_for(replace(held, attendance_closed_at=None))
    assert why_no_thanks(replace(held, attendance_closed_at=None)).startswith("Close attendance first.")


@pytest.mark.parametrize("facts", [{"kind": Kind.JOINT_OPERATION}, {"visibility": Visibility.NAMED}])
def test_no_one_is_thanked_for_what_an_email_may_not_name(facts: dict[str, Any]) -> None:
    held = a_date(an_event(**facts), attendance_closed_at=STARTS)
    assert not is_thanked_for(held)
    assert why_no_thanks(held) == "Thank-yous aren’t sent for operations or events for named participants."


@pytest.mark.parametrize("facts", [{"kind": Kind.DEADLINE}, {"status": EventStatus.CANCELED}])
def test_no_one_is_thanked_for_what_was_not_held(facts: dict[str, Any]) -> None:
    off = a_date(an_event(**facts), attendance_closed_at=STARTS)
    assert not is_thanked_for(off)
    assert why_no_thanks(off) == "There’s no one to thank for this date."
