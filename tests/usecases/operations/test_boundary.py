"""Which operations are in each other's way, to the foot and the minute, as their plans are saved."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from tests.cast import NOW, Cast, operation
from tests.usecases.operations.world import A, B, disclose, planned, site
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.deconfliction import Hit
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import approvals, deconfliction, officer, plans
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

SIX_AM = datetime(2027, 5, 15, 6)  # noqa: DTZ001 - local to the zone; a Saturday
C, D = (39.0997, -94.5786), (39.0911, -94.4108)
JUST_INSIDE, JUST_OUTSIDE = (39.0911, -94.41084), (39.0911, -94.41083)
EVERYONE = frozenset({"fbi_lead", "kcpd_alternate", "coordinator"})
NO_ONE: frozenset[str] = frozenset()


class Row(Struct, frozen=True, kw_only=True):
    """Larkspur, planned beside Bluestem (A, from 6 AM to noon, 1,320 feet, 60 minutes), and who knows of a conflict."""

    at: tuple[float, float] = B
    starts: str = "10:00"
    ends: str = "14:00"
    days_later: int = 0
    radius_ft: int = 1_320
    state: OperationState = OperationState.PLANNING
    level: Disclosure = Disclosure.CONTACT_ONLY
    known_to: frozenset[str] = NO_ONE


ROWS = {
    "873 feet away at the same time": Row(known_to=EVERYONE),
    "1,330.8 feet away": Row(at=D),
    "1,319.5 feet away": Row(at=JUST_INSIDE, known_to=EVERYONE),
    "1,322.3 feet away": Row(at=JUST_OUTSIDE),
    "14.1 kilometers away": Row(at=C),
    "the next day": Row(days_later=1),
    "an hour later": Row(starts="13:00", ends="15:00", known_to=EVERYONE),
    "an hour and a minute later": Row(starts="13:01", ends="15:00"),
    "within the larger radius": Row(at=D, radius_ft=2_000, known_to=EVERYONE),
    "a draft": Row(state=OperationState.DRAFT),
    "one that shows nothing": Row(level=Disclosure.SILENT, known_to=frozenset({"kcpd_alternate", "coordinator"})),
}


@pytest.mark.parametrize("is_first", [True, False], ids=["entered second", "entered first"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_who_knows_of_a_conflict_with_another_operation(two: Cast, row: Row, *, is_first: bool) -> None:
    both = {}
    for lead in ("fbi_lead", "kcpd_alternate") if is_first else ("kcpd_alternate", "fbi_lead"):
        both[lead] = await (_bluestem(two) if lead == "fbi_lead" else _larkspur(two, row))
    await deconfliction.compare_due(NOW)
    shown = {lead for lead, event_id in both.items() if await _hits(two.members[lead], event_id)}
    known = {"coordinator"} if await officer.open_conflicts(two.coordinator, NOW) else set()
    assert shown | known == row.known_to


async def _bluestem(two: Cast) -> UUID:
    return await planned(two.fbi_lead, two.hsi_liaison, at=A, starts=SIX_AM)


async def _larkspur(two: Cast, row: Row) -> UUID:
    lead, day = two.kcpd_alternate, (SIX_AM + timedelta(days=row.days_later)).date()
    starts, ends = (datetime.fromisoformat(f"{day} {time}") for time in (row.starts, row.ends))
    facts = {"title": "Operation Larkspur", "starts": starts, "duration": ends - starts}
    event_id = await schedule_event(lead, operation(two.ipd_liaison, **facts), NOW)
    await plans.start_plan(lead, event_id, NOW)
    await disclose(lead, event_id, row.level)
    await plans.add_site_to_plan(lead, event_id, site(row.at, radius_ft=row.radius_ft), NOW)
    if row.state is not OperationState.DRAFT:
        await approvals.change_plan_state(lead, event_id, row.state, NOW)
    return event_id


async def _hits(lead: Viewer, event_id: UUID) -> list[Hit]:
    return await visible.plan_hits(lead, await operation_for(lead, event_id))
