"""What gives an operation away in a text that others read: its name, and the names of its sites."""

from collections.abc import Iterable

from tracker.errors import Invalid

GENERIC = "operation "
SHORTEST = 4  # characters of a name that is looked for; a shorter one is in too many words


def telltales(text: str, title: str, places: Iterable[str]) -> tuple[str, ...]:
    """Return which names of an operation a text contains, whatever their case: of "Operation Bluestem", "Bluestem"."""
    folded = text.casefold()
    code_name = title[len(GENERIC) :] if title.casefold().startswith(GENERIC) else title
    names = dict.fromkeys(name.strip() for name in (code_name, *places))
    return tuple(name for name in names if len(name) >= SHORTEST and name.casefold() in folded)


def check_neutral(field: str, text: str, title: str, places: Iterable[str]) -> None:
    """Raise `Invalid` for a text that contains a name of the operation."""
    if found := telltales(text, title, places):
        raise Invalid(**{field: f"Leave out “{found[0]}”. It would give the operation away."})
