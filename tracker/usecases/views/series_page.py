"""What the page of a series shows to one viewer: all its dates, and the viewer's reply to each."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Occurrence, day_of, may_edit
from tracker.rules.events.history import Entry, with_beginning
from tracker.rules.events.markings import may_copy
from tracker.rules.events.plan import is_moved
from tracker.rules.events.replies import ReplyValue, effective
from tracker.tables.visible.events import events, series
from tracker.usecases.events import history, replies
from tracker.usecases.events.events import event_for
from tracker.usecases.events.occurrences import dates_of


class SeriesDate(Struct, frozen=True, kw_only=True):
    """One date of a series."""

    occurrence: Occurrence
    reply: ReplyValue | None
    """None when the viewer is not invited."""
    is_moved: bool
    is_over: bool


class SeriesLinks(Struct, frozen=True, kw_only=True):
    """The events that an event continues, and those that continue it, as far as the viewer may see them."""

    before: Event | None
    after: tuple[Event, ...]


async def links_of(viewer: Viewer, event: Event) -> SeriesLinks:
    """Return the events before and after an event in its chain of series."""
    before, after = await series.links(viewer, event)
    return SeriesLinks(before=before, after=after)


async def went_to(viewer: Viewer, event_id: UUID, key: str) -> tuple[UUID, str] | None:
    """Return where a date is that a series no longer has: the series that continues it, and the date's key there.

    The key is empty when that series has no date of this key. None when no series that the viewer may see continues it
    from then on.
    """
    event = await events.event(viewer, event_id)
    following = await series.after(viewer, event) if event else ()
    for one in reversed(following):
        if one.starts.date() <= day_of(key).date():
            found = await events.date(viewer, one.id, day_of(key))
            return (one.id, key) if found else await went_to(viewer, one.id, key) or (one.id, "")
    return None


class SeriesView(Struct, frozen=True, kw_only=True):
    """A series with its upcoming and past dates, each in order."""

    event: Event
    ahead: tuple[SeriesDate, ...]
    over: tuple[SeriesDate, ...]
    is_invited: bool
    may_edit: bool
    may_copy: bool
    links: SeriesLinks
    history: tuple[Entry, ...]

    @property
    def dates(self) -> tuple[SeriesDate, ...]:
        """Return all dates, in order."""
        return (*self.over, *self.ahead)


async def series_view(viewer: Viewer, event_id: UUID, now: datetime) -> SeriesView:
    """Return what the page of a series shows. Errors: NotFound."""
    event = await event_for(viewer, event_id)
    given = await replies.my_replies(viewer, event)
    dates = []
    for one in await dates_of(viewer, event):
        reply = effective(given or (), one.id)
        value = reply.value if reply else ReplyValue.NEEDS_ACTION
        dates.append(
            SeriesDate(
                occurrence=one,
                reply=None if given is None else value,
                is_moved=is_moved(one),
                is_over=one.ends_at <= now,
            )
        )
    return SeriesView(
        event=event,
        ahead=tuple(one for one in dates if not one.is_over),
        over=tuple(one for one in dates if one.is_over),
        is_invited=given is not None,
        may_edit=may_edit(viewer, event),
        may_copy=may_copy(viewer, event.marking),
        links=await links_of(viewer, event),
        history=with_beginning(await history.history(viewer, event), event),
    )
