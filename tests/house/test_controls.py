"""The list of controls names tests that exist, and says why where there is none."""

import re

from .reading import ROOT, modules

ROW = re.compile(r"^\| ([A-Z]\d\d) \(([123])\) \| ([^|]+) \| ([^|]*)\| ([^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
WHY = r"\bno [\w -]+ yet$|\*\*missing\*\*|nothing (?:is fetched|of the kind)|no [\w ]+ (?:is taken in|are kept) yet"
TEXT = (ROOT / "docs" / "controls.md").read_text(encoding="utf-8")


def test_every_control_is_listed_once() -> None:
    found = [row[0] for row in ROW.findall(TEXT)]
    assert len(found) == len(set(found)) == len(re.findall(r"^\| [A-Z]\d\d ", TEXT, re.MULTILINE)) > 100


def test_every_test_that_the_list_names_exists() -> None:
    here = {name for file in modules("tests") for name in DEFINED.findall(file.read_text(encoding="utf-8"))}
    assert sorted(set(NAMED.findall(TEXT)) - here) == []


def test_a_control_without_a_test_says_why() -> None:
    silent = [row[0] for row in ROW.findall(TEXT) if not NAMED.search(row[4]) and not re.search(WHY, row[4])]
    assert silent == []
