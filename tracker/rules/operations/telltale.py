"""What gives an operation away in a text that others read: its name, and the names of its places."""

import re
from collections.abc import Iterable

from tracker.errors import Invalid

GENERIC = "operation "
SHORTEST = 4  # characters of a name that is looked for; a shorter one is a part of too many names


def names_of(title: str, places: Iterable[str]) -> tuple[str, ...]:
    """Return the names to look for: of "Operation Bluestem", "Bluestem"."""
    code_name = title[len(GENERIC) :] if title.casefold().startswith(GENERIC) else title
    names = dict.fromkeys(name.strip() for name in (code_name, *places))
    return tuple(name for name in names if len(name) >= SHORTEST)


def telltales(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of these names a text contains as whole words, whatever their case."""
    return tuple(name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE))


def check_neutral(field: str, text: str, names: Iterable[str]) -> None:
    """Raise `Invalid` for a text that contains one of the names of an operation."""
    if found := telltales(text, names):
        raise Invalid(**{field: f"Leave out “{found[0]}”. It would give the operation away."})
