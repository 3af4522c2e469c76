"""What a person wrote in a reply, above the text that their program quoted and below the warning that a server put in.

Each line is looked at a fixed number of times, and no pattern can backtrack over more than one line.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

LONGEST = 20_000  # characters that are read
HEADER_LINES = 5  # lines over which programs spread "On Fri, Nov 27, 2026, Jane Doe <jane@...> wrote:"
_WROTE = re.compile(r"on\b", re.IGNORECASE)
_FROM = re.compile(r"\*?from:", re.IGNORECASE)
_SENT = re.compile(r"\*?(sent|date|to|subject):", re.IGNORECASE)
_RULE = re.compile(r"_{10,}$|-{2,} ?(original|forwarded|reply)\b", re.IGNORECASE)
_SIGNATURE = re.compile(r"--$|sent from my |get outlook for ", re.IGNORECASE)
_BANNER = re.compile(r"\W*(caution|warning|attention|notice|external)\b", re.IGNORECASE)
_NAME = r"(?:(?![A-Z]{2})[A-Z][\w'’-]*|all|there|everyone|team|folks|de|la|van|von)\.?"  # "DONE" is none
_GREETING = re.compile(rf"(?i:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?: {_NAME}){{0,4}}\s?[,.!:–—-]*$")
_OUTSIDE = re.compile(r"external|outside", re.IGNORECASE)


class OwnText(NamedTuple):
    """The first paragraph of what a person wrote, without a greeting above it."""

    lines: tuple[str, ...]
    """Without empty ones; none when they wrote nothing above the quoted text."""
    has_more: bool
    """Whether they wrote more below it; their name and number, for example."""


def own_text(text: str) -> OwnText:
    """Return what a person wrote above the quoted text and above their signature."""
    paragraphs = _paragraphs(_above_quote([one.strip() for one in text[:LONGEST].splitlines()]))
    if paragraphs and _is_banner(paragraphs[0]):
        paragraphs = paragraphs[1:]
    paragraphs = _without_greeting(paragraphs)
    return OwnText(tuple(paragraphs[0]) if paragraphs else (), len(paragraphs) > 1)


def _above_quote(lines: Sequence[str]) -> Sequence[str]:
    for number, line in enumerate(lines):
        following = lines[number + 1 : number + HEADER_LINES]
        if _SIGNATURE.match(line) or _begins_quote(line, following):
            return lines[:number]
    return lines


def _begins_quote(line: str, following: Sequence[str]) -> bool:
    """Return whether quoted text begins here: by its mark, a rule, or the header that programs write above it."""
    if line.startswith(">") or _RULE.match(line):
        return True
    if _FROM.match(line):
        return any(_SENT.match(one) for one in following)
    if _WROTE.match(line):
        return any(one.endswith("wrote:") for one in (line, *following))
    after = next((one for one in following if one), "")
    return line.endswith(":") and after.startswith(">")  # that header in any language


def _paragraphs(lines: Sequence[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [one for one in found if one]


def _without_greeting(paragraphs: list[list[str]]) -> list[list[str]]:
    """Return what follows a line that only greets; a greeting with nothing below it stays."""
    if not paragraphs or not _GREETING.match(paragraphs[0][0]):
        return paragraphs
    below = paragraphs[0][1:]
    return [below, *paragraphs[1:]] if below else (paragraphs[1:] or paragraphs)


def _is_banner(paragraph: Sequence[str]) -> bool:
    """Return whether a mail server put this paragraph above an email that came from outside."""
    return bool(_BANNER.match(paragraph[0])) and any(_OUTSIDE.search(one) for one in paragraph)
