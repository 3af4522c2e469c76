"""The entries of the audit log in words, one by one and by deed, with their facts, and what a reader asks for.

The entries of one request or one run of the clock are one deed: a row with a sentence for all.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from tracker.rules.attendance import Mark
from tracker.rules.audit.verbs import DENIED, AuditGroup, AuditSubject, subject_words, verb_words
from tracker.rules.core.viewers import Origin
from tracker.rules.core.wording import plural, short_day
from tracker.rules.events.events import FIELDS as EVENT_FIELDS
from tracker.rules.events.markings import Marking
from tracker.rules.identity import UNKNOWN, browser_name
from tracker.rules.roster.meetings import lead_words

SAID_TO_ALL = (
    "fields",
    "gained",
    "lost",
    "why",
    "date",
    "reply",
    "status",
    "kind",
    "what",
    "for",
    "scope",
    "version",
    "browser",
    "filter",
    "route",
    *(str(mark) for mark in Mark),
)
"""Facts that all readers of an entry may see; others could count things that the reader does not see."""
SHOWN_ELSEWHERE = frozenset({"client", "next"})
"""Shown elsewhere, such as the source of older sign-in entries; or the id of something with an entry of its own."""
LABELS = {
    "fields": "Changed",
    "gained": "Now also",
    "lost": "No longer",
    "why": "Reason",
    "date": "Date",
    "scope": "Shows",
    "for": "For",
    "how": "By",
    "filter": "Searched for",
    "route": "",
    "from": "From",
    "to": "To",
    "recipient": "To",
    "copy": "Copy",
    "copy_of": "Copy of",
    "version": "Version",
    "date_version": "Version of the date",
    "plan_version": "Version of the plan",
    "format": "Format",
    "unmarked": "Not marked",
    "minutes": "Valid for",
    "bytes": "Size",
    "broken": "First broken entry",
    "leads": "Reminders",
    "asks_before": "Follow-ups before the event",
    "asks_after": "Follow-ups after the invitation",
    "is_usual": "Uses the task force’s reminders",
    "was_leads": "Previous reminders",
    "was_asks_before": "Previous follow-ups before the event",
    "was_asks_after": "Previous follow-ups after the invitation",
    "was_sends_thanks": "Previously sent a thank-you",
    "was_is_usual": "Previously used the task force’s reminders",
    "date_reminders": "Reminders of dates",
    "item_reminders": "Reminders of action items",
    "is_discreet": "Time-only emails",
    "primary": "Primary",
    "shows_operations": "Restricted events",
    "alarm_minutes": "Alert (minutes before an event)",
    "all_day_alarm": "Alert for all-day events",
    "chaired": "Chair before",
    "scopes": "Permissions",
    "browser": "Browser",
}
"""Label of a fact; a fact that is not listed is labeled by its own name."""
JOINED = frozenset(
    {
        "version",
        "date_version",
        "plan_version",
        "copy_of",
        "fields",
        "how",
        "from",
        "since",
        "for",
        "copy",
        "minutes",
        "to",
        "until",
        "recipient",
    }
)
"""Labels without a colon."""
FIELDS = {
    **{name: field_about.log_words for name, field_about in EVENT_FIELDS.items() if field_about.log_words},
    "expires_at": "last day",
    "starts_at": "start",
    "ends_at": "end",
    "rrule": "repetition",
    "rule": "repetition",
    "is_guest": "email only",
    "phone": "work phone",
    "mobile": "mobile phone",
    "is_mobile_private": "who can see the mobile phone",
    "contact_name": "contact person",
    "contact_phone": "phone of the contact person",
    "contact_email": "email of the contact person",
    "local_start": "start",
    "until_local": "end of the series",
    "capacity": "capacity",
    "is_open": "status",
    "mark_categories": "marking",
    "mark_limit": "limit of the marking",
    "mark_agency": "who marked it",
    "mark_until": "decontrol date",
}
"""Columns whose own name is not plain; the others are labeled by their name, without underscores."""
VALUES = {
    "accepted": "yes",
    "declined": "no",
    "tentative": "maybe",
    "needs-action": "none",
    "sign_in": "signing in",
    "reset": "a new password",
    "proof": "confirmation",
    "code": "security code",
}
METHODS = {"GET": "Requested", "HEAD": "Requested", "POST": "Sent a form to", "DELETE": "Asked to delete"}
FILTERS = {
    "what": "{} entries",
    "who": "by {}",
    "about": "about {}",
    "from": "from {}",
    "to": "to {}",
    "via": "from {}",
}
EMPTY: tuple[object, ...] = (None, "", [], {})
LEADS = frozenset({"leads", "asks_before", "asks_after", "was_leads", "was_asks_before", "was_asks_after"})
"""Facts of a reminder policy; an empty one is none at all."""
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[\d:.+Z-]*)?")
_ROUTE = re.compile(r"([A-Z]+) (/\S*)")


def facts_in_words(facts: Mapping[str, object]) -> str:
    """Return the facts in words, without empty ones and those shown elsewhere."""
    parts = []
    for name, value in facts.items():
        is_empty = value in EMPTY and not (name in LEADS and value == "")
        if is_empty or name in SHOWN_ELSEWHERE:
            continue
        words = WORDS.get(name, _words)(value)
        label = LABELS.get(name, name.replace("_", " ").capitalize())
        parts.append(f"{label} {words}".strip() if name in JOINED or not label else f"{label}: {words}")
    return "; ".join(parts)


def ids_in_facts(value: object) -> set[UUID]:
    """Return the ids in facts, of any kind."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return {fact for part in value for fact in ids_in_facts(part)}
    return {UUID(value)} if isinstance(value, str) and ID.fullmatch(value) else set()


