"""The audit log by deed: the entries of one request or one run of the clock are one row, with a sentence for all."""

from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

from msgspec import Struct

from tracker.rules.audit.words import Entry

T = TypeVar("T")


class DeedEntries(Struct, frozen=True, kw_only=True):
    """The entries of one deed, newest first; at least one."""

    entries: Sequence[Entry]

    @property
    def newest(self) -> Entry:
        """Return its last entry; who did it, when, and from where is the same in all of them."""
        return self.entries[0]

    @property
    def is_one(self) -> bool:
        """Return whether it is one entry, which has a sentence of its own."""
        return len(self.entries) == 1

    @property
    def has_denied(self) -> bool:
        """Return whether an entry records a denied request."""
        return any(one.is_denied for one in self.entries)

    @property
    def words(self) -> tuple[str, ...]:
        """Return what happened, in the order in which it did: "Emailed an invitation to 24 members"."""
        alike: dict[tuple[str, str], list[Entry]] = {}
        for one in reversed(self.entries):
            alike.setdefault((one.verb, one.subject), []).append(one)
        return tuple(map(_said, alike.values()))


def _said(alike: Sequence[Entry]) -> str:
    """Return the sentence of entries that say the same, of one thing or of several."""
    first = alike[0]
    if len({one.subject_id for one in alike}) > 1:
        return first.words_of(len(alike))
    return first.words_with_title if len(alike) == 1 else f"{first.words_with_title} ({len(alike)} times)"


def whole_deeds(rows: Sequence[T], keys: Iterable[Hashable], most: int, *, has_more: bool) -> list[list[T]]:
    """Return rows that follow each other and have one key as one list each, `most` lists at most.

    With `has_more`, rows are missing at the end: the last list is left out, unless it is the only one.
    """
    paired = groupby(zip(keys, rows, strict=True), key=lambda pair: pair[0])
    found = [[row for _, row in pairs] for _, pairs in paired]
    if has_more and len(found) > 1:
        found.pop()
    return found[:most]
