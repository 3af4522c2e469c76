"""Whether a text tells where something is: a street address, a numbered street, or coordinates.

Few false alarms count more than finding every spelling. Words that are a street as well as a common word ("court",
"way") count only when they and the name before them are capitalized.
"""

import re
from collections.abc import Iterator

_SURE = "street|st|avenue|ave|boulevard|blvd|road|rd|parkway|pkwy|highway|hwy|lane|ln"
_CAPITALIZED = "Drive|Dr|Court|Ct|Place|Pl|Terrace|Ter|Trail|Trl|Circle|Cir|Way|Square|Loop|Plaza"
_NO_NAME = "am|pm|a|an|and|at|by|for|from|in|is|of|off|on|or|our|per|the|their|this|to|with"
_DIRECTION = r"(?:(?:north|south|east|west|[nsew]|ne|nw|se|sw)\.?\s+)?"
_NUMBER = r"(?<![\w.,:/$#-])\d{1,5}[a-z]?"
_FAR = r"(?![\w-])"
_PLACES = (
    # 412 N. Larkspur St, 1200 e 12th street
    re.compile(rf"{_NUMBER}\s+{_DIRECTION}(?:(?!(?:{_NO_NAME})\b)[\w’']+\s+){{1,3}}(?:{_SURE}){_FAR}", re.IGNORECASE),
    # 7 Harbor Way, 15 Old Mill Court
    re.compile(rf"{_NUMBER}\s+{_DIRECTION}(?:(?!(?:AM|PM)\b)[A-Z0-9][\w’']*\s+){{1,3}}(?:{_CAPITALIZED}){_FAR}"),
    # 12th St and Oak
    re.compile(rf"(?<![\w-])\d{{1,3}}(?:st|nd|rd|th)\s+(?:{_SURE}){_FAR}", re.IGNORECASE),
    # 39.0911, -94.4155
    re.compile(r"(?<![\w.-])-?\d{1,2}\.\d{3,}(?:\s*,\s*|\s+)-?\d{1,3}\.\d{3,}(?![\w.])"),
)


def places_in(text: str) -> tuple[str, ...]:
    """Return the parts of a text that look like an address or coordinates."""
    return tuple(_found(text))


def _found(text: str) -> Iterator[str]:
    for pattern in _PLACES:
        yield from (one[0] for one in pattern.finditer(text))
