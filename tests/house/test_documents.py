"""What an operator or a newcomer can use is written down."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from msgspec.structs import fields

from tracker.config.settings import PREFIX, Settings
from tracker.ports.cli import main

from .reading import ROOT

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
