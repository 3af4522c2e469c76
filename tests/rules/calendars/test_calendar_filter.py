"""What narrows the calendar."""

from uuid import UUID

import pytest

from tests.rules.calendars.lines import at, seen
from tracker.rules.calendars.calendars import CalendarChoice, CalendarFilter, matching_dates
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.event import EventStatus, Kind

COMMITTEE, AGENCY = (
    CalendarChoice(id=UUID(int=7), name="Steering Committee"),
    CalendarChoice(id=UUID(int=8), name="KCPD"),
)


def test_the_usual_filter_leaves_nothing_out() -> None:
    every = [seen(at(1), kind=kind, status=EventStatus.CANCELED) for kind in Kind]
    assert not CalendarFilter().is_narrow
    assert matching_dates(every, CalendarFilter()) == every


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (CalendarFilter(kinds=frozenset({Kind.TRAINING})), ["training"]),
        (CalendarFilter(only_mine=True), ["call"]),
        (CalendarFilter(with_canceled=False), ["call", "training", "of the committee", "of one arm"]),
        (CalendarFilter(committee=COMMITTEE), ["of the committee"]),
        (CalendarFilter(visibility=Visibility.VICTIM_SERVICES), ["of one arm"]),
        (CalendarFilter(agency=AGENCY), ["call"]),
        (CalendarFilter(committee=COMMITTEE, only_mine=True), []),
    ],
)
def test_a_filter_lets_through_what_is_all_that_it_asks_for(chosen: CalendarFilter, left: list[str]) -> None:
    dates = {
        "call": seen(at(1), is_mine=True),
        "training": seen(at(1), kind=Kind.TRAINING),
        "canceled": seen(at(1), status=EventStatus.CANCELED),
        "of the committee": seen(at(1), committee_id=COMMITTEE.id),
        "of one arm": seen(at(1), visibility=Visibility.VICTIM_SERVICES),
    }
    found = matching_dates(dates.values(), chosen, of_agency={dates["call"].line.event_id})
    assert [name for name, one in dates.items() if one in found] == left
    assert chosen.is_narrow
