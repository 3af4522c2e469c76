"""Search: the words of a query, and where a text contains them."""

import re
from collections.abc import Sequence

MOST_WORDS = 8
LONGEST = 100  # characters of a query

Piece = tuple[str, bool]
"""A part of a text, and whether it is one of the words."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that must all match, each once, ignoring case."""
    return tuple(dict.fromkeys(text[:LONGEST].lower().split()))[:MOST_WORDS]


def pieces(text: str, words: Sequence[str]) -> list[Piece]:
    """Return a text in parts, so that a page can highlight the words in it."""
    if not words:
        return [(text, False)]
    longest_first = sorted(words, key=len, reverse=True)
    found = re.split(f"({'|'.join(map(re.escape, longest_first))})", text, flags=re.IGNORECASE)
    return [(piece, place % 2 == 1) for place, piece in enumerate(found) if piece]


def around(text: str, words: Sequence[str], length: int = 120) -> str:
    """Return the part of a long text around the first matching word; empty when none matches."""
    lower = text.lower()
    places = [lower.find(word) for word in words if word in lower]
    if not places:
        return ""
    start = max(0, min(places) - length // 3)
    part = " ".join(text[start : start + length].split())
    return ("… " if start else "") + part + (" …" if start + length < len(text) else "")
