"""Operation Bluestem, as its lead schedules it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.scenarios.office import Office, event_in

NAMED = ("hsi_liaison", "kcpd_detective", "ipd_liaison")
BLUESTEM_DAY = "2027-05-15"
BLUESTEM_FORM: dict[str, Any] = {
    "title": "Operation Bluestem",
    "date": BLUESTEM_DAY,
    "starts": "06:00",
    "ends": "12:00",
    "place": "Staging at Larkspur Lot",
    "visibility": "named",
    "kind_shown": "joint_operation",
    "save": "send",
}
MAY_10 = datetime(2027, 5, 10, 15, tzinfo=UTC)
MAY_14 = datetime(2027, 5, 14, 15, tzinfo=UTC)
SATURDAY = datetime(2027, 5, 15, 10, 45, tzinfo=UTC)


async def schedule_bluestem(office: Office) -> UUID:
    """Step 1 and 2: the FBI's lead names three people of three agencies."""
    form = {**BLUESTEM_FORM, "person": office.ids(*NAMED)}
    return event_in(await office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
