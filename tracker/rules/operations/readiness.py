"""Service-readiness notices: what victim services read to get ready, without learning of the operation.

A notice is a copy. Nothing in it is read from the operation, and nothing in it changes when the operation does. Its
texts can't tell where something is: a street address, a numbered street, or coordinates. Few false alarms count more
than finding every spelling. Words that are a street as well as a common word ("court", "way") count only when they and
the name before them are capitalized.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.wording import Worded
from tracker.rules.operations.plans import telltales
from tracker.rules.operations.states import OVER, OperationState

SHORTEST_WINDOW = timedelta(hours=4)
LONGEST_WINDOW = timedelta(days=14)
AWAY = timedelta(minutes=30)
"""How far the start and the end of a window are at least from those of the operation."""
NEAR_IT = "within 30 minutes of then. Choose another time, so that the window doesn’t give it away."
MOST_EXPECTED = 500  # people
LONGEST_TEXTS = {"languages": 200, "needs": 1_000, "place": 200, "contact": 200}
"""The limits of the texts, in characters."""
SERVICE_READINESS = "Service readiness"
"""How a notice is called everywhere outside its own page."""


class Minors(Worded):
    """Whether minors are expected."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class NoticeState(Worded):
    """Where a notice is."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    """Its text is fixed, and its recipients get it at the release time."""
    RELEASED = "released"
    ACKNOWLEDGED = "acknowledged"
    """Every recipient has acknowledged it."""
    ACTIVATED = "activated"
    """Services are needed now."""
    STOOD_DOWN = "stood_down"
    """Services are not needed."""
    CLOSED = "closed"


NOTICE_MOVES: Mapping[NoticeState, tuple[NoticeState, ...]] = {
    NoticeState.DRAFT: (NoticeState.SCHEDULED,),
    NoticeState.SCHEDULED: (NoticeState.DRAFT,),
    NoticeState.RELEASED: (NoticeState.ACTIVATED, NoticeState.STOOD_DOWN),
    NoticeState.ACKNOWLEDGED: (NoticeState.ACTIVATED, NoticeState.STOOD_DOWN),
    NoticeState.ACTIVATED: (NoticeState.CLOSED, NoticeState.STOOD_DOWN),
    NoticeState.STOOD_DOWN: (),
    NoticeState.CLOSED: (),
}
"""What the people who lead can do; the clock releases, and recipients acknowledge."""
OVER_FOR = {NoticeState.SCHEDULED: OVER, NoticeState.ACTIVATED: frozenset({OperationState.CLOSED})}
"""The states of the operation in which its notice can no longer be taken there."""
IN_FORCE = frozenset({NoticeState.RELEASED, NoticeState.ACKNOWLEDGED, NoticeState.ACTIVATED})
"""The states in which its recipients hold themselves ready."""
ENDED = frozenset({NoticeState.STOOD_DOWN, NoticeState.CLOSED})
WAITING = frozenset({NoticeState.RELEASED, NoticeState.ACKNOWLEDGED})
"""The states that end by themselves when the operation is stood down or canceled."""


class NoticeText(Struct, frozen=True, kw_only=True):
    """What recipients read; times aware UTC."""

    starts_at: datetime
    ends_at: datetime
    fewest: int
    most: int
    languages: str
    minors: Minors
    needs: str
    place: str
    """The public name of a place away from the operation."""
    contact: str
    """Whom to call in law enforcement."""

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Return when recipients hold themselves ready."""
        return self.starts_at, self.ends_at

    @property
    def expected(self) -> str:
        """Return how many people are expected: "3–6 people"."""
        if self.fewest == self.most:
            return f"{self.most} {'person' if self.most == 1 else 'people'}"
        return f"{self.fewest}–{self.most} people"


class Notice(Struct, frozen=True, kw_only=True):
    """A notice as one of its recipients has it."""

    id: UUID
    uid: str
    text: NoticeText
    state: NoticeState
    released_at: datetime
    changed_at: datetime
    """When it was released, or stood down."""
    sequence: int
    """SEQUENCE of its calendar entry (RFC 5545 §3.8.7.4)."""
    acknowledged_at: datetime | None
    """When this recipient acknowledged it."""

    @property
    def is_in_force(self) -> bool:
        """Return whether its recipients hold themselves ready."""
        return self.state in IN_FORCE


class NoticeRecipient(Struct, frozen=True, kw_only=True):
    """A person who gets a notice, for those who lead the operation."""

    id: UUID
    name: str
    agency: str
    acknowledged_at: datetime | None


class LedNotice(Struct, frozen=True, kw_only=True):
    """A notice as the people of its operation see it."""

    id: UUID
    text: NoticeText
    state: NoticeState
    release_at: datetime
    released_at: datetime | None
    recipients: tuple[NoticeRecipient, ...]

    @property
    def acknowledged(self) -> int:
        """Return how many recipients have acknowledged it."""
        return sum(recipient.acknowledged_at is not None for recipient in self.recipients)

    @property
    def is_over(self) -> bool:
        """Return whether another notice can take its place."""
        return self.state in ENDED


def check_notice(
    text: NoticeText, release_at: datetime, operation: tuple[datetime, datetime], names: Iterable[str], now: datetime
) -> None:
    """Raise `Invalid`, with a sentence for each field, unless the notice keeps the operation to itself.

    `operation` is when it starts and ends, `names` are those that would give it away.
    """
    wrong = _wrong_times(text, release_at, operation, now) | _wrong_texts(text, [*names])
    if not 0 <= text.fewest <= text.most <= MOST_EXPECTED or text.most == 0:
        wrong["fewest"] = f"Enter two numbers up to {MOST_EXPECTED}, the smaller one first."
    if wrong:
        raise Invalid(**wrong)


def notice_moves(state: NoticeState, operation: OperationState) -> tuple[NoticeState, ...]:
    """Return where the people who lead can take a notice while its operation is in a state."""
    return tuple(to for to in NOTICE_MOVES[state] if operation not in OVER_FOR.get(to, ()))


def is_outside_window(window: tuple[datetime, datetime], operation: tuple[datetime, datetime]) -> bool:
    """Return whether an operation isn't within the window of its notice."""
    return operation[0] < window[0] or operation[1] > window[1]


def _wrong_times(
    text: NoticeText, release_at: datetime, operation: tuple[datetime, datetime], now: datetime
) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if abs(text.starts_at - operation[0]) < AWAY:
        wrong["starts"] = f"The operation starts {NEAR_IT}"
    if abs(text.ends_at - operation[1]) < AWAY:
        wrong["ends"] = f"The operation ends {NEAR_IT}"
    if text.ends_at - text.starts_at < SHORTEST_WINDOW:
        wrong["ends"] = "Make the window at least 4 hours long."
    elif text.ends_at - text.starts_at > LONGEST_WINDOW:
        wrong["ends"] = f"Make the window at most {LONGEST_WINDOW.days} days long."
    elif text.ends_at <= now:
        wrong["ends"] = "This window is over. Choose a later one."
    elif release_at >= text.ends_at:
        wrong["release"] = "Release it before the window ends."
    return wrong


def _wrong_texts(text: NoticeText, names: list[str]) -> dict[str, str]:
    texts = {"languages": text.languages, "needs": text.needs, "place": text.place, "contact": text.contact}
    wrong = {
        field: f"“{name}” is part of the operation. Leave it out."
        for field, words in texts.items()
        for name in telltales(words, names)
    }
    wrong |= {
        field: f"“{place}” looks like an address. Leave it out, or use the public name of the place."
        for field, words in texts.items()
        for place in places_in(words)
        if field not in wrong
    }
    wrong |= {
        field: f"Keep it to {LONGEST_TEXTS[field]:,} characters."
        for field, words in texts.items()
        if len(words) > LONGEST_TEXTS[field]
    }
    if not text.contact:
        wrong["contact"] = "Enter who victim services can call, with a phone number."
    return wrong


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
    return tuple(match[0] for pattern in _PLACES for match in pattern.finditer(text))
