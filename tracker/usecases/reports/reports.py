"""Reports: the figures of a period for one reader, computed from the current rows each time.

Corrected attendance shows in the next report; no report is stored.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from tracker.database import together, writing
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Kind
from tracker.rules.reports import items as report_items
from tracker.rules.reports import reports, sums
from tracker.rules.reports.items import ItemLine, Window
from tracker.rules.reports.operations import Operations, operations_of
from tracker.rules.reports.reports import Asked, OfCommittee, Reach
from tracker.rules.reports.sums import Activity, Agency, Dates, MonthLine, Tally
from tracker.tables.schema.roster.people import Agency as AgencyRow
from tracker.tables.visible.reports import sums as visible_reports
from tracker.tables.visible.reports.items import item_counts
from tracker.tables.visible.reports.operations import took_part
from tracker.usecases.core import audit
from tracker.usecases.roster import people

OTHERS = Agency(id=None, code="Others", name="Walk-ins from other agencies", arm=None, level="")


class Report(Struct, frozen=True, kw_only=True):
    """The figures of a period, over what one reader may see."""

    asked: Asked
    reach: Reach
    agencies: list[tuple[Agency, Tally]]
    arms: list[tuple[Arm, Tally]]
    total: Tally
    months: list[MonthLine]
    activities: list[Activity]
    """By kind, and last their sum; empty when nothing was held or canceled."""
    operations: Operations | None
    """The joint operations that the reader can see; None when another kind was asked for."""
    items: list[ItemLine]
    """By agency, and last their sum; empty when there were no items."""
    is_restricted: bool
    """Whether it counts a date that is for named people only."""


async def report(viewer: Viewer, asked: Asked) -> Report:
    """Return the figures that were asked for. At most five queries. Errors: NotAllowed for a viewer without reports."""
    reports.check_reader(viewer)
    reach, months = reports.reach_of(viewer), asked.period.months()
    later = [asked.span(first).start for first in months[1:]]
    window = window_of(asked)
    places, dates, every, items = await together(
        visible_reports.places(viewer, asked.span(), later, reach),
        visible_reports.dates(viewer, asked.span(), later),
        agencies(),
        item_counts(viewer, window, asked.committee.id if asked.committee else None),
    )
    lines = sums.by_agency(places, every)
    return Report(
        asked=asked,
        reach=reach,
        agencies=lines,
        arms=sums.by_arm(lines),
        total=sums.tally(places),
        months=sums.by_month(places, dates, months),
        activities=sums.by_kind(places, dates),
        operations=await _operations(viewer, asked, dates),
        items=report_items.lines(items, every, window),
        is_restricted=_is_restricted(dates),
    )


async def committees(viewer: Viewer) -> list[OfCommittee]:
    """Return the committees to which the viewer may limit a report: all for a coordinator, else those they sit in."""
    return [OfCommittee(one, name) for one, name in (await people.committee_names(viewer)).items()]


async def agencies() -> list[Agency]:
    """Return every present and past agency, by arm and short name, and last the one for guests without an agency."""
    columns = (AgencyRow.id, AgencyRow.code, AgencyRow.name, AgencyRow.arm, AgencyRow.level)
    found = [
        Agency(id=row["id"], code=row["code"], name=row["name"], arm=Arm(row["arm"]), level=row["level"])
        for row in await AgencyRow.select(*columns)
    ]
    order = list(Arm)
    return [*sorted(found, key=lambda one: (order.index(one.arm or order[-1]), one.code.casefold())), OTHERS]


def window_of(asked: Asked) -> Window:
    """Return the time in which action items count; of a current period, only its past."""
    start, end = asked.period.span(asked.zone)
    return Window(start=start, end=max(start, min(end, asked.now)), zone=asked.zone)


async def note_download(viewer: Viewer, asked: Asked, what: str, form: str, now: datetime) -> None:
    """Record in the audit log that the viewer downloads figures or rows."""
    reports.check_reader(viewer)
    facts = {"what": what, "format": form, "from": asked.period.first, "to": asked.period.last}
    async with writing():
        await audit.record(viewer.actor, "exported", "report", asked.period.key, facts, now)


async def _operations(viewer: Viewer, asked: Asked, dates: Iterable[Dates]) -> Operations | None:
    if asked.kind not in (None, Kind.JOINT_OPERATION):
        return None
    were_held = any(one.kind is Kind.JOINT_OPERATION and not one.is_off for one in dates)
    return operations_of(await took_part(viewer, asked.span()) if were_held else [])


def _is_restricted(dates: Iterable[Dates]) -> bool:
    return any(one.restricted and not one.is_off for one in dates)
