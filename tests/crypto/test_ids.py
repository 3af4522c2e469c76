"""Ids: one for the same facts, in whichever process they are read."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.cast import ZONE
from tracker.crypto import ids
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.markings import Category, Marking
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.holidays import HolidayChoice
from tracker.rules.recurrence.series import rule_for_choice

AGENCY, ONE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
STARTS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the zone of the plan
MARKING = Marking(categories=frozenset(Category), agency_id=AGENCY, decontrol_on=date(2027, 12, 31), agency="FBI")
PLAN = Plan(
    kind=Kind.JOINT_OPERATION,
    title="Operation Bluestem",
    visibility=Visibility.NAMED,
    starts=STARTS,
    zone=ZONE,
    duration=timedelta(hours=6),
    rule=rule_for_choice("weekly", STARTS, count=8),
    marking=MARKING,
    invitees={ONE: AttendeeRole.REQUIRED, OTHER: AttendeeRole.OPTIONAL},
    on_holidays={date(2027, 1, 18): HolidayChoice.SKIP, date(2027, 2, 15): HolidayChoice.KEEP},
)
PRINT_ID = "from tests.crypto.test_ids import PLAN, ids; print(ids.id_from(PLAN))"


def id_in_a_process_of_its_own(hash_seed: int) -> str:
    """Return the id of the plan in a Python whose sets are ordered by this seed."""
    words = [sys.executable, "-c", PRINT_ID]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_a_marked_plan_has_the_same_id_in_every_process() -> None:
    assert {id_in_a_process_of_its_own(seed) for seed in (1, 2, 3)} == {str(ids.id_from(PLAN))}


def test_the_order_in_which_people_and_days_were_named_is_no_part_of_the_id() -> None:
    turned = replace(
        PLAN, invitees=dict(reversed(PLAN.invitees.items())), on_holidays=dict(reversed(PLAN.on_holidays.items()))
    )
    assert ids.id_from(turned) == ids.id_from(PLAN)


def test_equal_plans_have_one_id_whatever_the_agency_is_called_for_readers() -> None:
    renamed = replace(PLAN, marking=replace(MARKING, agency="Bureau"))
    assert renamed == PLAN
    assert ids.id_from(renamed) == ids.id_from(PLAN)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, title="Operation"),
        replace(PLAN, starts=STARTS + timedelta(minutes=1)),
        replace(PLAN, duration=timedelta(hours=7)),
        replace(PLAN, is_all_day=True),
        replace(PLAN, rule=rule_for_choice("weekly", STARTS, count=9)),
        replace(PLAN, invitees={ONE: AttendeeRole.OPTIONAL, OTHER: AttendeeRole.REQUIRED}),
        replace(PLAN, on_holidays={**PLAN.on_holidays, date(2027, 2, 15): HolidayChoice.SKIP}),
        replace(PLAN, marking=replace(MARKING, categories=frozenset({Category.LEI}))),
        replace(PLAN, marking=None),
    ],
)
def test_another_plan_has_another_id(other: Plan) -> None:
    assert ids.id_from(other) != ids.id_from(PLAN)


def test_facts_of_different_kinds_have_different_ids_though_they_read_alike() -> None:
    alike = [("a b",), ("a", "b"), (["a", "b"],), (frozenset({"a", "b"}),), (ONE,), (str(ONE),), (1,), ("1",), (None,)]
    assert len({ids.id_from(*facts) for facts in alike}) == len(alike)


class _Holds(Struct, frozen=True):
    what: object


@pytest.mark.parametrize("unknown", [object(), 0.5, b"bytes", STARTS.time(), UTC])
def test_no_id_is_made_from_what_may_read_otherwise_elsewhere(unknown: object) -> None:
    for facts in ((unknown,), ([unknown],), ({"key": unknown},), (_Holds(unknown),)):
        with pytest.raises(TypeError, match="No id can be made from"):
            ids.id_from(*facts)
