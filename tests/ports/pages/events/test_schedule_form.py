"""From a plan to its form and back: nothing is lost on the way."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import ZONE, meeting
from tracker.ports.pages.events.schedule_form import form_of_copy, form_of_plan, read_event_plan
from tracker.rules.core.viewers import Arm, Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.plans import Person
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.series import RepeatChoice, choice_of, rule_for_choice
from tracker.usecases.events.form_options import EventChoices
from tracker.usecases.roster.committees import CommitteeChoice

PEOPLE = tuple(
    Person(
        id=uuid4(), name=name, email=f"{name}@fbi.example", agency_id=UUID(int=1), agency="FBI", arm=Arm.LAW_ENFORCEMENT
    )
    for name in ("ann", "ben")
)
COMMITTEE = CommitteeChoice(id=uuid4(), name="Steering Committee", place="", members=frozenset(), primaries=frozenset())
OFFERED = EventChoices(
    lead_id=uuid4(), people=PEOPLE, committees=(COMMITTEE,), own_committees=(COMMITTEE,), visibilities=tuple(Visibility)
)
PLANS: tuple[dict[str, Any], ...] = (
    {},
    {"kind": Kind.JOINT_OPERATION, "visibility": Visibility.NAMED, "invitees": {PEOPLE[0].id: AttendeeRole.OPTIONAL}},
    {"visibility": Visibility.COMMITTEE, "committee_id": COMMITTEE.id, "status": EventStatus.TENTATIVE},
    {
        "duration": timedelta(hours=20),
        "video_link": "https://video.example/x",
        "agenda": "a 5\nb",
        "description": "c\n\nd",
    },
    {"starts": datetime.fromisoformat("2027-01-12"), "duration": timedelta(days=3), "is_all_day": True},
    {"invitees": {PEOPLE[0].id: AttendeeRole.CHAIR, PEOPLE[1].id: AttendeeRole.REQUIRED}},
)


@pytest.mark.parametrize("facts", PLANS)
def test_the_form_of_a_plan_is_read_as_the_same_plan(facts: dict[str, Any]) -> None:
    invitees = facts.get("invitees", {})
    plan = meeting(**{name: value for name, value in facts.items() if name != "invitees"})
    plan = replace(plan, invitees=invitees)
    assert read_event_plan(form_of_plan(plan), OFFERED, ZONE) == plan


@pytest.mark.parametrize("choice", [one for one in RepeatChoice if one is not RepeatChoice.NONE])
@pytest.mark.parametrize("end", [{"count": 3}, {}])
def test_every_way_to_repeat_comes_back_from_its_form(choice: RepeatChoice, end: dict[str, Any]) -> None:
    start = datetime.fromisoformat("2027-01-31 10:00" if "last" in choice else "2027-01-26 10:00")
    rule = rule_for_choice(choice, start, interval=2, **end)
    assert rule is not None
    assert choice_of(rule) is choice
    assert read_event_plan(form_of_plan(meeting(starts=start, rule=rule)), OFFERED, ZONE).rule == rule


def test_the_days_of_a_weekly_series_come_back_from_its_form() -> None:
    start = datetime.fromisoformat("2027-01-12 10:00")
    rule = rule_for_choice("weekly", start, weekdays=(1, 3), count=5)
    assert read_event_plan(form_of_plan(meeting(starts=start, rule=rule)), OFFERED, ZONE).rule == rule


def test_a_series_keeps_the_day_on_which_its_weeks_start_in_its_form() -> None:
    start = datetime.fromisoformat("2027-01-12 10:00")
    rule = rule_for_choice("weekly", start, weekdays=(1, 6), interval=2, week_starts=0, count=5)
    assert rule is not None
    assert rule.week_starts == 0
    assert read_event_plan(form_of_plan(meeting(starts=start, rule=rule)), OFFERED, ZONE).rule == rule


def test_a_copy_names_only_people_whom_its_form_offers() -> None:
    plan = replace(meeting(), invitees={OFFERED.lead_id: AttendeeRole.CHAIR, PEOPLE[0].id: AttendeeRole.OPTIONAL})
    copied = read_event_plan(form_of_copy(plan, "2027-01-13", OFFERED), OFFERED, ZONE)
    assert copied.invitees == {PEOPLE[0].id: AttendeeRole.OPTIONAL}
