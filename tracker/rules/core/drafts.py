"""What a person keeps for later: drafts of forms, and saved filters."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.wording import clock, local, short_day

KEPT_FOR = timedelta(days=14)
"""A draft that no one has typed in for this long is deleted."""
RESTORABLE_FOR = timedelta(minutes=1)
"""How long a discarded draft can be restored; the message that offers it is shown as long."""
MOST_DRAFTS = 50
"""The drafts that one person keeps: a new one takes the place of the oldest."""
LARGEST = 200_000  # characters of one draft, with the names of its fields
LONGEST_SUBJECT = 80  # characters
SECRETS = frozenset({"password", "repeated", "proof", "file"})
"""Fields that are never kept, whatever form they are in; nor is a field of the form itself, such as its token."""
TOO_LARGE = "This is more than a draft can hold, so it isn’t saved as a draft."
ELSEWHERE = "This form is open in another tab, which saved a newer draft."

Texts = Mapping[str, Sequence[str]]
"""A form: the text of each field."""


class DraftForm(StrEnum):
    """The forms that keep drafts."""

    SCHEDULE = "schedule"
    COPY = "event_copy"
    EVENT = "event"
    DATE = "date"
    CANCELLATION = "cancellation"
    REPLY = "reply"
    RECORDED_REPLY = "recorded_reply"
    NEW_ITEM = "new_item"
    ITEM = "item"
    PEOPLE = "people"
    AGENCIES = "agencies"
    COMMITTEES = "committees"
    SITES = "sites"
    SUSPENSION = "suspension"
    PROFILE = "profile"
    ORDER = "order"
    HOT_WASH = "hot_wash"
    LESSON = "lesson"
    POLL = "poll"
    USUAL_REMINDERS = "usual_reminders"
    COMMITTEE_REMINDERS = "committee_reminders"


RIGHTS: Mapping[DraftForm, frozenset[str]] = {
    DraftForm.PEOPLE: frozenset({"roles"}),
    DraftForm.COMMITTEES: frozenset({"chair", "chair_words"}),
}
"""Choices that give someone rights: a draft keeps none, so its form begins with the rights that are saved.

What narrows access (a guest, a last day, who can see an event) is kept: a form without it would give more than was
typed.
"""


class DraftKey(Struct, frozen=True, kw_only=True):
    """Which draft of a person: its form, and what the form is about; nothing for a form of something new."""

    form: DraftForm
    subject: str = ""
    event_id: UUID | None = None
    """The event whose texts it may hold."""


class DraftVersion(Struct, frozen=True, kw_only=True):
    """Which draft a page shows, and which version of it; the version rises each time the draft is saved.

    A draft that is begun after another one was removed has the same key, but another id.
    """

    draft_id: UUID
    version: int


class SavedDraft(Struct, frozen=True, kw_only=True):
    """A draft as its person sees it."""

    texts: Texts
    saved: DraftVersion
    saved_at: datetime


class SentForm(Struct, frozen=True, kw_only=True):
    """A form that was sent and saved, while undoing what it did can make a draft of it again."""

    key: DraftKey
    page: str
    """The address that shows the form."""
    tab: UUID
    """The page that sent it."""
    text: str
    """What a draft keeps of it, as it is stored."""


def kept_texts(form: DraftForm, texts: Texts) -> dict[str, list[str]]:
    """Return what a draft keeps of a form: what people fill in, and the record of how it was opened; no right."""
    left_out = SECRETS | RIGHTS.get(form, frozenset())
    return {name: list(all_) for name, all_ in texts.items() if not name.startswith("_") and name not in left_out}


def draft_text(form: DraftForm, texts: Texts) -> str:
    """Return the text by which a draft is stored. Errors: Invalid when it is too large."""
    text = msgspec.json.encode(kept_texts(form, texts)).decode()
    if len(text) > LARGEST:
        raise Invalid(TOO_LARGE)
    return text


def read_draft(text: str) -> Texts:
    """Return the texts of a stored draft."""
    return msgspec.json.decode(text, type=dict[str, list[str]])


def item_origin(form: DraftForm, texts: Texts) -> UUID | None:
    """Return the date that a new action item comes from, if its form names one."""
    text = next(iter(texts.get("origin", ())), "") if form is DraftForm.NEW_ITEM else ""
    try:
        return UUID(text)
    except ValueError:
        return None


def is_draft_over(saved_at: datetime, now: datetime) -> bool:
    """Return whether a draft is too old to be shown."""
    return saved_at <= now - KEPT_FOR


def saved_words(saved_at: datetime, now: datetime, zone: str) -> str:
    """Return when a draft was saved, on the wall clock of `zone`: "8:40 AM", on another day "Thu, Dec 10, 8:40 AM"."""
    then, today = local(saved_at, zone), local(now, zone).date()
    return clock(then) if then.date() == today else f"{short_day(then, today)}, {clock(then)}"


LONGEST_NAME = 60  # characters
LONGEST_QUERY = 500  # characters
MOST_FILTERS = 50
"""Filters that one person can keep."""


class Listing(NamedTuple):
    """A page whose address holds a filter."""

    label: str
    fields: tuple[str, ...]
    """The parts that a filter keeps; never a calendar's day or a list's page, so that it opens at the present."""


LISTINGS: Mapping[str, Listing] = {
    "calendar": Listing("Calendar", ("view", "kind", "committee", "agency", "visibility", "mine", "canceled")),
    "action-items": Listing("Action items", ("group", "q", "mine", "done")),
    "messages": Listing("Messages", ("state", "kind", "person")),
    "people": Listing("Agencies and people", ("q", "left")),
    "reports": Listing("Reports", ("period", "from", "to", "kind", "committee")),
    "audit": Listing("Audit log", ("who", "what", "about", "via", "from", "to")),
}
"""Path of the page → its name and what a filter of it keeps."""


class SavedFilter(Struct, frozen=True, kw_only=True):
    """A filter as its owner sees it."""

    id: UUID
    listing: str
    name: str
    query: str

    @property
    def label(self) -> str:
        """Return the name of the page that the filter narrows."""
        return LISTINGS[self.listing].label

    @property
    def address(self) -> str:
        """Return the address of the filtered page."""
        return f"/{self.listing}?{self.query}"


def kept_query(listing: str, query: str) -> str:
    """Return what a filter keeps of an address's query, in a fixed order; empty when it narrows nothing."""
    asked = parse_qs(query)
    return urlencode([(field, text) for field in LISTINGS[listing].fields for text in asked.get(field, ())])
