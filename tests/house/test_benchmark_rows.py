"""What `make bench` prints of each row, and keeps of it."""

import json
from pathlib import Path

from msgspec.structs import replace

from bench.__main__ import BASELINE, keep, kept_in, line
from bench.figures import Figure, middle

HOME = Figure(name="home page", value=30.0, unit="ms", floor=20.0, target=2, more_is_better=False)
SIZE = Figure(name="month page, gzip", value=9.0, unit="kB", target=10, more_is_better=False)


FAST = Figure(name="home page", value=31.0, unit="ms", floor=20.0, target=2, more_is_better=False)
SLOW = Figure(name="home page", value=50.0, unit="ms", floor=20.0, target=2, more_is_better=False)
FEED = Figure(name="feed", value=600.0, unit="/s", floor=1000.0, target=0.6)


def rows_in(path: Path, *figures: Figure) -> Path:
    path.write_text(json.dumps([one.row() for one in figures]))
    return path


def test_a_row_shows_its_ratio_beside_the_one_that_was_kept() -> None:
    assert line(FAST, 1.5).split() == "home page 31.0 ms 1.55 of 20.0 ≤ 2 met was 1.50".split()


def test_a_row_that_became_slower_says_so() -> None:
    assert line(SLOW, 1.5).split() == "home page 50.0 ms 2.50 of 20.0 ≤ 2 MISSED was 1.50, SLOWER".split()
    assert "was 0.80, SLOWER" in line(FEED, 0.8)
    assert "SLOWER" not in line(FEED, 0.5)
    assert "SLOWER" not in line(replace(FEED, target=None), 0.8), "what has no target is only shown"


def test_a_row_that_is_new_shows_no_other() -> None:
    assert "was" not in line(HOME, None)


def test_the_ratios_of_all_results_are_kept_and_those_not_measured_stay(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text('{"home page": 9.0, "memory": 1.1}')
    keep(baseline, rows_in(tmp_path / "large.json", FEED), rows_in(tmp_path / "usual.json", HOME, SIZE))
    assert kept_in(baseline) == {"home page": 1.5, "memory": 1.1, "feed": 0.6}


def test_what_was_not_measured_yet_is_no_error_to_keep(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text("{}")
    keep(baseline, tmp_path / "never.json", rows_in(tmp_path / "usual.json", HOME))
    assert kept_in(baseline) == {"home page": 1.5}


def test_the_turn_with_the_median_ratio_counts_at_whatever_speed_it_ran() -> None:
    fast, slow = [(3.0, 2.0), (5.0, 2.0), (5.2, 2.0)], [(8.0, 4.0), (9.0, 4.0)]
    assert middle([*fast, *slow]) == (9.0, 4.0)


def test_the_kept_ratios_can_be_read() -> None:
    assert all(ratio > 0 for ratio in kept_in(BASELINE).values())