def facts_with_names(facts: Mapping[str, object], names: Mapping[UUID, str]) -> dict[str, object]:
    """Return the facts with names in place of ids."""
    return {name: _named(value, names) for name, value in facts.items()}


def _named(value: object, names: Mapping[UUID, str]) -> object:
    if isinstance(value, list):
        return [_named(part, names) for part in value]
    return names.get(UUID(value), value) if isinstance(value, str) and ID.fullmatch(value) else value


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_words(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return _listed([_words(part) for part in value])
    text = str(value)
    if match := _DAY.fullmatch(text):
        with suppress(ValueError):
            day = date.fromisoformat(match[1])
            return f"{short_day(day)}, {day.year}"
        return match[1]
    return VALUES.get(text, text.replace("_", " "))


def _fields(value: object) -> str:
    names = map(str, value) if isinstance(value, Sequence) else ()
    words = dict.fromkeys(FIELDS.get(name, name.replace("_", " ")) for name in names)
    return _listed(list(words))


def _route(value: object) -> str:
    """Return a route without its parameters: "Requested /events/…"."""
    match = _ROUTE.fullmatch(str(value))
    if not match:
        return str(value)
    return f"{METHODS.get(match[1], 'Changed')} {re.sub('{[^}]*}', '…', match[2])}"


def _filter(value: object) -> str:
    asked = value if isinstance(value, Mapping) else {}
    return ", ".join(FILTERS[name].format(_words(part)) for name, part in asked.items() if name in FILTERS)


def _leads(value: object) -> str:
    minutes = [text for text in str(value).split(",") if text.isdigit()]
    return _listed([lead_words(timedelta(minutes=int(minute))) for minute in minutes]) or str(value) or "none"


def _minutes(value: object) -> str:
    return lead_words(timedelta(minutes=int(str(value)))) if str(value).isdigit() else str(value)


def _browser(value: object) -> str:
    """Return a browser in two words, another program by its own name."""
    name = browser_name(str(value))
    return str(value) if name.startswith(UNKNOWN) else name


def _size(value: object) -> str:
    return f"{int(str(value)) / 1e6:,.1f} MB" if str(value).isdigit() else str(value)


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


WORDS: Mapping[str, Callable[[object], str]] = {
    "fields": _fields,
    "filter": _filter,
    "route": _route,
    "scopes": lambda value: _listed(str(value).split()),
    **dict.fromkeys(LEADS, _leads),
    "bytes": _size,
    "minutes": _minutes,
    "why": str,
    "browser": _browser,
    **dict.fromkeys(
        ("date_reminders", "item_reminders", "is_discreet", "digest", "shows_operations"),
        lambda value: "on" if value else "off",
    ),
}


def readable_facts(facts: Mapping[str, object], *, reads_all: bool) -> Mapping[str, object]:
    """Return the facts that a reader may see of an entry whose subject they may open."""
    return facts if reads_all else {name: facts[name] for name in SAID_TO_ALL if name in facts}


WHOLE = {
    ("shared", "shared_calendar"): "Started sharing a calendar",
    ("emergency_expired", "emergency"): "Emergency access expired",
    ("comparisons_limited", "deconfliction"): "Reached the limit of site comparisons",
}
"""Verb and subject → a sentence whose words the two of them would repeat."""

BEFORE_TITLE = {"event": "", "occurrence": "a date of", "invitation": "invitation to"}
"""Subject → what comes before its title, where that isn't its label: "Canceled a date of Steering Committee"."""
MANY = {"agency": "agencies", "address": "addresses"}
"""More than one of a thing; of the others it ends in s."""
UNCOUNTED = frozenset(subject for subject in AuditSubject if subject.label.startswith(("the ", "a ", "reminder")))
"""Things of which no sentence gives a number."""

SOURCES = {
    "page": "Web",
    "link": "Email link",
    "email": "Email",
    "feed": "Calendar feed",
    "api": "API",
    "cli": "Command line",
    "clock": "System",
}
AnyRow = TypeVar("AnyRow")


class AuditLine(Struct, frozen=True, kw_only=True):
    """One entry as one reader sees it."""

    seq: int
    """Its number in the chain; only readers of the whole log see it, because gaps reveal what is left out."""
    at: datetime
    actor_id: UUID | None
    actor: str
    """Name and agency at that time, "System", or a note that the id no longer exists."""
    origin: Origin
    verb: str
    subject: str
    subject_id: str
    title: str = ""
    """Label of the subject; empty if the reader may not open it."""
    address: str = ""
    """The address of the subject; empty when it has no page, or none for the reader."""
    facts: Mapping[str, object]
    is_open: bool
    """Whether the reader may open the subject; otherwise they see only ids and verbs."""
    marking: Marking | None = None
    """The marking of the event that the subject is or comes from, when the reader may see it."""

    @property
    def is_denied(self) -> bool:
        """Return whether it records a denied request."""
        return self.verb in DENIED

    @property
    def words(self) -> str:
        """Return what happened, as the beginning of a sentence that the subject's title or id completes."""
        return WHOLE.get((self.verb, self.subject)) or f"{self._did} {self._thing}".strip().rstrip(":")

    @property
    def words_before_title(self) -> str:
        """Return what happened, as the beginning of a sentence that ends with the subject's title."""
        before = BEFORE_TITLE.get(self.subject)
        return self.words if before is None or not self.title else f"{self._did} {before}".strip()

    @property
    def words_with_title(self) -> str:
        """Return what happened to what, as far as the reader may know its title."""
        title = "" if self.is_about_actor else self.title
        return f"{self.words_before_title} {'(CUI) ' if title and self.marking else ''}{title}".strip()

    def words_of(self, count: int) -> str:
        """Return what happened to so many things in one deed: "Emailed an invitation to 24 members"."""
        if not self._thing or self.subject in UNCOUNTED or (self.verb, self.subject) in WHOLE:
            return f"{self.words} ({count} entries)"
        return f"{self._did.removesuffix(' an')} {plural(count, self._thing, MANY.get(self._thing))}"

    @property
    def said(self) -> str:
        """Return the facts in one line: "Changed place and title; version 3"."""
        return facts_in_words(self.facts)

    @property
    def where(self) -> str:
        """Return the request source in words."""
        return SOURCES.get(self.origin.source, self.origin.source.capitalize())

    @property
    def in_session(self) -> str:
        """Return the session or token, in the characters that the audit log keeps."""
        word = "Token" if self.origin.source == "api" else "Session"
        return f"{word} {self.origin.session}" if self.origin.session else ""

    @property
    def is_about_actor(self) -> bool:
        """Return whether people changed their own account."""
        return self.subject == "member" and self.subject_id == str(self.actor_id)

    @property
    def _did(self) -> str:
        return verb_words(self.verb)

    @property
    def _thing(self) -> str:
        return "" if self.is_about_actor else subject_words(self.subject)


class DeedEntries(Struct, frozen=True, kw_only=True):
    """The entries of one deed, newest first; at least one."""

    entries: Sequence[AuditLine]

    @property
    def newest(self) -> AuditLine:
        """Return its last entry; who did it, when, and from where is the same in all of them."""
        return self.entries[0]

    @property
    def is_one(self) -> bool:
        """Return whether it is one entry, which has a sentence of its own."""
        return len(self.entries) == 1

    @property
    def has_denied(self) -> bool:
        """Return whether an entry records a denied request."""
        return any(entry.is_denied for entry in self.entries)

    @property
    def words(self) -> tuple[str, ...]:
        """Return what happened, in the order in which it did: "Emailed an invitation to 24 members"."""
        alike: dict[tuple[str, str], list[AuditLine]] = {}
        for entry in reversed(self.entries):
            alike.setdefault((entry.verb, entry.subject), []).append(entry)
        return tuple(map(_sentence_of, alike.values()))


def _sentence_of(alike: Sequence[AuditLine]) -> str:
    """Return the sentence of entries that say the same, of one thing or of several."""
    first = alike[0]
    if len({audit_line.subject_id for audit_line in alike}) > 1:
        return first.words_of(len(alike))
    return first.words_with_title if len(alike) == 1 else f"{first.words_with_title} ({len(alike)} times)"


def whole_deeds(rows: Sequence[AnyRow], keys: Iterable[Hashable], most: int, *, has_more: bool) -> list[list[AnyRow]]:
    """Return rows that follow each other and have one key as one list each, `most` lists at most.

    With `has_more`, rows are missing at the end: the last list is left out, unless it is the only one.
    """
    paired = groupby(zip(keys, rows, strict=True), key=lambda pair: pair[0])
    deeds = [[row for _, row in pairs] for _, pairs in paired]
    if has_more and len(deeds) > 1:
        deeds.pop()
    return deeds[:most]


class AuditFilter(Struct, frozen=True, kw_only=True):
    """The entries a reader asks for: those in [since, until], newest first, after skipping `skip` of them."""

    since: datetime
    until: datetime
    skip: int = 0
    actor_id: UUID | None = None
    only_system: bool = False
    group: AuditGroup | None = None
    subject_id: str = ""
    """Id of a subject; empty = any."""
    via: str = ""
    """A network address, or the log's name for a session or a token; empty = any."""
