"""Laws for documents: links that lead somewhere, the guide, and the criteria that name their tests."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from msgspec.structs import fields

from tests.browser.pictures import PICTURES
from tests.house.reading import ROOT, modules
from tracker.config.settings import PREFIX, Settings
from tracker.ports.cli import main

OPERATIONS = ROOT / "docs" / "operations.md"
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "STYLE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "LICENSE",
)
HELP = 50  # characters of a line in the list of commands, on a terminal of 80
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")

PATH = re.compile(r"`((?:tracker|templates|migrations|tests|scripts|docs|bench)/[\w./*-]+)`")


def documents() -> list[Path]:
    """Return what is written for people."""
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def commands(group: click.Command, name: str = "tracker") -> Iterator[str]:
    """Yield every command as one types it: "tracker audit verify"."""
    if isinstance(group, click.Group):
        for word, command in group.commands.items():
            yield from commands(command, f"{name} {word}")
    else:
        yield name


def test_every_setting_is_documented() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")
    names = [PREFIX + field.name.upper() for field in fields(Settings)]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_command_is_documented() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")
    assert [command for command in commands(main) if f"`{command}" not in text] == []


def test_every_command_has_a_line_of_help_that_is_shown_whole() -> None:
    lines = {name: _command(name).get_short_help_str(HELP) for name in commands(main)}
    assert {name: line for name, line in lines.items() if not line or line.endswith("...")} == {}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_that_a_stranger_looks_for_are_here(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


def test_the_two_commands_of_the_readme_are_what_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme
    assert "make test" in readme
    assert "make check" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^check:.*\btest\b", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_links_between_documents_lead_somewhere() -> None:
    links = [(file, link) for file in documents() for link in LINK.findall(file.read_text(encoding="utf-8"))]
    assert [f"{file.name}: {link}" for file, link in links if not (file.parent / link).exists()] == []


def test_files_that_documents_name_exist() -> None:
    named = [(file, path) for file in documents() for path in PATH.findall(file.read_text(encoding="utf-8"))]
    assert [f"{file.name}: {path}" for file, path in named if not any(ROOT.glob(path))] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(file.name[:4]) for file in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def _command(name: str) -> click.Command:
    command: click.Command = main
    for word in name.split()[1:]:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    return command


GUIDE = ROOT / "docs" / "guide"
SHOWN = re.compile(r"\]\((?:docs/guide/)?pictures/([\w-]+)\.png\)")
NAMED = re.compile(r"\*\*([^*]+)\*\*")
SPACE = re.compile(r"\s+")
SUFFIXES = {".html", ".txt", ".py", ".js"}
ENOUGH = 700
"""Words on two printed pages with two pictures."""


def guide_pages() -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in GUIDE.glob("*.md")}


def words_of_the_product() -> str:
    """Return every template and every module as one text, with single spaces."""
    files = [file for top in ("templates", "tracker") for file in (ROOT / top).rglob("*") if file.suffix in SUFFIXES]
    return SPACE.sub(" ", " ".join(file.read_text(encoding="utf-8") for file in files))


def test_what_the_guide_prints_in_bold_is_a_word_of_the_product() -> None:
    product = words_of_the_product()
    named = [(name, label) for name, text in guide_pages().items() for label in NAMED.findall(text)]
    assert named
    assert [f"{name}: {label}" for name, label in named if label not in product] == []


def test_the_guide_shows_every_picture_that_is_taken_and_no_other() -> None:
    shown = {picture for text in guide_pages().values() for picture in SHOWN.findall(text)}
    assert shown == set(PICTURES) == {file.stem for file in (GUIDE / "pictures").iterdir()}


def test_each_page_of_the_guide_fits_on_two_sheets() -> None:
    assert {name: len(text.split()) for name, text in guide_pages().items() if len(text.split()) > ENOUGH} == {}


ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAMED_TEST = re.compile(r"`(test_\w+)`")
LOOKED = re.compile(r"looked at on \d{4}-\d\d-\d\d: \w")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
TEXT = (ROOT / "docs" / "acceptance-criteria.md").read_text(encoding="utf-8")
ROWS = ROW.findall(TEXT)


def test_each_of_the_forty_criteria_is_listed_once() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 41))


def test_every_test_that_the_list_of_criteria_names_exists() -> None:
    here = {name for file in modules("tests") for name in DEFINED.findall(file.read_text(encoding="utf-8"))}
    assert sorted(set(NAMED_TEST.findall(TEXT)) - here) == []


def test_a_criterion_is_shown_by_a_test_or_by_a_look_with_its_day() -> None:
    assert [number for number, _, shown in ROWS if not NAMED_TEST.search(shown) and not LOOKED.search(shown)] == []
