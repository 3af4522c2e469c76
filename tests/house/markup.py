"""Laws for templates; each yields `line reason` for every offence."""

import re
from collections.abc import Iterator

COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<[a-zA-Z][^<>]*>", re.DOTALL)
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
UNSAFE_FILTER = re.compile(r"\|\s*(safe|xmlattr)\b|\bMarkup\s*\(|\bautoescape\s+false")
INLINE = re.compile(
    r"<style\b|<script\b(?![^>]*\bsrc=)|<[a-zA-Z][^>]*?\s(?:style|on[a-z]+)\s*=|\bjavascript:", re.IGNORECASE
)
CODE_FIELD = re.compile(
    r"forms\.(?:field|declared)\((?:(?!\}\}).)*(?:6-digit code|Spaces are ignored).*?\}\}", re.DOTALL
)
MAX_LINE = 120  # characters
UNQUOTED = re.compile(r"=\s*[^\s\"'>]")


def lines_are_short(text: str) -> Iterator[str]:
    """A line is one element or one thought: what does not fit is a macro, an include, or goes on in the next line."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > MAX_LINE:
            yield f"{number} {len(line)} characters"


def nothing_is_marked_safe(text: str) -> Iterator[str]:
    """Escaping is never turned off: no `|safe`, no `|xmlattr`."""
    yield from _found(UNSAFE_FILTER, _without(text, COMMENT))


def nothing_is_inline(text: str) -> Iterator[str]:
    """The Content-Security-Policy allows no inline style, script or handler."""
    yield from _found(INLINE, _plain(text))


def attributes_are_quoted(text: str) -> Iterator[str]:
    """A value without quotes ends at its first space, and what follows becomes another attribute."""
    plain = _plain(text)
    for tag in TAG.finditer(plain):
        bare = QUOTED.sub(lambda quoted: '""' + "\n" * quoted.group().count("\n"), tag.group())
        if UNQUOTED.search(bare):
            yield f"{_line(plain, tag.start())} {tag.group()[:60]}"


def codes_are_filled_in(text: str) -> Iterator[str]:
    """A field for a code of an app tells the browser and the phone what it is (WCAG 2.2, 3.3.8)."""
    for match in CODE_FIELD.finditer(_without(text, COMMENT)):
        if not all(reported in match.group() for reported in ('autocomplete="one-time-code"', 'inputmode="numeric"')):
            yield f"{_line(text, match.start())} {match.group()[:60]}"


def _plain(text: str) -> str:
    """Return the markup alone: no comments, no statements, a letter for each value; the lines stay where they are."""
    return _without(_without(_without(text, COMMENT), STATEMENT, " "), VALUE, "J")


def _without(text: str, pattern: re.Pattern[str], substitute: str = "") -> str:
    return pattern.sub(lambda found: substitute + "\n" * found.group().count("\n"), text)


def _found(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (f"{_line(text, found.start())} {found.group()[:60]}" for found in pattern.finditer(text))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
