"""What `make bench` prints of each row, and keeps of it."""

import json
from pathlib import Path

from bench.__main__ import LAST_RELEASE, line, ratios_in
from bench.figures import Figure, middle

HOME = Figure(name="home page", value=30.0, unit="ms", floor=20.0, target=2, more_is_better=False)
SIZE = Figure(name="month page, gzip", value=9.0, unit="kB", target=10, more_is_better=False)


def test_a_row_shows_its_ratio_beside_that_of_the_last_release(tmp_path: Path) -> None:
    kept = tmp_path / "last_release.json"
    kept.write_text(json.dumps([HOME.row(), SIZE.row()]))
    slower = Figure(name="home page", value=50.0, unit="ms", floor=20.0, target=2, more_is_better=False)
    assert line(slower, ratios_in(kept)["home page"]).split() == (
        "home page 50.0 ms 2.50 of 20.0 ≤ 2 MISSED was 1.50".split()
    )


def test_a_row_that_is_new_or_has_no_ratio_shows_no_other(tmp_path: Path) -> None:
    kept = tmp_path / "last_release.json"
    kept.write_text(json.dumps([SIZE.row()]))
    assert "was" not in line(HOME, ratios_in(kept).get(HOME.name))
    assert "was" not in line(SIZE, ratios_in(kept)[SIZE.name])


def test_the_turn_with_the_median_ratio_counts_at_whatever_speed_it_ran() -> None:
    fast, slow = [(3.0, 2.0), (5.0, 2.0), (5.2, 2.0)], [(8.0, 4.0), (9.0, 4.0)]
    assert middle([*fast, *slow]) == (9.0, 4.0)


def test_the_file_of_the_last_release_can_be_read() -> None:
    assert all(ratio is None or ratio > 0 for ratio in ratios_in(LAST_RELEASE).values())
