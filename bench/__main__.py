"""Run every measurement, print the figures, and write them to bench/results.json (not committed).

With the argument `large`, run those of sizes that take minutes to fill, and write bench/results_large.json.

Each row is shown next to that of the last release, which is bench/last_release.json, and each part with its seconds.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import (
    daily,
    deconfliction,
    feeds,
    imports,
    long_series,
    many_people,
    pages,
    peers,
    planning,
    postgres,
    reminders,
    replies,
    reports,
    search,
    series,
    small_edits,
    startup,
    suggested_times,
    weekly,
)
from bench.figures import Figure

PARTS: tuple[tuple[str, Callable[[], Sequence[Figure]]], ...] = (
    ("feeds", feeds.measure),
    ("Radicale", peers.measure),
    ("month pages", pages.measure),
    ("pages of every day", daily.measure),
    ("a busier home", weekly.measure),
    ("search", search.measure),
    ("reports", reports.measure),
    ("saving a series", series.measure),
    ("a series of the most dates", long_series.measure),
    ("PostgreSQL", postgres.measure),
    ("a change of one date", small_edits.measure),
    ("finding a time", suggested_times.measure),
    ("deconfliction", deconfliction.measure),
    ("2,500 people", many_people.measure),
    ("taking over a calendar", imports.measure),
    ("planning reminders", planning.measure),
    ("reminders", reminders.measure),
    ("replies by email", replies.measure),
    ("start", startup.measure),
)
LARGE_PARTS = (
    ("25,000 people", many_people.measure_most),
    ("search", search.measure_most),
    ("reports", reports.measure_most),
    ("deconfliction", deconfliction.measure_most),
    ("memory", startup.measure_most),
    ("two processes", postgres.measure_processes),
)
LARGE = "large"
RESULTS = Path(__file__).with_name("results.json")
LARGE_RESULTS = Path(__file__).with_name("results_large.json")
LAST_RELEASE = Path(__file__).with_name("last_release.json")
WIDTH = 58


def main(size: str = "") -> int:
    """Measure, print, write; return 1 when a target is missed."""
    parts, results = (LARGE_PARTS, LARGE_RESULTS) if size == LARGE else (PARTS, RESULTS)
    found: list[Figure] = []
    before = ratios_in(LAST_RELEASE)
    for name, measure in parts:
        print(f"\n{name}", flush=True)
        began = time.perf_counter()
        for figure in measure():
            print(line(figure, before.get(figure.name)), flush=True)
            found.append(figure)
        print(f"  {time.perf_counter() - began:.0f} s", flush=True)
    results.write_text(json.dumps([one.row() for one in found], indent=1) + "\n", encoding="utf-8")
    return 1 if any(one.met is False for one in found) else 0


def ratios_in(results: Path) -> dict[str, float | None]:
    """Return the ratio of each row in a file of results, by its name; None where a row has no floor."""
    return {row["name"]: row["ratio"] for row in json.loads(results.read_text(encoding="utf-8"))}


def line(figure: Figure, before: float | None) -> str:
    """Return a row: what was measured, by how much it exceeds its floor, its target, and the last release's ratio."""
    ratio = "" if figure.ratio is None else f"{figure.ratio:8.2f} of {figure.floor:,.1f}"
    target = "" if figure.target is None else f"  {'≥' if figure.more_is_better else '≤'} {figure.target:g}"
    verdict = {True: "  met", False: "  MISSED", None: ""}[figure.met]
    was = "" if before is None else f"  was {before:.2f}"
    note = f"  ({figure.note})" if figure.note else ""
    return f"  {figure.name:<{WIDTH}} {figure.value:12,.1f} {figure.unit:<10}{ratio}{target}{verdict}{was}{note}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
