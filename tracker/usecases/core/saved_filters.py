"""Saved filters: save a page's query under a name, list your own, remove one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Invalid, NotFound
from tracker.rules.core import saved_filters as rules
from tracker.rules.core.clean_text import clean
from tracker.rules.core.saved_filters import LISTINGS, SavedFilter
from tracker.rules.core.viewers import Viewer
from tracker.tables.schema.core import tables as rows
from tracker.usecases.core import audit

# Written out because every page with filters runs it, and building it costs more than running it.
_MINE = "SELECT f.id, f.listing, f.name, f.query FROM saved_filter f WHERE f.member = {}"


async def save_filter(viewer: Viewer, listing: str, name: str, query: str, now: datetime) -> SavedFilter:
    """Save a filter that only the viewer sees, replacing their filter of that name on that page.

    Errors: NotFound for a page without filters, Invalid(name).
    """
    if listing not in LISTINGS:
        raise NotFound
    named, kept = _name(name), _kept(listing, query)
    mine = _of(viewer) & (rows.SavedFilter.listing == listing) & (rows.SavedFilter.name == named)
    changed: dict[Any, Any] = {rows.SavedFilter.query: kept, rows.SavedFilter.created_at: now}
    async with writing():
        same = await rows.SavedFilter.update(changed).where(mine).returning(rows.SavedFilter.id)
        filter_id = same[0]["id"] if same else await _add(viewer, listing, named, kept, now)
        await _log(viewer, "saved", filter_id, now)
    return SavedFilter(id=filter_id, listing=listing, name=named, query=kept)


async def filters_of(viewer: Viewer) -> list[SavedFilter]:
    """Return the viewer's own filters, by page and name."""
    return filters_in_order(await engine().run_querystring(own_filters_query(viewer)))


def own_filters_query(viewer: Viewer) -> QueryString:
    """Return the query for the viewer's own filters, for a page that runs several queries at once."""
    return QueryString(_MINE, viewer.member_id)


def filters_in_order(found: Iterable[Mapping[str, Any]]) -> list[SavedFilter]:
    """Return the filters in the rows of `own_filters_query`, by page and name."""
    order = list(LISTINGS)
    return sorted(
        map(_filter, found),
        key=lambda saved_filter: (order.index(saved_filter.listing), saved_filter.name.casefold(), saved_filter.name),
    )


async def remove_filter(viewer: Viewer, filter_id: UUID, now: datetime) -> SavedFilter:
    """Remove one of the viewer's own filters and return it. Errors: NotFound."""
    async with writing():
        mine = _of(viewer) & (rows.SavedFilter.id == filter_id)
        gone = await rows.SavedFilter.delete().where(mine).returning(*rows.SavedFilter.all_columns())
        if not gone:
            raise NotFound
        await _log(viewer, "removed", filter_id, now)
    return _filter(gone[0])


async def _add(viewer: Viewer, listing: str, name: str, query: str, now: datetime) -> UUID:
    if await rows.SavedFilter.count().where(_of(viewer)) >= rules.MOST:
        raise Invalid(name=f"You have {rules.MOST} saved filters. Remove one you don’t use.")
    row = rows.SavedFilter(
        id=ids.new_id(), member=viewer.member_id, listing=listing, name=name, query=query, created_at=now
    )
    await rows.SavedFilter.insert(row)
    filter_id: UUID = row.id
    return filter_id


def _name(text: str) -> str:
    name = clean(text, rules.LONGEST_NAME, "name")
    if not name:
        raise Invalid(name="Name the filter, for example “My agency’s trainings”.")
    return name


def _kept(listing: str, query: str) -> str:
    kept = rules.kept_query(listing, query)
    if not kept:
        raise Invalid(name="Nothing is filtered yet. Choose a filter first, then save it.")
    if len(kept) > rules.LONGEST_QUERY:
        raise Invalid(name="This filter is too long to save. Shorten the words it searches for.")
    return kept


def _of(viewer: Viewer) -> Any:
    return rows.SavedFilter.member == viewer.member_id


def _filter(row: Mapping[str, Any]) -> SavedFilter:
    return SavedFilter(id=row["id"], listing=row["listing"], name=row["name"], query=row["query"])


async def _log(viewer: Viewer, verb: str, filter_id: UUID, now: datetime) -> None:
    await audit.record(viewer.actor, verb, "saved_filter", filter_id, {}, now)
