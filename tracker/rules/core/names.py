"""What may be a name or a title, of a person, an agency, a committee or a site; every way in has the same rule.

Names appear in lists, exports and emails, where two that look alike must not differ in what no one can see.
"""

import unicodedata

from tracker.errors import Invalid
from tracker.rules.core.clean_text import clean, seen
from tracker.rules.core.csv_cells import is_formula

UNSEEN = "This has an invisible character. Type it again."
FORMULA = "Start with a letter or a digit. A spreadsheet would read this as a formula."
_JOINERS = "\u200c\u200d"  # invisible, and part of the spelling of some names


def name_in(text: str, longest: int, field: str) -> str:
    """Return a name as it is stored. Errors: Invalid(`field`) for one that can't be a name, or is too long."""
    shown = text.strip(" ")
    if why_not := fault(shown):
        raise Invalid(**{field: why_not})
    return clean(shown, longest, field)


def fault(text: str) -> str:
    """Return why a text can't be a name, or ""; an empty text can, where none is required."""
    if is_formula(text):
        return FORMULA
    if seen(text) != text or any(unicodedata.category(one)[0] == "C" and one not in _JOINERS for one in text):
        return UNSEEN
    return ""
