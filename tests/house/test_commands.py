"""What the documents and the deployment files tell people to type is what the command line takes."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tracker.ports.cli import main

from .reading import ROOT

SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TYPED = re.compile(r"(?:^|[\s/])tracker\s+(?P<words>[a-z].*)", re.MULTILINE)
UNITS = sorted((ROOT / "deploy").glob("*.service")) + sorted((ROOT / "deploy").glob("*.timer"))


def blocks() -> Iterator[tuple[str, str]]:
    """Yield what stands in shell blocks of documents and in deployment files, with the name of the file."""
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        yield from ((file.name, block) for block in SHELL.findall(file.read_text(encoding="utf-8")))
    yield from ((file.name, file.read_text(encoding="utf-8")) for file in UNITS)


def typed() -> list[tuple[str, str]]:
    """Return each use of the command, without the shell around it."""
    lines = [(name, re.sub(r"\\\n\s*", "", block)) for name, block in blocks()]
    found = [(name, one["words"]) for name, block in lines for one in TYPED.finditer(block)]
    return [(name, words.removesuffix("'")) for name, words in found if words.split()[0] in main.commands]


def test_there_are_commands_to_judge() -> None:
    assert {words.split()[0] for _, words in typed()} >= {"init", "check", "serve", "backup", "restore", "migrate"}


@pytest.mark.parametrize(("file", "words"), typed())
def test_every_command_in_a_document_has_these_options(file: str, words: str) -> None:
    command: click.Command = main
    rest = shlex.split(words, comments=True)
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    command.make_parser(click.Context(command)).parse_args(rest)  # raises for what it does not know


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_the_units_are_sound(tmp_path: Path) -> None:
    names = [unit.name.replace("@", "@8000") for unit in UNITS]
    for name, unit in zip(names, UNITS, strict=True):
        text = unit.read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/tracker/bin/tracker", "/bin/true"), encoding="utf-8")
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (found.returncode, [line for line in found.stderr.splitlines() if str(tmp_path) in line]) == (0, [])


def test_the_container_is_built_of_what_it_is_given() -> None:
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "deploy" / "Containerfile").read_text(), re.MULTILINE)
    wanted = {word for line in copied for word in line.split()}
    given = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert wanted == given
    assert [name for name in wanted if not (ROOT / name).exists()] == []
