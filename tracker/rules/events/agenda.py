"""Agendas: one item per line, with its minutes at the end of the line."""

from collections.abc import Iterable

from msgspec import Struct

from tracker.rules.core.wording import MONTHS

LONGEST_ITEM = 480  # minutes: a larger number at the end of a line is part of its text
_DATES = frozenset({*MONTHS, *(month[:3] for month in MONTHS), "Sept"})


class AgendaItem(Struct, frozen=True, kw_only=True):
    """One line of an agenda; `minutes` is None where the line gives none."""

    title: str
    minutes: int | None


def agenda_items(text: str) -> list[AgendaItem]:
    """Return the items of an agenda, without empty lines."""
    return [_item(line) for raw in text.splitlines() if (line := raw.strip())]


def planned_minutes(items: Iterable[AgendaItem]) -> int:
    """Return the sum of the items' minutes."""
    return sum(item.minutes or 0 for item in items)


def _item(line: str) -> AgendaItem:
    words = line.split()
    bare = words[:-1] if words[-1].rstrip(".").lower() in ("min", "minutes") else words
    if len(bare) > 1 and _is_minutes(bare[-1]) and bare[-2].rstrip(".") not in _DATES:
        return AgendaItem(title=" ".join(bare[:-1]), minutes=int(bare[-1]))
    return AgendaItem(title=line, minutes=None)


def _is_minutes(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= len(str(LONGEST_ITEM)) and 0 < int(word) <= LONGEST_ITEM
