"""Who hears of an overdue or blocked item on which day."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.wording import to_local
from tracker.rules.emails.escalations import (
    CommitteeDays,
    CoveredDays,
    DueDayEmail,
    EarlierDayEmail,
    Escalation,
    Escalations,
    OpenItem,
    PeopleOnRungs,
    PlannedSoFar,
    Rung,
    committee_days_in,
    day_emails_due,
    days_with_morning,
    end_of_day,
    escalate_item,
    may_have_missed_rung,
    morning_of,
    next_chance_to_send,
    people_hearing,
    people_hearing_within,
    rungs_on,
    without_missed_rungs,
)
from tracker.rules.emails.preferences import Preferences, QuietHours, Wishes

OWNER, PRIMARY, LEAD, COORDINATOR, SECOND, ASSIGNER = (UUID(int=number) for number in range(1, 7))
CAHT, STEERING = UUID(int=11), UUID(int=12)
EVERYONE = frozenset({OWNER, PRIMARY, LEAD, COORDINATOR, SECOND, ASSIGNER})
DUE = date(2027, 3, 9)
DAYS = [date(2027, 2, 27) + timedelta(days=number) for number in range(30)]
USUAL = Escalations(usual=Escalation())


def open_item(**facts: Any) -> OpenItem:
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


@given(some.dates(date(2027, 1, 1), date(2027, 12, 31)))
def test_an_owner_is_reminded_on_no_weekend_but_that_of_the_due_day_and_no_less_often(due: date) -> None:
    span = [due + timedelta(days=number) for number in range(-8, 31)]
    days = [day for day in span if Rung.OWNER in rungs_on(open_item(due=due), day)]
    assert [day for day in days if day.weekday() >= 5 and day != due] == []
    assert [day for day in days if day <= due][-1] == due
    assert len([day for day in days if day < due]) == 2
    late = [day for day in days if day > due]
    assert (late[0] - due).days <= 3
    assert {(after - before).days for before, after in pairwise(late)} == {7}


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


def calendar(item: OpenItem, people: PeopleOnRungs, escalations: Escalations = USUAL) -> dict[str, set[UUID]]:
    """Return who hears of an item, by day, in the month around its due day."""
    escalated = escalate_item(item, DAYS, escalations, people)
    hearing_by_day = {f"{day:%b} {day.day}": {*people_hearing(escalated, day, people)} for day in DAYS}
    return {day: people for day, people in hearing_by_day.items() if people}


def escalation_days(usual: Escalation, **of_committee: int) -> Escalations:
    return Escalations(usual=usual, of_committee={STEERING: CommitteeDays(**of_committee)})


OWNERS = {"Mar 2": {OWNER}, "Mar 8": {OWNER}, "Mar 9": {OWNER}, "Mar 10": {OWNER}, "Mar 24": {OWNER}}
"""What the owner gets in any case; on Mar 17, the second week of being overdue, others get it too."""


def test_an_overdue_item_goes_from_its_owner_to_the_primary_to_the_coordinators() -> None:
    assert calendar(open_item(), ladder()) == OWNERS | {"Mar 13": {PRIMARY}, "Mar 17": {OWNER, COORDINATOR}}


def test_an_owner_who_is_the_primary_makes_way_for_the_coordinators_at_once() -> None:
    people = ladder(primaries={(STEERING, CAHT): OWNER})
    assert calendar(open_item(), people) == OWNERS | {"Mar 13": {COORDINATOR}, "Mar 17": {OWNER, COORDINATOR}}


@pytest.mark.parametrize("facts", [{"committee_id": None}, {"agency_id": UUID(int=13)}])
def test_without_a_seat_the_leads_of_the_agency_take_the_place_of_its_primary(facts: dict[str, Any]) -> None:
    people = ladder(leads={CAHT: frozenset({LEAD}), UUID(int=13): frozenset({LEAD})})
    assert calendar(open_item(**facts), people)["Mar 13"] == {LEAD}


def test_a_primary_who_is_suspended_or_paused_makes_way_for_the_coordinators_at_once() -> None:
    assert calendar(open_item(), ladder(without=[PRIMARY]))["Mar 13"] == {COORDINATOR}


def test_a_primary_who_may_not_see_the_item_is_no_rung() -> None:
    named = frozenset({f"member:{OWNER}", f"member:{COORDINATOR}"})
    people = ladder(reachable={OWNER: named, PRIMARY: frozenset({"all"}), COORDINATOR: named})
    assert calendar(open_item(audiences=named), people)["Mar 13"] == {COORDINATOR}


def test_an_owner_without_email_makes_way_on_the_first_day_and_not_every_week() -> None:
    calendar_found = calendar(open_item(), ladder(without=[OWNER]))
    assert calendar_found == {"Mar 10": {PRIMARY}, "Mar 13": {PRIMARY}, "Mar 17": {COORDINATOR}}


def test_an_item_that_no_coordinator_may_see_comes_back_to_who_assigned_it() -> None:
    assert calendar(open_item(), ladder(without=[PRIMARY, COORDINATOR]))["Mar 13"] == {ASSIGNER}


def test_an_owner_who_wants_no_reminders_gets_none_and_the_others_hear_as_usual() -> None:
    calendar_found = calendar(open_item(), ladder(without_reminders=frozenset({OWNER, PRIMARY})))
    assert calendar_found == {"Mar 13": {PRIMARY}, "Mar 17": {COORDINATOR}}


def test_a_blocked_item_goes_up_by_the_days_since_it_is_blocked() -> None:
    calendar_found = calendar(open_item(blocked_on=date(2027, 2, 27), due=date(2027, 6, 1)), ladder())
    assert calendar_found == {"Mar 3": {PRIMARY}, "Mar 7": {COORDINATOR}}


def test_an_item_that_is_overdue_and_blocked_goes_up_once_by_the_longer_of_the_two() -> None:
    assert calendar(open_item(blocked_on=date(2027, 3, 10)), ladder()) == calendar(open_item(), ladder())


def test_the_task_force_chooses_the_days() -> None:
    calendar_found = calendar(
        open_item(),
        ladder(coordinators=frozenset({COORDINATOR, SECOND})),
        escalation_days(Escalation(agency=2, coordinator=3)),
    )
    assert (calendar_found["Mar 11"], calendar_found["Mar 12"], calendar_found["Mar 17"]) == (
        {PRIMARY},
        {COORDINATOR, SECOND},
        {OWNER},
    )


def test_a_committee_chooses_days_for_its_items_and_keeps_the_others_of_the_task_force() -> None:
    calendar_found = calendar(open_item(), ladder(), escalation_days(Escalation(), agency=2))
    assert (calendar_found["Mar 11"], calendar_found["Mar 17"]) == ({PRIMARY}, {OWNER, COORDINATOR})
    assert calendar(open_item(committee_id=None), ladder(), escalation_days(Escalation(), agency=2))["Mar 13"] == {LEAD}


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
    assert calendar(open_item(), ladder(), escalation_days(Escalation(coordinator=0)))["Mar 17"] == {OWNER}
    assert calendar(open_item(), ladder(without=[PRIMARY]), escalation_days(Escalation(coordinator=0)))["Mar 13"] == {
        COORDINATOR
    }


def test_a_morning_that_finds_an_item_past_its_days_is_their_day() -> None:
    late = [day for day in DAYS if day >= date(2027, 3, 20)]
    after = escalate_item(open_item(), late, USUAL, ladder())
    assert after.escalated == {Rung.AGENCY: date(2027, 3, 20), Rung.COORDINATOR: date(2027, 3, 20)}
    assert people_hearing(after, date(2027, 3, 20), ladder()) == {PRIMARY: Rung.AGENCY, COORDINATOR: Rung.COORDINATOR}


def test_an_item_that_reached_a_rung_reaches_it_again_only_after_a_new_start() -> None:
    """It becomes due later, or blocked again; its owner's agency is that of the kept day."""
    once = escalate_item(open_item(), DAYS, USUAL, ladder())
    sooner = escalation_days(Escalation(agency=1, coordinator=2))
    assert escalate_item(once, DAYS, sooner, ladder()) == once
    later = replace(once, due=date(2027, 3, 20))
    assert escalate_item(later, DAYS, USUAL, ladder()).escalated == {
        Rung.AGENCY: date(2027, 3, 24),
        Rung.COORDINATOR: date(2027, 3, 28),
    }


