"""Search: where a text contains the words of a query."""

import re
from collections.abc import Iterator, Sequence

from tracker.rules.core.word_forms import TOKEN, folded, is_match

_SPACE = re.compile(r"\s+")

_QUOTATION_MARKS = frozenset('"“”„«»')

Piece = tuple[str, bool]
"""A part of a text, and whether it is one of the words."""


def is_quoted(text: str) -> bool:
    """Return whether a query has quotation marks, which are signs like others: no words are kept together."""
    return not _QUOTATION_MARKS.isdisjoint(text)


def pieces(text: str, words: Sequence[str]) -> list[Piece]:
    """Return a text in parts, so that a page can highlight the words in it."""
    parts, done = [], 0
    for start, end in _places(text, words):
        parts += [(text[done:start], False), (text[start:end], True)]
        done = end
    return [(part, is_word) for part, is_word in [*parts, (text[done:], False)] if part]


def around(text: str, words: Sequence[str], length: int = 120) -> str:
    """Return the part of a long text around the first matching word, in whole words; empty when none matches."""
    found = next(_places(text, words), None)
    if found is None:
        return ""
    start, end = _cut(text, *found, length)
    part = " ".join(text[start:end].split())
    return ("… " if start else "") + part + (" …" if end < len(text) else "")


def _cut(text: str, first: int, last: int, length: int) -> tuple[int, int]:
    """Return where a part of a text begins and ends, between words, so that it has the word from first to last."""
    start = max(0, first - length // 3)
    end = start + length
    if start:
        space = _SPACE.search(text, start - 1, first)
        start = space.end() if space else first
    if end < len(text):
        spaces = [one.start() for one in _SPACE.finditer(text, last, end + 1)]
        end = spaces[-1] if spaces else min(last, end)
    return start, end


def _places(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text that match begin and end."""
    for found in TOKEN.finditer(text):
        token = folded(found[0])
        if any(is_match(word, token) for word in words):
            yield found.span()
