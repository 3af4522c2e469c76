"""The operations order, as it is and as it was, and the phases of an operation, for a viewer who may see it."""

from datetime import timedelta
from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.orders import Order, OrderVersion, Paragraph, Phase
from tracker.tables.visible.core.rows import Row, rows

_FROM = (
    " FROM operation_order r JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = r.saved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_VERSIONS = f"SELECT r.version, r.saved_at, m.name, g.code{_FROM}"
_ORDERS = (
    "SELECT r.version, r.saved_at, m.name, g.code, r.situation, r.mission, r.execution, r.administration, r.command"
    f"{_FROM}"
)
_NEWEST = " AND p.event = {} ORDER BY r.version DESC"
_CURRENT = " AND p.event = {} ORDER BY r.version DESC LIMIT 1"


async def operations_order(viewer: Viewer, event: Event) -> Order | None:
    """Return the order of an operation as it is; None before the first one."""
    found = await rows(_ORDERS, viewer, _CURRENT, event.id)
    return _order(found[0]) if found else None


async def order_in_version(viewer: Viewer, event: Event, version: int) -> Order | None:
    """Return the order that made a version of the plan; None for a version that something else made."""
    found = await rows(_ORDERS, viewer, " AND p.event = {} AND r.version = {}", event.id, version)
    return _order(found[0]) if found else None


async def order_versions(viewer: Viewer, event: Event) -> list[OrderVersion]:
    """Return when the order was saved, and by whom, newest first."""
    return [
        OrderVersion(version=row["version"], saved_by=_by(row), saved_at=row["saved_at"])
        for row in await rows(_VERSIONS, viewer, _NEWEST, event.id)
    ]


def _order(row: Row) -> Order:
    return Order(
        version=row["version"],
        saved_by=_by(row),
        saved_at=row["saved_at"],
        paragraphs={one: row[one] for one in Paragraph},
    )


def _by(row: Row) -> str:
    return f"{row['name']} ({row['code']})"


_PHASES = (
    "SELECT f.id, f.name, f.start_minutes, f.end_minutes, f.begun_at, f.ended_at, f.version, o.starts_at"
    " FROM operation_phase f JOIN operation_plan p ON p.id = f.plan JOIN event e ON e.id = p.event"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)
_EARLIEST = " AND p.event = {} ORDER BY f.start_minutes, f.end_minutes, f.name, f.id"


async def operation_phases(viewer: Viewer, event: Event) -> dict[UUID, Phase]:
    """Return the phases of an operation by id, as they are planned now, earliest first."""
    return {row["id"]: _phase(row) for row in await rows(_PHASES, viewer, _EARLIEST, event.id)}


def _phase(row: Row) -> Phase:
    end = row["end_minutes"]
    return Phase(
        id=row["id"],
        name=row["name"],
        starts_at=row["starts_at"] + timedelta(minutes=row["start_minutes"]),
        ends_at=None if end is None else row["starts_at"] + timedelta(minutes=end),
        begun_at=row["begun_at"],
        ended_at=row["ended_at"],
        version=row["version"],
    )
