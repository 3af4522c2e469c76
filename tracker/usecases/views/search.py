"""Search, and the choices that a form finds by name."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct, convert, field

from tracker.database import together
from tracker.errors import NotFound
from tracker.rules.actions import ActionItem
from tracker.rules.core.clean_text import has_all, search_words
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.core.wording import local, short_day
from tracker.rules.events.events import DateLine, Event, EventStatus, Kind, Occurrence
from tracker.rules.operations.states import OperationState
from tracker.rules.roster.directory import AgencyFound, CommitteeFound, PersonFound
from tracker.rules.views.home import passage_around
from tracker.tables.visible import actions
from tracker.tables.visible import views as search_rows
from tracker.tables.visible.core import Row
from tracker.tables.visible.events import events as visible_events
from tracker.tables.visible.operations import plans
from tracker.usecases import attendance, audit
from tracker.usecases.actions import item_lists
from tracker.usecases.operations import access, readiness
from tracker.usecases.roster import committees, directory
from tracker.usecases.roster.known_people import Candidates, people_to_invite
from tracker.usecases.views import impact

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
    not_in_event = [event_id for event_id, texts in own.items() if not has_all(words, *texts)]
    of_dates = await search_rows.own_texts_of(viewer, not_in_event)
    events = [
        {
            **row,
            "starts_at": row["next"] or row["last"],
            "is_over": row["next"] is None,
            "is_marked": bool(row["mark_categories"]),
            "passage": _passage(row, of_dates.get(row["id"], ()), sites.get(row["id"], ()), words, now),
        }
        for row in rows
    ]
    return convert(events, list[FoundEvent], strict=False)


def _texts(row: Row) -> tuple[str, ...]:
    """Return the texts of an event itself, those that a passage can come from first."""
    texts = (row["agenda"], row["description"], row["orders"] or "")
    return (*texts, row["title"], row["place"], row["reference"] or "")


def _passage(row: Row, dates: Iterable[Row], sites: Iterable[str], words: Sequence[str], now: datetime) -> str:
    """Return the text around the words: in what a date has of its own, in those of the event, or a site's place."""
    for date in dates:
        if passage := _first((date["title"] or "", date["place"] or "", date["agenda"] or ""), words):
            on, today = local(date["starts_at"], row["zone"]), local(now, row["zone"])
            return f"{short_day(on, today.date())}: {passage}"
    at_sites = (f"Site: {place}" for place in sites if passage_around(place, words))
    return _first(_texts(row)[:3], words) or next(at_sites, "")


def _first(texts: Iterable[str], words: Sequence[str]) -> str:
    """Return the part of the first text that has one of the words; empty when none has."""
    return next((passage for text in texts if (passage := passage_around(text, words))), "")


async def candidates_named(viewer: Viewer, name: str, subject: str) -> Candidates:
    """Return the candidates of that name; `subject` is the id or reference of what they are chosen for, if anything.

    Errors: NotFound for an unknown name, and for candidates or a subject that the viewer may not see; NotAllowed.
    """
    if name in _CANDIDATES:
        return _CANDIDATES[name](viewer)
    if name in _CANDIDATES_FOR:
        return await _CANDIDATES_FOR[name](viewer, _id(subject))
    match name:
        case "known" if viewer.may_schedule:
            # Others, who invite no one, know fewer people than those: no page asks.
            return people_to_invite(viewer)
        case "owners":
            return await item_lists.new_item_owners(viewer, _id(subject) if subject else None)
        case "new-owners":
            return await item_lists.reassignable_to(viewer, subject)
        case "walk-ins":
            event, _, key = subject.partition("/")
            return await attendance.possible_walk_ins(viewer, _id(event), key)
        case _:
            raise NotFound


_CANDIDATES: Mapping[str, Callable[[Viewer], Candidates]] = {
    "actors": audit.actors_for,
    "chairs": committees.possible_chairs,
}
_CANDIDATES_FOR: Mapping[str, Callable[[Viewer, UUID], Awaitable[Candidates]]] = {
    "successors": impact.successors_of,
    "services": readiness.recipient_candidates,
    "operation-access": access.access_candidates,
    "after-action-owners": item_lists.after_action_owners,
}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


ListPlace = search_rows.PageEnd
START: ListPlace = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
"""The cursor before the first row of any list."""


async def page_of_events(viewer: Viewer, after: ListPlace, limit: int) -> list[Event]:
    """Return at most `limit` events after a cursor, in the order in which they were created."""
    return await search_rows.events_after(viewer, after, limit)


async def page_of_dates(viewer: Viewer, start: datetime, end: datetime, after: ListPlace, limit: int) -> list[DateLine]:
    """Return at most `limit` dates that overlap [start, end), after a cursor, earliest first."""
    return await search_rows.lines_after(viewer, start, end, after, limit)


class PlannedOperation(Struct, frozen=True, kw_only=True):
    """An operation with a plan, in brief."""

    occurrence: Occurrence
    state: OperationState
    version: int
    """Of the plan."""


async def page_of_operations(viewer: Viewer, after: ListPlace, limit: int) -> list[PlannedOperation]:
    """Return at most `limit` operations with a plan after a cursor, in the order in which their events were created."""
    events = await plans.planned_operations(viewer, after, limit)
    dates, states = (
        await visible_events.dates_of_events(viewer, events),
        await plans.versions_and_states(viewer, events),
    )
    return [
        PlannedOperation(occurrence=dates[event.id][0], state=states[event.id].state, version=states[event.id].version)
        for event in events
        if dates[event.id] and event.id in states
    ]


async def page_of_items(viewer: Viewer, after: ListPlace, limit: int, *, only_mine: bool) -> list[ActionItem]:
    """Return at most `limit` action items after a cursor, open or closed, in the order in which they were assigned."""
    return await actions.items_after(viewer, after, limit, [viewer.member_id] if only_mine else [])
