"""Search: the words of a query, and where a text contains them."""

from collections.abc import Iterator, Sequence

from tracker.rules.core.word_forms import TOKEN, folded, is_match, tokens

MOST_WORDS = 8
LONGEST = 100  # characters of a query

Piece = tuple[str, bool]
"""A part of a text, and whether it is one of the words."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that must all match, each once, folded; signs only separate them."""
    return tuple(dict.fromkeys(tokens(text[:LONGEST])))[:MOST_WORDS]


def pieces(text: str, words: Sequence[str]) -> list[Piece]:
    """Return a text in parts, so that a page can highlight the words in it."""
    parts, done = [], 0
    for start, end in _places(text, words):
        parts += [(text[done:start], False), (text[start:end], True)]
        done = end
    return [(part, is_word) for part, is_word in [*parts, (text[done:], False)] if part]


def around(text: str, words: Sequence[str], length: int = 120) -> str:
    """Return the part of a long text around the first matching word; empty when none matches."""
    place, _ = next(_places(text, words), (None, None))
    if place is None:
        return ""
    start = max(0, place - length // 3)
    part = " ".join(text[start : start + length].split())
    return ("… " if start else "") + part + (" …" if start + length < len(text) else "")


def _places(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text that match begin and end."""
    for found in TOKEN.finditer(text):
        token = folded(found[0])
        if any(is_match(word, token) for word in words):
            yield found.span()
