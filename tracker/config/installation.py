"""What is installed: the product's own folders, the settings file of a data folder, and the minimum versions.

Folders are beside the package in the repository, inside it in a wheel. The settings file has `TRACKER_NAME=value`
lines, as systemd and containers read them too. The minimum versions of minimum-versions.toml exclude known
vulnerabilities.
"""

import ast
import inspect
import platform
import re
import tomllib
from collections.abc import Callable, Mapping
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from textwrap import dedent, wrap
from typing import NamedTuple

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """Return the folder `name`, such as "templates": the repository's own, or the copy in the wheel."""
    beside = PACKAGE.parent / name
    in_repository = (PACKAGE.parent / "piccolo_conf.py").exists() and beside.is_dir()
    return beside if in_repository else PACKAGE / "_bundled" / name


FILE = Path(__file__).with_name("minimum-versions.toml")


class Finding(NamedTuple):
    """One release and its minimum version; `ok` when it is not older."""

    name: str
    installed: str
    floor: str
    ok: bool


def libraries(version_of: Callable[[str], str] = metadata.version) -> list[Finding]:
    """Return a finding for each library that has a minimum version; a missing library counts as too old."""
    findings = []
    for name, floor in _floors("libraries").items():
        try:
            installed = version_of(name)
        except metadata.PackageNotFoundError:
            installed = "missing"
        findings.append(_finding(name, installed, floor))
    return findings


def interpreter(installed: str = platform.python_version()) -> Finding:
    """Return the finding for Python itself; too old is a warning, because the email builder re-reads its own output."""
    series = ".".join(installed.split(".")[:2])
    floor = _floors("python").get(series, series)
    return _finding("Python", installed, floor)


def _floors(section: str) -> dict[str, str]:
    floors: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return floors[section]


def _finding(name: str, installed: str, floor: str) -> Finding:
    return Finding(name, installed, floor, ok=_release(installed) >= _release(floor))


def _release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version ("7.3.2rc1" → 7, 3, 2), without trailing zeros; none for a word."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    parts = [int(part) for part in numbers.group().split(".")] if numbers else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


NAME = "settings.env"
SECRET = "secret"  # noqa: S105 - the name of the file beside it
BEFORE = "secret.before"
DATABASE = "tracker.sqlite"
FOLDER = "data"  # the setting that names the folder, and so cannot be in its file
WIDTH = 118  # characters of a comment
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
HEAD = """\
# Settings of the Task Force Tracker. Lines starting with # are comments. Remove the # to set a value. A TRACKER_
# variable in the environment overrides its line here. After a change: `tracker check`, then restart
# `tracker serve`. Relative paths start at this folder.
"""


def read_settings_file(path: Path) -> dict[str, str]:
    """Return the settings in a file. Errors: OSError, ValueError with a sentence for people."""
    said: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            match = LINE.fullmatch(text)
            if match is None:
                raise ValueError(f"Line {number} of {path} isn't a setting. Write it as TRACKER_NAME=value.")
            value = match[2].strip()
            is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            said[match[1]] = value[1:-1] if is_quoted else value
    return said


def setting_names(kind: type[Struct], prefix: str) -> set[str]:
    """Return the names allowed in a settings file: one for each field of `kind`, and its *_FILE variant."""
    own = {prefix + field.name.upper() for field in fields(kind) if field.name != FOLDER}
    return own | {f"{name}_FILE" for name in own}


def settings_text(kind: type[Struct], prefix: str, values: Mapping[str, str]) -> str:
    """Return the text of a settings file: each field of `kind` with its docstring, and those in `values` set."""
    docstrings, lines = _docstrings(kind), [HEAD]
    for field in fields(kind):
        if field.name != FOLDER:
            name = prefix + field.name.upper()
            setting = f"{name}={values[name]}" if name in values else f"# {name}={_example(field.default)}"
            lines += [*(f"# {line}" for line in wrap(docstrings[field.name], WIDTH)), setting, ""]
    return "\n".join(lines)


def with_settings_removed(text: str, *names: str) -> str:
    """Return the text of a settings file with some settings commented out and their values removed."""
    for name in names:
        text = re.sub(rf"(?m)^\s*{re.escape(name)}=.*$", f"# {name}=", text)
    return text


def changed(text: str, name: str, value: str) -> str:
    """Return the text of a settings file with a setting changed in its place, or added at the end."""
    line, place = f"{name}={value}", re.compile(rf"(?m)^\s*#?\s*{re.escape(name)}=.*$")
    return place.sub(lambda _: line, text, count=1) if place.search(text) else f"{text.rstrip()}\n\n{line}\n"


def _example(default: object) -> str:
    """Return a default as a person would type it; a field without a default shows nothing."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default in (None, NODEFAULT) else str(default)


def _docstrings(kind: type[Struct]) -> dict[str, str]:
    """Return the docstring under each field, as one line; a class keeps none for its fields, so the source is read."""
    body = ast.parse(dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - the source of a class is one
    return {
        field.target.id: " ".join(str(after.value.value).split())
        for field, after in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }
