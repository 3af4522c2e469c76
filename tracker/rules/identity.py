"""Passwords, browsers, and personal tokens."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.wording import Worded

SHORTEST = 15  # characters
LONGEST = 128  # characters
ENOUGH = 4.0  # parts that must each be guessed; see `parts`
MARK = 0.25  # part for a digit or sign: dates and "123!" add little
LONGEST_WORD = 24  # letters of a word that is looked up

TASK_FORCE_WORDS = frozenset(
    """task force taskforce tracker human trafficking trafficker rescue project coalition against hotline victim
    victims services service advocate survivor federal bureau investigation investigations homeland security
    attorney attorneys office justice department police sheriff county highway patrol detective agent officer
    operation operations coordinator committee steering agency fbi hsi kcpd usao caht mshp doj dhs ngo
    missouri kansas city independence jackson western district america american united states government
    password passphrase passcode secret welcome login signin letmein admin administrator changeme access account
    calendar meeting meetings winter spring summer autumn monday tuesday wednesday thursday friday saturday sunday
    january february march april june july august september october november december""".split()
)

_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qazwsxedcrfvtgbyhnujm")


def password_refusal(password: str, common: AbstractSet[str], personal: Iterable[str] = ()) -> str | None:
    """Return the sentence that explains why a password is refused, or None.

    `common` holds words that are guessed first (lower case); `personal` the person's own words: name, email, agency.
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. Four or more unrelated words work well."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if _is_repeated(password):
        return "This repeats the same few characters. Use four or more unrelated words."
    own = {word for text in personal for word in re.findall(r"[a-z0-9]{3,}", text.lower())}
    if parts(password, common, TASK_FORCE_WORDS | own) < ENOUGH:
        return "This is easy to guess. Add words that have nothing to do with you or this work."
    return None


def parts(password: str, common: AbstractSet[str], given: AbstractSet[str]) -> float:
    """Return the least number of parts of a password that must be guessed.

    A `given` word is free, a common password or a run ("qwerty", "aaaa") is one part, an unknown letter is one, a digit
    or sign a quarter.
    """
    text = password.lower()
    plain = text.translate(_LEET)
    least = [0.0]
    for end in range(1, len(text) + 1):
        single = least[end - 1] + (1.0 if text[end - 1].isalpha() else MARK)
        words = (
            least[start] + cost
            for start in range(max(0, end - LONGEST_WORD), end - 2)
            if (cost := _cost(text[start:end], plain[start:end], common, given)) is not None
        )
        least.append(min(single, min(words, default=single)))
    return least[-1]


def _cost(piece: str, plain: str, common: AbstractSet[str], given: AbstractSet[str]) -> float | None:
    if piece in given or plain in given:
        return 0.0
    if piece in common or plain in common or _is_run(piece):
        return 1.0
    return None


def _is_run(piece: str) -> bool:
    return len(set(piece)) == 1 or any(piece in row or piece[::-1] in row for row in _ROWS)


def _is_repeated(password: str) -> bool:
    few = len(set(password)) < 5  # noqa: PLR2004 - four different characters are few
    return few or (password + password).find(password, 1) < len(password)


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Parts of a User-Agent and names, specific ones first: most browsers also claim to be Chrome and Safari."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
UNKNOWN = "Another browser"


def browser_name(user_agent: str) -> str:
    """Return "Firefox on Windows", or as much of it as a browser reports."""
    browser = _first(BROWSERS, user_agent) or UNKNOWN
    system = _first(SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(marks: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in marks if mark in user_agent), None)


LIFETIME = timedelta(days=365)
MAX_TOKENS = 10  # tokens of one person


class ApiScope(Worded):
    """What a token allows; it never allows more than its owner may see and do."""

    EVENTS_READ = "events:read", "Read events, their dates, people, agencies, and committees"
    EVENTS_WRITE = "events:write", "Schedule, change, and cancel events and dates"
    REPLIES_READ = "replies:read", "Read replies"
    REPLIES_WRITE = "replies:write", "Reply on your behalf"
    ATTENDANCE_READ = "attendance:read", "Read attendance"
    ATTENDANCE_WRITE = "attendance:write", "Take attendance"
    ITEMS_READ = "items:read", "Read action items"
    ITEMS_WRITE = "items:write", "Assign, update, and complete action items"
    OPERATIONS_READ = "operations:read", "Read the plans of joint operations, with their sites and conflicts"
    OPERATIONS_WRITE = (
        "operations:write",
        "Plan joint operations: sites, agency resources, approvals, and acknowledgments",
    )


class OwnApiToken(Struct, frozen=True, kw_only=True):
    """A token as its owner sees it, without its value."""

    id: UUID
    name: str
    scopes: frozenset[ApiScope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
