"""A request does the same work whether or not an operation that shows nothing is in the way: no one can time it."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.database.others import url_of
from tests.usecases.operations.world import FAR, B, disclose, planned, site
from tracker.database import bind, close_database, engine, open_database
from tracker.database.sqlite import SQLiteEngine
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.plans import plan_view

KEY = "2027-01-16"
HEAD = 30  # characters of a statement that say what it does, without its values


class Watched(SQLiteEngine):
    """An engine that notes every statement it runs."""

    statements: list[str]

    def connect(self) -> sqlite3.Connection:
        """Open a connection that is watched."""
        opened = super().connect()
        opened.set_trace_callback(lambda text: self.statements.append(text.partition(" = ")[0][:HEAD]))
        return opened


@pytest.fixture
async def watched(two: Cast) -> AsyncIterator[Watched]:
    """The same database, watched."""
    plain = engine()
    found = Watched(url_of(plain).removeprefix("sqlite:///"), synchronous="OFF")
    found.statements = []
    bind(found)
    await open_database(found)
    yield found
    await close_database(found)
    bind(plain)


async def work_of_the_lead(two: Cast, watched: Watched, bluestem: UUID) -> list[str]:
    """Return the statements of what the lead of Bluestem does: to plan in the way of the other, look, and leave."""
    lead, before = two.fbi_lead, len(watched.statements)
    await plans.add_site_to_plan(lead, bluestem, site(B), NOW)
    view = await plan_view(lead, bluestem, KEY, NOW)
    [added] = [one for one, found in view.sites.items() if found.point == site(B).point]
    await disclose(lead, bluestem, Disclosure.OPEN)
    await disclose(lead, bluestem, Disclosure.CONTACT_ONLY)
    await plans.remove_site_from_plan(lead, bluestem, added, NOW)
    await approvals.change_plan_state(lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await approvals.change_plan_state(lead, bluestem, OperationState.PLANNING, NOW)
    return [one for one in watched.statements[before:] if not one.startswith("PRAGMA")]


async def nothing() -> None:
    """Let the clock be late."""


async def compared() -> None:
    """Let the clock compare."""
    await deconfliction.compare_due(NOW)


@pytest.mark.parametrize("clock", [nothing, compared])
async def test_a_request_does_the_same_work_with_and_without_an_operation_that_shows_nothing(
    two: Cast, watched: Watched, clock: Callable[[], Awaitable[None]]
) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    without = await work_of_the_lead(two, watched, bluestem)
    larkspur = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=(36.0, -94.0))
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(B), NOW)
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(FAR), NOW)
    await clock()
    with_it = await work_of_the_lead(two, watched, bluestem)
    assert with_it == without


async def test_the_side_that_shows_nothing_knows_of_a_conflict_when_the_clock_has_compared(two: Cast) -> None:
    larkspur = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    await planned(two.fbi_lead, two.hsi_liaison)
    await deconfliction.compare_due(NOW)
    assert len((await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).hits) == 1
    assert await deconfliction.compare_waiting_plans(NOW) == 0
