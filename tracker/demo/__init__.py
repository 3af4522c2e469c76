"""The demo task force: invented agencies, people named by role, a calendar around today, and real emails.

Who is in it and what happens is in `story/*.toml`; the modules read it and make it so, by the product's own use cases.
"""

import tomllib
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, convert

Shape = TypeVar("Shape")

STORY = Path(__file__).parent / "story"


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a story file: a misspelled key is an error, not ignored."""


def read_story(name: str, shape: type[Shape]) -> Shape:
    """Return the content of a story file. A key that is missing, unknown, or of another type raises an error."""
    return convert(tomllib.loads((STORY / f"{name}.toml").read_text(encoding="utf-8")), shape)
