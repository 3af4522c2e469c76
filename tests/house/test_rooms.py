"""A room keeps its promise: what a page shows is in the room of the page, or in a lower one."""

import re
import tomllib
from pathlib import Path

from .reading import ROOT, modules, shown

PAGES = Path("tracker/ports/pages")
TEMPLATE = re.compile(r'"(\w+)/[\w/-]+\.html"')


def rooms() -> list[str]:
    """Return the rooms, lowest first, as the contract of import-linter names them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["name"].startswith("Rooms:"))
    return [layer.strip("()") for layer in reversed(layers)]


def test_a_page_shows_templates_of_its_room_or_of_a_lower_one() -> None:
    order = rooms()
    climbing = [
        f"{shown(file)} shows {match.group()}"
        for file in modules(str(PAGES))
        if (room := file.relative_to(ROOT / PAGES).parts[0]) in order
        for match in TEMPLATE.finditer(file.read_text(encoding="utf-8"))
        if match[1] in order and order.index(match[1]) > order.index(room)
    ]
    assert climbing == []


def test_the_rooms_have_an_order() -> None:
    assert rooms()[0] == "core"
    assert rooms()[-1] == "views"
