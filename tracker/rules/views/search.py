"""What somebody looks for: the words of it, and where they stand in a text."""

import re
from collections.abc import Sequence

MOST_WORDS = 8
LONGEST = 100  # characters of what is looked for

Piece = tuple[str, bool]
"""A part of a text, and whether it is one of the words."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that must all be found, each once, without regard to case."""
    return tuple(dict.fromkeys(text[:LONGEST].lower().split()))[:MOST_WORDS]


def pieces(text: str, words: Sequence[str]) -> list[Piece]:
    """Return a text in pieces, so that a page can mark the words in it."""
    if not words:
        return [(text, False)]
    longest_first = sorted(words, key=len, reverse=True)
    found = re.split(f"({'|'.join(map(re.escape, longest_first))})", text, flags=re.IGNORECASE)
    return [(piece, place % 2 == 1) for place, piece in enumerate(found) if piece]


def around(text: str, words: Sequence[str], length: int = 120) -> str:
    """Return the part of a long text in which the first of the words stands; empty when none does."""
    lower = text.lower()
    places = [lower.find(word) for word in words if word in lower]
    if not places:
        return ""
    start = max(0, min(places) - length // 3)
    part = " ".join(text[start : start + length].split())
    return ("… " if start else "") + part + (" …" if start + length < len(text) else "")
