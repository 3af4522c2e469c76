"""Home and the impact of a change: which rows need a person, in which order, and in which words."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.action_items import action_item
from tests.rules.views.world import NOW, meeting_line
from tracker.rules.actions import ActionItem
from tracker.rules.core.viewers import Arm, Role, Viewer
from tracker.rules.emails.reminders import Nudges
from tracker.rules.events.events import DateLine
from tracker.rules.views.home import (
    LateItem,
    MissingCheckOut,
    MissingReplies,
    OpenApproval,
    OpenConflict,
    OpenProposal,
    OpenSheet,
    SetUpState,
    SetUpStep,
    asks_for_a_deed,
    concerns_viewer,
    queue_in_order,
    set_up_steps,
)
from tracker.rules.views.impact import EventSnapshot, consequences_between, no_consequences

CAHT, KCPD = uuid4(), uuid4()
MEMBER = Viewer(
    member_id=uuid4(),
    name="CAHT alternate",
    email="alternate@caht.example",
    agency_id=CAHT,
    agency="CAHT",
    arm=Arm.VICTIM_SERVICES,
    zone="America/Chicago",
)
COORDINATOR = replace(MEMBER, roles=frozenset({Role.COORDINATOR}))
ADMINISTRATOR = replace(MEMBER, roles=frozenset({Role.ADMINISTRATOR}))
FOUNDED = SetUpState(agencies=1, people=1, committees=0, was_email_sent=False, has_event=False)


def test_nothing_is_done_when_the_first_coordinator_signs_in() -> None:
    assert set_up_steps(COORDINATOR, FOUNDED) == dict.fromkeys(SetUpStep, False)


@pytest.mark.parametrize(
    ("more", "done"),
    [
        ({"agencies": 2}, SetUpStep.AGENCIES),
        ({"people": 2}, SetUpStep.PEOPLE),
        ({"committees": 1}, SetUpStep.COMMITTEES),
        ({"was_email_sent": True}, SetUpStep.EMAIL),
        ({"has_event": True}, SetUpStep.EVENT),
    ],
)
def test_each_step_is_done_by_what_is_there(more: dict[str, int], done: SetUpStep) -> None:
    steps = set_up_steps(COORDINATOR, replace(FOUNDED, **more))  # type: ignore[arg-type]  # a table of fields
    assert [step for step, is_done in steps.items() if is_done] == [done]


def test_an_administrator_has_no_step_about_events() -> None:
    assert list(set_up_steps(ADMINISTRATOR, FOUNDED)) == [
        SetUpStep.AGENCIES,
        SetUpStep.PEOPLE,
        SetUpStep.COMMITTEES,
        SetUpStep.EMAIL,
    ]


TODAY = date(2026, 12, 15)


def late_item(**facts: object) -> ActionItem:
    """Return an open item of someone at KCPD, a week late."""
    usual = {"owner": "KCPD detective", "agency_id": KCPD, "agency": "KCPD", "due": TODAY - timedelta(days=7)}
    return action_item(**{**usual, "created_at": NOW, **facts})


def test_an_item_of_another_agency_is_no_concern_of_a_member() -> None:
    assert not concerns_viewer(MEMBER, late_item())


def test_an_item_concerns_its_owner_who_gave_it_the_chair_of_its_committee_and_a_coordinator() -> None:
    committee = uuid4()
    assert concerns_viewer(MEMBER, late_item(owner_id=MEMBER.member_id))
    assert concerns_viewer(MEMBER, late_item(created_by_id=MEMBER.member_id))
    assert concerns_viewer(replace(MEMBER, chairs=frozenset({committee})), late_item(committee_id=committee))
    assert concerns_viewer(replace(MEMBER, roles=frozenset({Role.COORDINATOR})), late_item())


def test_an_item_concerns_the_lead_of_its_agency_and_no_other_lead() -> None:
    lead = replace(MEMBER, roles=frozenset({Role.AGENCY_LEAD}))
    assert concerns_viewer(lead, late_item(agency_id=CAHT))
    assert not concerns_viewer(lead, late_item(agency_id=KCPD))


def test_the_queue_starts_with_what_runs_out_then_the_latest_items_then_old_rolls_then_later_replies() -> None:
    runs = OpenSheet(line=meeting_line(timedelta(minutes=-20)), is_over=False)
    tomorrow = MissingReplies(line=meeting_line(timedelta(days=1)), invited=4, waiting=1, agencies=(("FBI", 1),))
    older, newer = LateItem(item=late_item(due=TODAY - timedelta(days=9))), LateItem(item=late_item())
    last_week = OpenSheet(line=meeting_line(timedelta(days=-7)), is_over=True)
    yesterday = OpenSheet(line=meeting_line(timedelta(days=-1)), is_over=True)
    next_week = MissingReplies(line=meeting_line(timedelta(days=7)), invited=4, waiting=4, agencies=(("FBI", 4),))
    in_two_days = OpenProposal(line=meeting_line(timedelta(days=2)), people=("FBI lead (FBI)",))
    in_a_month = OpenProposal(line=meeting_line(timedelta(days=30)), people=("FBI lead (FBI)",))
    wanted = [runs, tomorrow, in_two_days, older, newer, last_week, yesterday, next_week, in_a_month]
    assert queue_in_order(reversed(wanted), NOW, TODAY) == wanted


def test_a_date_whose_people_were_all_reminded_lately_is_last_and_asks_for_no_deed() -> None:
    ann, ben = uuid4(), uuid4()
    soon, later = meeting_line(timedelta(hours=5)), meeting_line(timedelta(days=9))

    def missing(line: DateLine, *reminded: UUID) -> MissingReplies:
        last = dict.fromkeys(reminded, NOW)
        nudge = Nudges(subject_id=line.id, starts_at=line.starts_at, silent=(ann, ben), last=last)
        return MissingReplies(line=line, invited=5, waiting=2, agencies=(("CAHT", 2),), nudge=nudge)

    all_reminded, one_is_left, no_one_reminded = missing(later, ann, ben), missing(soon, ann), missing(later)
    queue = queue_in_order([all_reminded, LateItem(item=late_item()), no_one_reminded, one_is_left], NOW, TODAY)
    assert (queue[0], queue[-2:]) == (one_is_left, [no_one_reminded, all_reminded])
    assert [asks_for_a_deed(row) for row in queue] == [True, True, True, False]


def test_a_near_date_whose_people_no_email_reaches_any_more_is_first_and_names_whom_to_call() -> None:
    ann, ben = uuid4(), uuid4()
    soon = meeting_line(timedelta(hours=5))
    names = {ann: "Ann (FBI)", ben: "Ben (KCPD)"}
    invited = Nudges(
        subject_id=soon.id, starts_at=soon.starts_at, silent=(ben, ann), invited=dict.fromkeys(names, NOW), names=names
    )
    to_call = MissingReplies(
        line=soon, invited=5, waiting=2, agencies=(("FBI", 1),), nudge=invited, phones={ben: "816-555-0114"}
    )
    in_conflict = OpenConflict(line=meeting_line(timedelta(hours=1)), conflicts=1)
    assert queue_in_order([LateItem(item=late_item()), in_conflict, to_call], NOW, TODAY)[:2] == [to_call, in_conflict]
    assert to_call.calls == (("Ann (FBI)", ""), ("Ben (KCPD)", "816-555-0114"))
    assert asks_for_a_deed(to_call)
    unreachable = replace(invited, invited={}, unreachable=frozenset(names))
    assert replace(to_call, nudge=unreachable).is_left_to_calls
    can_be_reminded = replace(invited, starts_at=NOW + timedelta(days=9))
    assert replace(to_call, nudge=can_be_reminded).calls == ()


def test_operations_come_first_with_people_missing_then_in_conflict_then_to_approve() -> None:
    soon, later = meeting_line(timedelta(hours=1)), meeting_line(timedelta(days=9))
    running, waiting = OpenSheet(line=soon, is_over=False), OpenApproval(line=soon, version=4)
    in_conflict = OpenConflict(line=later, conflicts=1)
    missing = MissingCheckOut(line=later, people="Not checked out: A.")
    wanted = [missing, in_conflict, waiting, running]
    assert queue_in_order(reversed(wanted), NOW, TODAY) == wanted


def test_a_new_event_without_reminders_changes_none() -> None:
    assert consequences_between(EventSnapshot(), EventSnapshot(is_known=True)).reminder_words == "No reminders"


def test_an_event_that_keeps_its_reminders_says_that_none_change() -> None:
    assert no_consequences().reminder_words == "No reminders change"
