"""An item that no one on a rung heard of reaches the rung again."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.rules.emails.test_escalation import CAHT, COORDINATOR, LEAD, PRIMARY, STEERING, item, ladder
from tracker.rules.emails.escalations import (
    EarlierDayEmail,
    PeopleOnRungs,
    PlannedSoFar,
    Rung,
    may_have_missed_rung,
    without_missed_rungs,
)
from tracker.rules.emails.preferences import Preferences, Wishes

DAY, NEXT = date(2027, 3, 13), date(2027, 3, 14)  # a Saturday
AFTER = datetime(2027, 3, 13, 16, tzinfo=UTC)  # 10:00 AM
REACHED = item(escalated={Rung.AGENCY: DAY})
NEW_PRIMARY = ladder(without=[PRIMARY], primaries={(STEERING, CAHT): LEAD})


def email(to: UUID = PRIMARY, **facts: Any) -> EarlierDayEmail:
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


def planned(emails: Iterable[EarlierDayEmail] = (), until: datetime = AFTER, **wishes: Any) -> PlannedSoFar:
    return PlannedSoFar(emails=[*emails], wishes=Wishes(**wishes), zone="America/Chicago", until=until)


def is_reached(people: PeopleOnRungs, *emails: EarlierDayEmail, **facts: Any) -> bool:
    return bool(without_missed_rungs(REACHED, people, planned(emails, **facts)).escalated)


def test_a_primary_who_left_before_the_email_was_sent_did_not_hear() -> None:
    assert not is_reached(NEW_PRIMARY, email())
    assert not is_reached(ladder(without=[PRIMARY]), email(is_owed=True))
    assert not is_reached(ladder(without=[PRIMARY]))


def test_who_had_the_email_before_they_left_heard() -> None:
    assert is_reached(NEW_PRIMARY, email(is_sent=True))


def test_who_is_still_there_hears_in_the_email_that_makes_up_for_it() -> None:
    assert is_reached(ladder(), email(is_owed=True))


@pytest.mark.parametrize("other", [{"reached": frozenset[UUID]()}, {"since": NEXT, "day": NEXT}])
def test_an_email_about_other_items_or_days_is_none_about_this_one(other: dict[str, Any]) -> None:
    assert not is_reached(ladder(), email(is_sent=True, **other))


def test_one_of_several_who_heard_is_enough() -> None:
    assert is_reached(ladder(without=[PRIMARY]), email(), email(COORDINATOR, is_sent=True))


def test_who_has_a_quiet_weekend_hears_on_monday() -> None:
    wishes = {"of_member": {PRIMARY: Preferences(has_quiet_weekends=True)}, "zones": {PRIMARY: "America/Chicago"}}
    assert is_reached(ladder(), **wishes)
    assert not is_reached(ladder(), until=datetime(2027, 3, 15, 14, tzinfo=UTC), **wishes)


def test_what_happened_before_the_days_that_are_made_up_for_stays() -> None:
    later = planned(until=datetime(2027, 3, 21, 16, tzinfo=UTC))
    assert not may_have_missed_rung(REACHED, later)
    assert without_missed_rungs(REACHED, NEW_PRIMARY, later) == REACHED
    assert may_have_missed_rung(REACHED, planned())


def test_an_item_that_is_no_longer_stuck_has_reached_no_one() -> None:
    moved = item(due=date(2027, 4, 1), escalated={Rung.AGENCY: DAY})
    assert without_missed_rungs(moved, ladder(), planned()) == moved
