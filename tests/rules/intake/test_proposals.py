"""A proposal of another time waits while its date is as the person saw it, and their newest one counts."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.ical.making import date_of, event
from tracker.rules.events.events import Occurrence
from tracker.rules.intake.calendar_replies import DateNamed, ProposedTimes
from tracker.rules.intake.item_emails import (
    NewProposal,
    Proposal,
    ProposalState,
    proposed_span,
    replaced_span,
    states_of_proposals,
)

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEN = datetime(2027, 1, 12, 16, tzinfo=UTC)
"""10:00 AM in Kansas City."""
ONE = TEN + 3 * HOUR
MADE = NewProposal(times=(ONE, ONE + HOUR), was=(TEN, TEN + HOUR), made_at=NOW, sequence=0)
PROPOSAL = Proposal(
    id=UUID(int=1),
    event_id=UUID(int=2),
    occurrence_id=UUID(int=3),
    member_id=UUID(int=4),
    person="FBI lead (FBI)",
    comment="",
    received_at=NOW,
    made=MADE,
    declined_at=None,
    now_at=(TEN, TEN + HOUR),
    is_off=False,
    current=0,
)
"""To meet at one instead of at ten."""


def state(now: datetime = NOW, **facts: object) -> ProposalState:
    made = {name: facts.pop(name) for name in ("times", "was", "sequence") if name in facts}
    one = replace(PROPOSAL, **facts, made=replace(MADE, **made))  # type: ignore[arg-type]  # the fields of a proposal
    [(_, found)] = states_of_proposals([one], now)
    return found


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ProposalState.WAITING),
        ({"sequence": None}, ProposalState.WAITING),
        ({"declined_at": NOW}, ProposalState.DECLINED),
        ({"is_off": True}, ProposalState.CANCELED),
        ({"now_at": (ONE, ONE + HOUR), "current": 1}, ProposalState.TAKEN),
        ({"now_at": (TEN + HOUR, TEN + 2 * HOUR), "current": 1}, ProposalState.OUTDATED),
        ({"now_at": (TEN + HOUR, TEN + 2 * HOUR), "sequence": None}, ProposalState.OUTDATED),
        ({"current": 1}, ProposalState.OUTDATED),
        ({"was": (TEN - HOUR, TEN)}, ProposalState.OUTDATED),
        ({"now": TEN + HOUR}, ProposalState.PAST),
        ({"now": TEN, "times": (TEN - HOUR, TEN + HOUR)}, ProposalState.PAST),
    ],
)
def test_a_proposal_waits_only_while_the_date_is_as_the_person_saw_it(
    facts: dict[str, object], expected: ProposalState
) -> None:
    assert state(**facts) is expected  # type: ignore[arg-type]  # as above


def test_the_newest_proposal_of_a_person_waits_in_whatever_order_they_came() -> None:
    older = replace(PROPOSAL, current=1)
    newer = replace(PROPOSAL, id=UUID(int=8), made=replace(MADE, made_at=NOW + HOUR, sequence=1), current=1)
    newest = replace(newer, id=UUID(int=9), made=replace(MADE, made_at=NOW - HOUR, sequence=2))
    other = replace(newer, id=UUID(int=10), member_id=UUID(int=5))
    for order in permutations([older, newer, newest, other]):
        came = [replace(one, received_at=NOW + HOUR * place) for place, one in enumerate(order)]
        found = {one.id.int: found.value for one, found in states_of_proposals(came, NOW)}
        assert found == {1: "outdated", 8: "replaced", 9: "waiting", 10: "waiting"}


def test_proposals_that_wait_come_first() -> None:
    declined = replace(PROPOSAL, id=UUID(int=8), member_id=UUID(int=5), declined_at=NOW, received_at=NOW - HOUR)
    assert [found.value for _, found in states_of_proposals([declined, PROPOSAL], NOW)] == ["waiting", "declined"]


def moment(at: datetime) -> DateNamed:
    return DateNamed(moment=at, local=at.replace(tzinfo=None))


def day(number: int) -> DateNamed:
    return DateNamed(moment=None, local=datetime(2027, 1, number), is_day=True)  # noqa: DTZ001 - local to the zone


TEN_ON_CLOCKS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the zone


def occurrence(**facts: object) -> Occurrence:
    return date_of(event(starts=TEN_ON_CLOCKS, **facts), TEN_ON_CLOCKS)


MIDNIGHT = datetime(2027, 1, 12, 6, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("proposed", "expected"),
    [
        (ProposedTimes(starts=moment(ONE), ends=moment(ONE + HOUR)), (ONE, ONE + HOUR)),
        (ProposedTimes(starts=moment(ONE)), (ONE, ONE + 1.5 * HOUR)),
        (ProposedTimes(starts=day(13)), (TEN + DAY, TEN + DAY + 1.5 * HOUR)),
        (ProposedTimes(starts=day(13), ends=day(14)), (TEN + DAY, TEN + DAY + 1.5 * HOUR)),
        (ProposedTimes(starts=moment(ONE), ends=moment(ONE)), None),
        (ProposedTimes(starts=moment(ONE), ends=moment(TEN)), None),
    ],
)
def test_what_is_not_named_of_a_time_stays_as_it_is(
    proposed: ProposedTimes, expected: tuple[datetime, datetime] | None
) -> None:
    assert proposed_span(proposed, occurrence()) == expected


@pytest.mark.parametrize(
    ("proposed", "days"),
    [
        (ProposedTimes(starts=day(13), ends=day(15)), (1, 3)),
        (ProposedTimes(starts=day(13)), (1, 2)),
        (ProposedTimes(starts=moment(ONE), ends=moment(ONE + HOUR)), (0, 1)),
    ],
)
def test_an_all_day_event_stays_one(proposed: ProposedTimes, days: tuple[int, int]) -> None:
    date = replace(occurrence(is_all_day=True), starts_at=MIDNIGHT, ends_at=MIDNIGHT + DAY)
    found = proposed_span(proposed, date)
    assert found == (MIDNIGHT + days[0] * DAY, MIDNIGHT + days[1] * DAY)


def test_only_times_that_the_email_names_can_differ_from_those_of_the_date() -> None:
    date = occurrence()
    assert replaced_span(None, date) == replaced_span((day(11), day(12)), date) == (date.starts_at, date.ends_at)
    assert replaced_span((moment(ONE), moment(ONE + HOUR)), date) == (ONE, ONE + HOUR)
