"""Who hears of an overdue or blocked item on which day."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.emails.escalations import (
    CommitteeDays,
    Escalation,
    Escalations,
    OpenItem,
    PeopleOnRungs,
    Rung,
    committee_days_in,
    escalate_item,
    people_hearing,
    people_hearing_within,
)

OWNER, PRIMARY, LEAD, COORDINATOR, SECOND, ASSIGNER = (UUID(int=number) for number in range(1, 7))
CAHT, STEERING = UUID(int=11), UUID(int=12)
EVERYONE = frozenset({OWNER, PRIMARY, LEAD, COORDINATOR, SECOND, ASSIGNER})
DUE = date(2027, 3, 9)
DAYS = [date(2027, 2, 27) + timedelta(days=number) for number in range(30)]
USUAL = Escalations(usual=Escalation())


def item(**facts: Any) -> OpenItem:
    return OpenItem(
        **{
            "id": UUID(int=20),
            "owner_id": OWNER,
            "agency_id": CAHT,
            "committee_id": STEERING,
            "assigned_by_id": ASSIGNER,
            "due": DUE,
            "blocked_on": None,
            "audiences": frozenset({"all"}),
            **facts,
        }
    )


def ladder(without: Collection[UUID] = (), **facts: Any) -> PeopleOnRungs:
    return PeopleOnRungs(
        **{
            "reachable": {one: frozenset({"all"}) for one in EVERYONE.difference(without)},
            "primaries": {(STEERING, CAHT): PRIMARY},
            "leads": {CAHT: frozenset({LEAD})},
            "coordinators": frozenset({COORDINATOR}),
            **facts,
        }
    )


def calendar(about: OpenItem, people: PeopleOnRungs, escalations: Escalations = USUAL) -> dict[str, set[UUID]]:
    """Return who hears of an item, by day, in the month around its due day."""
    escalated = escalate_item(about, DAYS, escalations, people)
    found = {f"{day:%b} {day.day}": {*people_hearing(escalated, day, people)} for day in DAYS}
    return {day: people for day, people in found.items() if people}


def days(usual: Escalation, **of_committee: int) -> Escalations:
    return Escalations(usual=usual, of_committee={STEERING: CommitteeDays(**of_committee)})


OWNERS = {"Mar 2": {OWNER}, "Mar 8": {OWNER}, "Mar 9": {OWNER}, "Mar 10": {OWNER}, "Mar 24": {OWNER}}
"""What the owner gets in any case; on Mar 17, the second week of being overdue, others get it too."""


def test_an_overdue_item_goes_from_its_owner_to_the_primary_to_the_coordinators() -> None:
    assert calendar(item(), ladder()) == OWNERS | {"Mar 13": {PRIMARY}, "Mar 17": {OWNER, COORDINATOR}}


def test_an_owner_who_is_the_primary_makes_way_for_the_coordinators_at_once() -> None:
    people = ladder(primaries={(STEERING, CAHT): OWNER})
    assert calendar(item(), people) == OWNERS | {"Mar 13": {COORDINATOR}, "Mar 17": {OWNER, COORDINATOR}}


@pytest.mark.parametrize("facts", [{"committee_id": None}, {"agency_id": UUID(int=13)}])
def test_without_a_seat_the_leads_of_the_agency_take_the_place_of_its_primary(facts: dict[str, Any]) -> None:
    people = ladder(leads={CAHT: frozenset({LEAD}), UUID(int=13): frozenset({LEAD})})
    assert calendar(item(**facts), people)["Mar 13"] == {LEAD}


def test_a_primary_who_is_suspended_or_paused_makes_way_for_the_coordinators_at_once() -> None:
    assert calendar(item(), ladder(without=[PRIMARY]))["Mar 13"] == {COORDINATOR}


def test_a_primary_who_may_not_see_the_item_is_no_rung() -> None:
    named = frozenset({f"member:{OWNER}", f"member:{COORDINATOR}"})
    people = ladder(reachable={OWNER: named, PRIMARY: frozenset({"all"}), COORDINATOR: named})
    assert calendar(item(audiences=named), people)["Mar 13"] == {COORDINATOR}


def test_an_owner_without_email_makes_way_on_the_first_day_and_not_every_week() -> None:
    found = calendar(item(), ladder(without=[OWNER]))
    assert found == {"Mar 10": {PRIMARY}, "Mar 13": {PRIMARY}, "Mar 17": {COORDINATOR}}


def test_an_item_that_no_coordinator_may_see_comes_back_to_who_assigned_it() -> None:
    assert calendar(item(), ladder(without=[PRIMARY, COORDINATOR]))["Mar 13"] == {ASSIGNER}


def test_an_owner_who_wants_no_reminders_gets_none_and_the_others_hear_as_usual() -> None:
    found = calendar(item(), ladder(without_reminders=frozenset({OWNER, PRIMARY})))
    assert found == {"Mar 13": {PRIMARY}, "Mar 17": {COORDINATOR}}


def test_a_blocked_item_goes_up_by_the_days_since_it_is_blocked() -> None:
    found = calendar(item(blocked_on=date(2027, 2, 27), due=date(2027, 6, 1)), ladder())
    assert found == {"Mar 3": {PRIMARY}, "Mar 7": {COORDINATOR}}


def test_an_item_that_is_overdue_and_blocked_goes_up_once_by_the_longer_of_the_two() -> None:
    assert calendar(item(blocked_on=date(2027, 3, 10)), ladder()) == calendar(item(), ladder())


def test_the_task_force_chooses_the_days() -> None:
    found = calendar(
        item(), ladder(coordinators=frozenset({COORDINATOR, SECOND})), days(Escalation(agency=2, coordinator=3))
    )
    assert (found["Mar 11"], found["Mar 12"], found["Mar 17"]) == ({PRIMARY}, {COORDINATOR, SECOND}, {OWNER})


def test_a_committee_chooses_days_for_its_items_and_keeps_the_others_of_the_task_force() -> None:
    found = calendar(item(), ladder(), days(Escalation(), agency=2))
    assert (found["Mar 11"], found["Mar 17"]) == ({PRIMARY}, {OWNER, COORDINATOR})
    assert calendar(item(committee_id=None), ladder(), days(Escalation(), agency=2))["Mar 13"] == {LEAD}


def test_a_form_gives_days_or_nothing_for_those_of_the_task_force() -> None:
    assert committee_days_in("2", " ", Escalation()) == CommitteeDays(agency=2)
    assert committee_days_in("0", "90", Escalation()) == CommitteeDays(agency=0, coordinator=90)
    assert committee_days_in("9", "0", Escalation()) == CommitteeDays(agency=9, coordinator=0)
    assert committee_days_in("", "4", Escalation()) == CommitteeDays(coordinator=4)
    with pytest.raises(Invalid) as refused:
        committee_days_in("soon", "91", Escalation())
    assert set(refused.value.fields) == {"agency", "coordinator"}


@pytest.mark.parametrize(
    ("agency", "coordinator", "field", "words"),
    [
        ("9", "5", "coordinator", "Enter 9 or more, or 0 for never: we email the owner’s agency after 9 days."),
        ("", "1", "coordinator", "Enter 4 or more, or 0 for never: we email the owner’s agency after 4 days."),
        ("9", "", "agency", "Enter 8 or less: we email the coordinators after 8 days."),
    ],
)
def test_days_in_a_contradictory_order_are_refused_at_the_field(
    agency: str, coordinator: str, field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        committee_days_in(agency, coordinator, Escalation())
    assert refused.value.fields == {field: words}


def test_a_rung_without_a_day_is_reached_in_place_of_an_empty_one_only() -> None:
    assert calendar(item(), ladder(), days(Escalation(coordinator=0)))["Mar 17"] == {OWNER}
    assert calendar(item(), ladder(without=[PRIMARY]), days(Escalation(coordinator=0)))["Mar 13"] == {COORDINATOR}


def test_a_morning_that_finds_an_item_past_its_days_is_their_day() -> None:
    late = [day for day in DAYS if day >= date(2027, 3, 20)]
    after = escalate_item(item(), late, USUAL, ladder())
    assert after.escalated == {Rung.AGENCY: date(2027, 3, 20), Rung.COORDINATOR: date(2027, 3, 20)}
    assert people_hearing(after, date(2027, 3, 20), ladder()) == {PRIMARY: Rung.AGENCY, COORDINATOR: Rung.COORDINATOR}


def test_an_item_that_reached_a_rung_reaches_it_again_only_after_a_new_start() -> None:
    """It becomes due later, or blocked again; its owner's agency is that of the kept day."""
    once = escalate_item(item(), DAYS, USUAL, ladder())
    sooner = days(Escalation(agency=1, coordinator=2))
    assert escalate_item(once, DAYS, sooner, ladder()) == once
    later = replace(once, due=date(2027, 3, 20))
    assert escalate_item(later, DAYS, USUAL, ladder()).escalated == {
        Rung.AGENCY: date(2027, 3, 24),
        Rung.COORDINATOR: date(2027, 3, 28),
    }


