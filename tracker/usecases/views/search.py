"""Searching events, people, agencies, committees and action items, limited to what the viewer may see."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from tracker.database import together
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.word_forms import has_all, search_words
from tracker.rules.core.wording import local, short_day
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.roster.directory import AgencyFound, CommitteeFound, PersonFound
from tracker.rules.views.search import passage_around
from tracker.tables.visible import actions
from tracker.tables.visible import views as search_rows
from tracker.tables.visible.core.rows import Row
from tracker.usecases.roster import directory

MOST = 50  # results of each kind; people who get more add words


class FoundEvent(Struct, frozen=True, kw_only=True):
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
    """The text around the words in agenda, notes, an operation's order or site, or of a date; empty for the title."""


class SearchResults(Struct, frozen=True, kw_only=True):
    """The results; each list has at most `MOST`."""

    words: tuple[str, ...]
    events: Sequence[FoundEvent] = ()
    people: Sequence[PersonFound] = ()
    agencies: Sequence[AgencyFound] = ()
    items: Sequence[ActionItem] = ()
    passages: Mapping[UUID, str] = field(default_factory=dict)
    """The text around the words in a note of an item, if they are there."""
    committees: Sequence[CommitteeFound] = ()

    @property
    def number(self) -> int:
        """Return the number of results."""
        return sum(self._numbers)

    @property
    def is_full(self) -> bool:
        """Return whether a kind may have more results than are shown."""
        return MOST in self._numbers

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(map(len, (self.events, self.people, self.agencies, self.items, self.committees)))


async def search_all(viewer: Viewer, text: str, now: datetime) -> SearchResults:
    """Return what has all the words of `text`; nothing for a text without words.

    A whole email address means its person, even where its words also find others.
    """
    words = search_words(text)
    if not words:
        return SearchResults(words=())
    events, (people, agencies), (items, passages), committees = await together(
        _events(viewer, words, now),
        _people(viewer, text, words),
        _items(viewer, words),
        directory.committees_with(viewer, words, MOST),
    )
    return SearchResults(
        words=words,
        events=events,
        people=people,
        agencies=agencies,
        items=items,
        passages=passages,
        committees=committees,
    )


async def _people(
    viewer: Viewer, text: str, words: Sequence[str]
) -> tuple[Sequence[PersonFound], Sequence[AgencyFound]]:
    if "@" in text and (meant := await directory.people_with_email(viewer, text.strip())):
        return meant, ()
    return await directory.people_with_words(viewer, words, MOST)


async def _items(viewer: Viewer, words: Sequence[str]) -> tuple[Sequence[ActionItem], Mapping[UUID, str]]:
    action_items = await actions.items_with_words(viewer, words, MOST)
    notes = await actions.note_texts(viewer, [action_item.id for action_item in action_items])
    return action_items, {item_id: _first(texts, words) for item_id, texts in notes.items()}


async def _events(viewer: Viewer, words: Sequence[str], now: datetime) -> list[FoundEvent]:
    rows = await search_rows.events_with_words(viewer, words, now, MOST)
    sites = await search_rows.sites_of_events(
        viewer, [row["id"] for row in rows if row["kind"] == Kind.JOINT_OPERATION]
    )
    own = {row["id"]: (*_texts(row), *sites.get(row["id"], ())) for row in rows}
    by_date = await search_rows.own_texts_of(viewer, [one for one, texts in own.items() if not has_all(words, *texts)])
    return [
        _event(row, _on_a_date(row, by_date.get(row["id"], ()), words, now) or _passage(row, words, sites))
        for row in rows
    ]


def _event(row: Row, passage: str) -> FoundEvent:
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
        passage=passage,
    )


def _texts(row: Row) -> tuple[str, ...]:
    """Return the texts of an event itself, those that a passage can come from first."""
    texts = (row["agenda"], row["description"], row["orders"] or "")
    return (*texts, row["title"], row["place"], row["reference"] or "")


def _on_a_date(row: Row, dates: Iterable[Row], words: Sequence[str], now: datetime) -> str:
    """Return the text around the words in what a date has of its own; empty when none of the dates has one."""
    for one in dates:
        if found := _first((one["title"] or "", one["place"] or "", one["agenda"] or ""), words):
            on, today = local(one["starts_at"], row["zone"]), local(now, row["zone"])
            return f"{short_day(on, today.date())}: {found}"
    return ""


def _passage(row: Row, words: Sequence[str], sites: Mapping[UUID, Sequence[str]]) -> str:
    at_sites = (f"Site: {one}" for one in sites.get(row["id"], ()) if passage_around(one, words))
    return _first(_texts(row)[:3], words) or next(at_sites, "")


def _first(texts: Iterable[str], words: Sequence[str]) -> str:
    """Return the part of the first text that has one of the words; empty when none has."""
    return next((found for text in texts if (found := passage_around(text, words))), "")
