"""Run every measurement, print the figures, and write them to bench/results.json (not committed).

Each row stands beside that of the last release, which is bench/last_release.json.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import (
    daily,
    deconfliction,
    feeds,
    imports,
    long_series,
    pages,
    planning,
    reminders,
    replies,
    series,
    small_edits,
    startup,
    suggested_times,
)
from bench.figures import Figure

PARTS: tuple[tuple[str, Callable[[], Sequence[Figure]]], ...] = (
    ("feeds", feeds.measure),
    ("month pages", pages.measure),
    ("pages of every day", daily.measure),
    ("saving a series", series.measure),
    ("a series of the most dates", long_series.measure),
    ("a change of one date", small_edits.measure),
    ("finding a time", suggested_times.measure),
    ("deconfliction", deconfliction.measure),
    ("taking over a calendar", imports.measure),
    ("planning reminders", planning.measure),
    ("reminders", reminders.measure),
    ("replies by email", replies.measure),
    ("start and memory", startup.measure),
)
RESULTS = Path(__file__).with_name("results.json")
LAST_RELEASE = Path(__file__).with_name("last_release.json")
WIDTH = 58


def main() -> int:
    """Measure, print, write; return 1 when a target is missed."""
    found: list[Figure] = []
    before = {row["name"]: row["ratio"] for row in json.loads(LAST_RELEASE.read_text(encoding="utf-8"))}
    for name, measure in PARTS:
        print(f"\n{name}", flush=True)
        for figure in measure():
            print(_line(figure, before.get(figure.name)), flush=True)
            found.append(figure)
    RESULTS.write_text(json.dumps([one.row() for one in found], indent=1) + "\n", encoding="utf-8")
    return 1 if any(one.met is False for one in found) else 0


def _line(figure: Figure, before: float | None) -> str:
    """Return a row: what was measured, by how much it exceeds its floor, its target, and the last release's ratio."""
    ratio = "" if figure.ratio is None else f"{figure.ratio:8.2f} of {figure.floor:,.1f}"
    target = "" if figure.target is None else f"  {'≥' if figure.more_is_better else '≤'} {figure.target:g}"
    verdict = {True: "  met", False: "  MISSED", None: ""}[figure.met]
    was = "" if before is None else f"  was {before:.2f}"
    note = f"  ({figure.note})" if figure.note else ""
    return f"  {figure.name:<{WIDTH}} {figure.value:12,.1f} {figure.unit:<10}{ratio}{target}{verdict}{was}{note}"


if __name__ == "__main__":
    sys.exit(main())
