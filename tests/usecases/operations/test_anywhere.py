"""A site just within the larger radius is found in every direction, everywhere on Earth, and one just beyond isn't."""

from uuid import UUID

import pytest
from geographiclib.geodesic import Geodesic

from tests.cast import NOW, Cast, operation
from tests.usecases.operations.world import site
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.deconfliction import EARTH, METERS_IN_A_FOOT
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import approvals, plans
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

PLACES = [(39.0911, -94.4155), (0.0, 0.0), (-41.3, 179.9999), (64.2, -179.9999), (79.99, 20.0), (89.99, 0.0)]
RADII = [(50, 1_320), (1_320, 50), (52_800, 50)]
"""Feet, of the two sites."""
DIRECTIONS = (0, 45, 90, 180, 270)
A_BIT = 2  # feet: a place is kept to four inches


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("radii", RADII, ids=str)
async def test_what_is_near_is_found_everywhere(two: Cast, place: tuple[float, float], radii: tuple[int, int]) -> None:
    mine, theirs = radii
    bluestem = await operation_for(two.fbi_lead, await _planned(two.fbi_lead, two.hsi_liaison, place, mine))
    found = []
    for direction in DIRECTIONS:
        for feet in (max(radii) - A_BIT, max(radii) + A_BIT):
            await _planned(two.kcpd_alternate, two.ipd_liaison, _away(place, direction, feet), theirs)
            found.append(len(await visible.plan_hits(two.fbi_lead, bluestem)))
    assert found == [number for one in range(1, len(DIRECTIONS) + 1) for number in (one, one)]


async def _planned(lead: Viewer, guest: Viewer, at: tuple[float, float], radius_ft: int) -> UUID:
    event_id = await schedule_event(lead, operation(guest, title="Operation"), NOW)
    await plans.start_plan(lead, event_id, NOW)
    await plans.add_site_to_plan(lead, event_id, site(at, radius_ft=radius_ft), NOW)
    await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, NOW)
    return event_id


def _away(place: tuple[float, float], direction: int, feet: float) -> tuple[float, float]:
    there = EARTH.Direct(*place, direction, feet * METERS_IN_A_FOOT, Geodesic.LATITUDE | Geodesic.LONGITUDE)
    return there["lat2"], there["lon2"]
