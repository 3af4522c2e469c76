"""Searching events, people, committees and action items, limited to what the viewer may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.actions.action_items import ActionItem
from tracker.rules.actions.item_lists import Filter, matching
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import EventStatus, Kind
from tracker.rules.roster.directory import CommitteeCard, PersonCard, holds
from tracker.rules.views.search import around, words_of
from tracker.tables.visible.actions import action_items
from tracker.tables.visible.core.rows import Row
from tracker.tables.visible.views import search as search_rows
from tracker.usecases.roster import directory

MOST = 50  # results of each kind; people who get more add words
DONE_SINCE = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class FoundEvent:
    """An event that contains the words; times are aware UTC."""

    id: UUID
    title: str
    place: str
    kind: Kind
    visibility: Visibility
    status: EventStatus
    zone: str
    is_all_day: bool
    dates: int
    starts_at: datetime
    """Start of the next date, or of the last one when the event is over."""
    is_over: bool
    is_marked: bool
    """Whether it is controlled information."""
    passage: str
    """The text around the words in agenda, notes, or an operation's order, or its site; empty for the title alone."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The results; each list has at most `MOST`."""

    words: tuple[str, ...]
    events: Sequence[FoundEvent] = ()
    people: Sequence[PersonCard] = ()
    items: Sequence[ActionItem] = ()
    passages: Mapping[UUID, str] = field(default_factory=dict)
    """The text around the words in a note of an item, if they are there."""
    committees: Sequence[CommitteeCard] = ()

    @property
    def number(self) -> int:
        """Return the number of results."""
        return len(self.events) + len(self.people) + len(self.items) + len(self.committees)

    @property
    def is_full(self) -> bool:
        """Return whether a kind may have more results than are shown."""
        return MOST in (len(self.events), len(self.people), len(self.items), len(self.committees))


async def search(viewer: Viewer, text: str, now: datetime) -> Found:
    """Return what contains all the words of `text`; nothing for a text without words."""
    words = words_of(text)
    if not words:
        return Found(words=())
    looked_for = " ".join(words)
    items = await action_items.items(viewer, closed_since=now - DONE_SINCE)
    notes = await action_items.notes_with(viewer, words)
    return Found(
        words=words,
        events=[_event(row, words) for row in await search_rows.events(viewer, words, now, MOST)],
        people=(await directory.search(viewer, looked_for, at_most=MOST)).people,
        items=matching(items, Filter(words=looked_for, with_done=True), viewer.member_id, notes)[:MOST],
        passages={item_id: around(texts[0], words) for item_id, texts in notes.items()},
        committees=[one for one in await directory.committees(viewer) if holds(looked_for, one.name, one.place)][:MOST],
    )


def _event(row: Row, words: Sequence[str]) -> FoundEvent:
    is_over = row["next"] is None
    return FoundEvent(
        id=row["id"],
        title=row["title"],
        place=row["place"],
        kind=Kind(row["kind"]),
        zone=row["zone"],
        visibility=Visibility(row["visibility"]),
        status=EventStatus(row["status"]),
        dates=row["dates"],
        is_all_day=bool(row["is_all_day"]),
        starts_at=row["last"] if is_over else row["next"],
        is_over=is_over,
        is_marked=bool(row["mark_categories"]),
        passage=_passage(row, words),
    )


def _passage(row: Row, words: Sequence[str]) -> str:
    texts = (row["agenda"], row["description"], row["orders"] or "")
    site = f"Site: {row['site']}" if row["site"] else ""
    return next((found for text in texts if (found := around(text, words))), site)
