"""Run every measurement, print the figures, and write them to bench/results.json (not committed).

With the argument `large`, run those of sizes that take minutes to fill, and write bench/results_large.json.

Each row is shown next to the ratio that was kept, in bench/baseline.json, and each part with its seconds. With the
argument `keep`, the ratios of both files of results become those that are kept.
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
LARGE, KEEP = "large", "keep"
RESULTS = Path(__file__).with_name("results.json")
LARGE_RESULTS = Path(__file__).with_name("results_large.json")
BASELINE = Path(__file__).with_name("baseline.json")
SLOWER = 1.25  # times the ratio that was kept; less than that can be another moment of the same machine
WIDTH = 58


def main(size: str = "") -> int:
    """Measure, print, write; return 1 when a target is missed. Or keep what was measured before."""
    if size == KEEP:
        keep(BASELINE, LARGE_RESULTS, RESULTS)
        return 0
    parts, results = (LARGE_PARTS, LARGE_RESULTS) if size == LARGE else (PARTS, RESULTS)
    figures: list[Figure] = []
    before = kept_in(BASELINE)
    for name, measure in parts:
        print(f"\n{name}", flush=True)
        began = time.perf_counter()
        for figure in measure():
            print(line(figure, before.get(figure.name)), flush=True)
            figures.append(figure)
        print(f"  {time.perf_counter() - began:.0f} s", flush=True)
    results.write_text(json.dumps([figure.row() for figure in figures], indent=1) + "\n", encoding="utf-8")
    return 1 if any(figure.met is False for figure in figures) else 0


def keep(baseline: Path, *results: Path) -> None:
    """Write the ratio of each row of the results to the baseline; rows that were not measured keep theirs."""
    rows = [row for one in results if one.exists() for row in json.loads(one.read_text(encoding="utf-8"))]
    measured = {row["name"]: round(row["ratio"], 2) for row in rows if row["ratio"] is not None}
    kept = {**kept_in(baseline), **measured}
    baseline.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def kept_in(baseline: Path) -> dict[str, float]:
    """Return the ratio of each row by its name."""
    kept: dict[str, float] = json.loads(baseline.read_text(encoding="utf-8"))
    return kept


def line(figure: Figure, before: float | None) -> str:
    """Return a row: what was measured, by how much it exceeds its floor, its target, and the ratio that was kept."""
    ratio = "" if figure.ratio is None else f"{figure.ratio:8.2f} of {figure.floor:,.1f}"
    target = "" if figure.target is None else f"  {'≥' if figure.more_is_better else '≤'} {figure.target:g}"
    verdict = {True: "  met", False: "  MISSED", None: ""}[figure.met]
    was = "" if before is None else f"  was {before:.2f}{', SLOWER' if is_slower(figure, before) else ''}"
    note = f"  ({figure.note})" if figure.note else ""
    return f"  {figure.name:<{WIDTH}} {figure.value:12,.1f} {figure.unit:<10}{ratio}{target}{verdict}{was}{note}"


def is_slower(figure: Figure, before: float) -> bool:
    """Return whether a row with a target is worse than what was kept, by more than a machine's moods."""
    if figure.ratio is None or figure.target is None:
        return False
    worse = before / figure.ratio if figure.more_is_better else figure.ratio / before
    return worse > SLOWER


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
