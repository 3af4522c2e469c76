"""The list of acceptance criteria names tests that exist, and when a person looked at what no test can judge."""

import re

from .reading import ROOT, modules

ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(test_\w+)`")
LOOKED = re.compile(r"looked at on \d{4}-\d\d-\d\d: \w")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
TEXT = (ROOT / "docs" / "acceptance-criteria.md").read_text(encoding="utf-8")
ROWS = ROW.findall(TEXT)


def test_each_of_the_forty_criteria_is_listed_once() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 41))


def test_every_test_that_the_list_of_criteria_names_exists() -> None:
    here = {name for file in modules("tests") for name in DEFINED.findall(file.read_text(encoding="utf-8"))}
    assert sorted(set(NAMED.findall(TEXT)) - here) == []


def test_a_criterion_is_shown_by_a_test_or_by_a_look_with_its_day() -> None:
    assert [number for number, _, shown in ROWS if not NAMED.search(shown) and not LOOKED.search(shown)] == []