def test_a_rung_waits_for_a_morning_on_which_people_can_be_reached() -> None:
    no_one = ladder(without=EVERYONE)
    assert escalate_item(open_item(), DAYS, USUAL, no_one) == open_item()


PEOPLE = some.sampled_from(sorted(EVERYONE))
AUDIENCES = some.frozensets(some.sampled_from(["all", "arm:a", "member:x", "committee:y"]), max_size=3)
ITEMS = some.builds(
    open_item,
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
def test_a_person_who_may_not_see_an_item_changes_nothing_for_the_others_but_who_substitutes(
    about: OpenItem, people: PeopleOnRungs, day: date, hidden: UUID
) -> None:
    blind = replace(people, reachable={**people.reachable, hidden: frozenset()})
    gone = replace(people, reachable={one: may for one, may in people.reachable.items() if one != hidden})
    heard = [people_hearing(escalate_item(about, DAYS, USUAL, ladder), day, ladder) for ladder in (blind, gone)]
    assert heard[0] == heard[1]


def test_of_several_days_the_last_one_of_each_person_counts() -> None:
    people_hearing_found = people_hearing_within(escalate_item(open_item(), DAYS, USUAL, ladder()), DAYS, ladder())
    assert people_hearing_found[PRIMARY] == (date(2027, 3, 13), Rung.AGENCY)
    assert people_hearing_found[OWNER] == (date(2027, 3, 24), Rung.OWNER)


CHICAGO = "America/Chicago"
D8, D9, D10, D11 = (date(2027, 2, day) for day in (8, 9, 10, 11))
LATE = QuietHours(starts=time(23), ends=time(9), zone=CHICAGO)


def utc_at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def only(*days: date) -> list[CoveredDays]:
    return [CoveredDays(day=one, since=one) for one in days]


def test_the_emails_of_a_day_go_out_at_eight_or_when_quiet_hours_end() -> None:
    assert morning_of(D9, CHICAGO, None) == utc_at("2027-02-09T14:00")
    assert morning_of(D9, CHICAGO, LATE) == utc_at("2027-02-09T15:00")


@pytest.mark.parametrize(("day", "hour"), [("2027-03-13", 14), ("2027-03-14", 13)])
def test_eight_is_eight_on_the_wall_on_both_sides_of_the_change_of_clocks(day: str, hour: int) -> None:
    assert morning_of(date.fromisoformat(day), CHICAGO, None) == utc_at(f"{day}T{hour}:00")


def test_each_morning_is_found_once_however_the_clock_ticks() -> None:
    assert days_with_morning(utc_at("2027-02-07T15:00"), utc_at("2027-02-09T14:00"), CHICAGO, None) == only(D8, D9)
    assert days_with_morning(utc_at("2027-02-09T14:00"), utc_at("2027-02-10T13:59"), CHICAGO, None) == []
    assert days_with_morning(utc_at("2027-02-09T14:00"), utc_at("2027-02-09T15:00"), CHICAGO, LATE) == only(D9)


def test_after_a_day_without_service_its_email_is_too_late_and_the_next_covers_it() -> None:
    assert day_emails_due(only(D8, D9), {D8, D9}, None, D9) == [
        DueDayEmail(day=D8, since=D8, is_in_time=False),
        DueDayEmail(day=D9, since=D8, is_in_time=True),
    ]


def test_before_the_morning_after_a_missed_day_nothing_is_sent() -> None:
    assert day_emails_due(only(D8), {D8}, None, D9) == [DueDayEmail(day=D8, since=D8, is_in_time=False)]


def test_an_email_that_was_not_sent_is_made_up_for_by_the_next_even_if_nothing_else_is_due() -> None:
    assert day_emails_due(only(D10), set(), D8, D10) == [DueDayEmail(day=D10, since=D8, is_in_time=True)]
    assert day_emails_due(only(D10), set(), None, D10) == []


def test_days_of_quiet_hours_are_covered_by_the_first_day_after_them() -> None:
    [email] = day_emails_due([CoveredDays(day=D11, since=D9)], {D10}, None, D11)
    assert (email.since, email.day) == (D9, D11)


def test_a_day_whose_quiet_hours_end_on_another_day_has_no_email() -> None:
    weekend = QuietHours(has_weekends=True, zone=CHICAGO)
    monday = [CoveredDays(day=D8, since=date(2027, 2, 6))]
    assert days_with_morning(utc_at("2027-02-05T15:00"), utc_at("2027-02-08T15:00"), CHICAGO, weekend) == monday


def test_after_an_outage_an_email_waits_for_the_end_of_quiet_hours_or_is_left_to_the_next_day() -> None:
    noon = QuietHours(starts=time(12), ends=time(14), zone=CHICAGO)
    assert next_chance_to_send(D9, utc_at("2027-02-09T19:00"), CHICAGO, noon) == utc_at("2027-02-09T20:00")
    assert next_chance_to_send(D9, utc_at("2027-02-09T21:00"), CHICAGO, noon) == utc_at("2027-02-09T14:00")
    assert next_chance_to_send(D9, utc_at("2027-02-10T05:30"), CHICAGO, LATE) is None


@given(
    ticks=some.lists(some.integers(1, 5_000), min_size=1, max_size=40),
    heard=some.sets(some.sampled_from([date(2027, 3, day) for day in range(6, 22)])),
    unsent=some.sets(some.sampled_from([date(2027, 3, day) for day in range(6, 22)])),
    quiet=some.sampled_from([None, LATE, QuietHours(starts=time(6), ends=time(17, 59), zone=CHICAGO)]),
)
def test_no_one_ever_has_two_emails_on_one_day_and_every_day_is_covered_once_one_is_sent(
    ticks: list[int], heard: set[date], unsent: set[date], quiet: QuietHours | None
) -> None:
    now, sent, owed = utc_at("2027-03-06T01:00"), list[DueDayEmail](), None
    for minutes in ticks:
        after, now = now, now + timedelta(minutes=minutes)
        today = to_local(now, CHICAGO).date()
        for email in day_emails_due(days_with_morning(after, now, CHICAGO, quiet), heard, owed, today):
            chance = next_chance_to_send(email.day, now, CHICAGO, quiet) if email.is_in_time else None
            goes_out = chance is not None and email.day not in unsent
            owed = None if goes_out else email.since
            if goes_out:
                assert chance is not None
                assert to_local(chance, CHICAGO).date() == email.day
                assert max(chance, now) < end_of_day(email.day, CHICAGO)
                sent.append(email)
    days = [email.day for email in sent]
    assert len(days) == len(set(days))
    first, last = utc_at("2027-03-06T01:00").date(), max(days, default=None)
    covered = {day for day in heard if any(one.since <= day <= one.day for one in sent)}
    assert {day for day in heard if last and first <= day <= last} <= covered


DAY, NEXT = date(2027, 3, 13), date(2027, 3, 14)  # a Saturday
AFTER = datetime(2027, 3, 13, 16, tzinfo=UTC)  # 10:00 AM
REACHED = open_item(escalated={Rung.AGENCY: DAY})
NEW_PRIMARY = ladder(without=[PRIMARY], primaries={(STEERING, CAHT): LEAD})


def earlier_email(to: UUID = PRIMARY, **facts: Any) -> EarlierDayEmail:
    return EarlierDayEmail(
        **{
            "recipient_id": to,
            "since": DAY,
            "day": DAY,
            "is_sent": False,
            "is_owed": False,
            "reached": frozenset({REACHED.id}),
            **facts,
        }
    )


def planned_so_far(emails: Iterable[EarlierDayEmail] = (), until: datetime = AFTER, **wishes: Any) -> PlannedSoFar:
    return PlannedSoFar(emails=[*emails], wishes=Wishes(**wishes), zone="America/Chicago", until=until)


def is_reached(people: PeopleOnRungs, *emails: EarlierDayEmail, **facts: Any) -> bool:
    return bool(without_missed_rungs(REACHED, people, planned_so_far(emails, **facts)).escalated)


def test_a_primary_who_left_before_the_email_was_sent_did_not_hear() -> None:
    assert not is_reached(NEW_PRIMARY, earlier_email())
    assert not is_reached(ladder(without=[PRIMARY]), earlier_email(is_owed=True))
    assert not is_reached(ladder(without=[PRIMARY]))


def test_who_had_the_email_before_they_left_heard() -> None:
    assert is_reached(NEW_PRIMARY, earlier_email(is_sent=True))


def test_who_is_still_there_hears_in_the_email_that_makes_up_for_it() -> None:
    assert is_reached(ladder(), earlier_email(is_owed=True))


@pytest.mark.parametrize("other", [{"reached": frozenset[UUID]()}, {"since": NEXT, "day": NEXT}])
def test_an_email_about_other_items_or_days_is_none_about_this_one(other: dict[str, Any]) -> None:
    assert not is_reached(ladder(), earlier_email(is_sent=True, **other))


def test_one_of_several_who_heard_is_enough() -> None:
    assert is_reached(ladder(without=[PRIMARY]), earlier_email(), earlier_email(COORDINATOR, is_sent=True))


def test_who_has_a_quiet_weekend_hears_on_monday() -> None:
    wishes = {"of_member": {PRIMARY: Preferences(has_quiet_weekends=True)}, "zones": {PRIMARY: "America/Chicago"}}
    assert is_reached(ladder(), **wishes)
    assert not is_reached(ladder(), until=datetime(2027, 3, 15, 14, tzinfo=UTC), **wishes)


def test_what_happened_before_the_days_that_are_made_up_for_stays() -> None:
    later = planned_so_far(until=datetime(2027, 3, 21, 16, tzinfo=UTC))
    assert not may_have_missed_rung(REACHED, later)
    assert without_missed_rungs(REACHED, NEW_PRIMARY, later) == REACHED
    assert may_have_missed_rung(REACHED, planned_so_far())


def test_an_item_that_is_no_longer_stuck_has_reached_no_one() -> None:
    moved = open_item(due=date(2027, 4, 1), escalated={Rung.AGENCY: DAY})
    assert without_missed_rungs(moved, ladder(), planned_so_far()) == moved
