"""What is installed: where the product's own folders are, and whether releases meet minimum-versions.toml.

Folders are beside the package in the repository, inside it in a wheel. The minimum versions exclude known
vulnerabilities.
"""

import platform
import re
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

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
