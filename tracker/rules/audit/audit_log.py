"""The entries of the audit log in words, one by one and by deed, the groups for filtering, and what a reader asks for.

The entries of one request or one run of the clock are one deed: a row with a sentence for all.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from tracker.rules.audit import facts as audit_facts
from tracker.rules.audit.verbs import DENIED, AuditGroup, AuditSubject, subject_words, verb_words
from tracker.rules.core.viewers import Origin
from tracker.rules.core.wording import plural
from tracker.rules.events.markings import Marking

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
        return audit_facts.facts_in_words(self.facts)

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
    about: str = ""
    """Id of a subject; empty = any."""
    via: str = ""
    """A network address, or the log's name for a session or a token; empty = any."""