def test_a_rung_waits_for_a_morning_on_which_people_can_be_reached() -> None:
    no_one = ladder(without=EVERYONE)
    assert escalate_item(item(), DAYS, USUAL, no_one) == item()


PEOPLE = some.sampled_from(sorted(EVERYONE))
AUDIENCES = some.frozensets(some.sampled_from(["all", "arm:a", "member:x", "committee:y"]), max_size=3)
ITEMS = some.builds(
    item,
    owner_id=PEOPLE,
    assigned_by_id=PEOPLE,
    due=some.sampled_from(DAYS),
    blocked_on=some.none() | some.sampled_from(DAYS),
    audiences=AUDIENCES,
)
LADDERS = some.builds(
    PeopleOnRungs,
    reachable=some.dictionaries(PEOPLE, AUDIENCES),
    primaries=some.dictionaries(some.just((STEERING, CAHT)), PEOPLE),
    leads=some.dictionaries(some.just(CAHT), some.frozensets(PEOPLE)),
    coordinators=some.frozensets(PEOPLE),
    without_reminders=some.frozensets(PEOPLE),
)


@given(about=ITEMS, people=LADDERS, day=some.sampled_from(DAYS))
def test_no_one_hears_of_an_item_that_they_may_not_see_and_only_owners_as_owners(
    about: OpenItem, people: PeopleOnRungs, day: date
) -> None:
    for person, rung in people_hearing(escalate_item(about, DAYS, USUAL, people), day, people).items():
        assert people.reachable[person] & about.audiences
        assert (rung is Rung.OWNER) == (person == about.owner_id)


@given(about=ITEMS, people=LADDERS, day=some.sampled_from(DAYS), hidden=PEOPLE)
def test_a_person_who_may_not_see_an_item_changes_nothing_for_the_others_but_who_stands_in(
    about: OpenItem, people: PeopleOnRungs, day: date, hidden: UUID
) -> None:
    blind = replace(people, reachable={**people.reachable, hidden: frozenset()})
    gone = replace(people, reachable={one: may for one, may in people.reachable.items() if one != hidden})
    heard = [people_hearing(escalate_item(about, DAYS, USUAL, ladder), day, ladder) for ladder in (blind, gone)]
    assert heard[0] == heard[1]


def test_of_several_days_the_last_one_of_each_person_counts() -> None:
    found = people_hearing_within(escalate_item(item(), DAYS, USUAL, ladder()), DAYS, ladder())
    assert found[PRIMARY] == (date(2027, 3, 13), Rung.AGENCY)
    assert found[OWNER] == (date(2027, 3, 24), Rung.OWNER)
