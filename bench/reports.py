"""A report of a year that is full of dates, beside its sums alone: plain SQL on a bare connection.

The floor counts the same places, walk-ins and dates by agency, month and mark, and asks neither who may see them nor
who joined or left a series. In this world both give the same figures.
"""

import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
from msgspec.structs import asdict

from bench.figures import Figure, middle
from bench.statements import bare_connection
from bench.world import World, asked, world
from tests.cast import NOW, ZONE
from tracker import clock
from tracker.crypto import ids
from tracker.ports.cli.serve import freeze_objects
from tracker.rules.reports.reports import ReportRequest, fiscal_year, month_period
from tracker.usecases.reports import report_for

FEW, MANY = 5_000, 50_000  # dates in the year
REQUESTS, WARM_UP = 5, 1
TARGET = 2  # times the floor
YEAR = fiscal_year(2026)
FIRST, LAST = YEAR.span(ZONE)
WHOLE_YEAR = timedelta(weeks=52)
MOMENTS = [*(month_period(first).span(ZONE)[0] for first in YEAR.months()[1:]), FIRST, LAST]
PATH = f"/reports?period={YEAR.key}"
_MARK = (
    "INSERT INTO attendance_mark (id, guest, guest_agency, recorded_at, recorded_by, occurrence, member, agency,"
    " status)"
    " SELECT new_id(), '', '', o.ends_at, e.lead,"
)
# Of ten people who are invited eight are marked, date by date; at every third date someone comes uninvited.
MARKS = (
    f"{_MARK} o.id, i.member, m.agency, CASE (7 * o.rowid + i.rowid) % 10 WHEN 0 THEN 'absent'"
    " WHEN 1 THEN 'excused' WHEN 2 THEN 'remote' ELSE 'here' END"
    " FROM occurrence o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id"
    " JOIN member m ON m.id = i.member WHERE o.starts_at < ? AND (7 * o.rowid + i.rowid) % 10 < 8 ORDER BY o.starts_at"
)
UNINVITED = (
    f"{_MARK} o.id, m.id, m.agency, 'here'"
    " FROM occurrence o JOIN event e ON e.id = o.event, member m"
    " WHERE o.starts_at < ? AND o.rowid % 3 = 0 AND m.email LIKE 'fbi_lead@%'"
)
CLOSED = "UPDATE occurrence SET attendance_closed_at = ends_at WHERE starts_at < ? AND rowid % 10 <> 0"
_MONTH = "SELECT " + " + ".join(["(o.starts_at >= ?)"] * (len(YEAR.months()) - 1)) + " AS month, e.kind"
_OF_YEAR = " WHERE o.starts_at >= ? AND o.starts_at < ?"
SUMS = (
    _MONTH + ", COALESCE(k.agency, m.agency) AS agency, COALESCE(k.status,"
    " CASE WHEN o.attendance_closed_at IS NULL THEN 'open' ELSE 'unmarked' END) AS mark, COUNT(*)"
    " FROM occurrence o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id"
    " JOIN member m ON m.id = i.member LEFT JOIN attendance_mark k ON k.occurrence = o.id AND k.member = i.member"
    " AND k.corrected_at IS NULL" + _OF_YEAR + " GROUP BY 1, 2, 3, 4",
    _MONTH + ", k.agency, 'walk_in', COUNT(*) FROM occurrence o JOIN event e ON e.id = o.event"
    " JOIN attendance_mark k ON k.occurrence = o.id AND k.corrected_at IS NULL"
    " AND k.status IN ('here', 'remote')" + _OF_YEAR + " AND NOT EXISTS (SELECT 1 FROM invitation i"
    " WHERE i.event = e.id AND i.member = k.member) GROUP BY 1, 2, 3",
    _MONTH + ", o.is_canceled, 'dates', COUNT(*),"
    " SUM(CAST(strftime('%s', o.ends_at) AS INTEGER) - CAST(strftime('%s', o.starts_at) AS INTEGER))"
    " FROM occurrence o JOIN event e ON e.id = o.event" + _OF_YEAR + " GROUP BY 1, 2, 3",
)


def measure() -> Sequence[Figure]:
    """Measure a report of 5,000 dates."""
    return _measure(FEW)


def measure_most() -> Sequence[Figure]:
    """Measure a report of 50,000 dates."""
    return _measure(MANY)


def _measure(dates: int) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(Path(folder), dates))


async def _measured(folder: Path, dates: int) -> Sequence[Figure]:
    clock.start_at(NOW, is_still=True)
    try:
        async with world(folder / "year.sqlite", dates) as year:
            with closing(bare_connection(year.engine)) as connection:
                _fill(connection)
                freeze_objects()
                await _check(year, connection)
                turns = [(await asked(year, PATH), _time(connection)) for _ in range(REQUESTS + WARM_UP)]
    finally:
        clock.start_at(None)
    ours, bare = middle(turns[WARM_UP:])
    return (
        Figure(
            name=f"report of a year, {dates:,} dates in it",
            value=ours * 1000,
            unit="ms",
            floor=bare * 1000,
            target=TARGET,
            more_is_better=False,
        ),
    )


def _fill(connection: sqlite3.Connection) -> None:
    """Move all old dates into the year, close the attendance of most, and mark most people."""
    dates = connection.execute(
        "SELECT rowid, starts_at, ends_at FROM occurrence WHERE starts_at < ?", (LAST,)
    ).fetchall()
    moved = [(starts_at + by, ends_at + by, row) for row, starts_at, ends_at in dates for by in (_into(starts_at),)]
    connection.create_function("new_id", 0, lambda: str(ids.new_id()))
    with connection:
        connection.executemany("UPDATE occurrence SET starts_at = ?, ends_at = ? WHERE rowid = ?", moved)
        for statement in (CLOSED, MARKS, UNINVITED):
            connection.execute(statement, (LAST,))


def _into(starts_at: datetime) -> timedelta:
    """Return the whole years of weeks by which a date is away from the one that is measured."""
    return WHOLE_YEAR * -((starts_at - FIRST) // WHOLE_YEAR)


async def _check(year: World, connection: sqlite3.Connection) -> None:
    """Raise RuntimeError unless the product and the floor count the same."""
    report = await report_for(year.cast.coordinator, ReportRequest(period=YEAR, kind=None, zone=ZONE, now=NOW))
    ours = Counter(asdict(report.total) | {"dates": report.activities[-1].held})
    bare: Counter[str] = Counter()
    for row in _summed(connection):
        bare[row[3]] += row[4]
    if ours != bare or not all(ours.values()):
        raise RuntimeError(f"The report counts {ours}, and its floor {bare}.")


def _time(connection: sqlite3.Connection) -> float:
    """Return the processor time of the sums, in seconds."""
    began = time.process_time()
    _summed(connection)
    return time.process_time() - began


def _summed(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return [row for statement in SUMS for row in connection.execute(statement, MOMENTS).fetchall()]
