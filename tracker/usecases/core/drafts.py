"""What a person keeps for later: drafts of forms, and saved filters."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import convert
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core import drafts as rules
from tracker.rules.core.clean_text import clean
from tracker.rules.core.drafts import (
    LISTINGS,
    DraftForm,
    DraftKey,
    DraftVersion,
    SavedDraft,
    SavedFilter,
    SentForm,
    Texts,
)
from tracker.rules.core.viewers import Viewer
from tracker.tables.background import core as background
from tracker.tables.schema.core import tables as rows
from tracker.tables.visible import core as readers
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewers_for


async def draft_of(viewer: Viewer, key: DraftKey, now: datetime) -> SavedDraft | None:
    """Return the viewer's draft of a form, if there is one to show."""
    return (await drafts_of(viewer, key.subject, [key.form], now)).get(key.form)


async def drafts_of(
    viewer: Viewer, subject: str, forms: Collection[DraftForm], now: datetime
) -> dict[DraftForm, SavedDraft]:
    """Return the viewer's drafts of some forms about one thing, as far as there are any to show."""
    drafts = await readers.own_drafts(viewer, subject, forms)
    return {form: draft for form, draft in drafts.items() if not rules.is_draft_over(draft.saved_at, now)}


async def save_draft(
    viewer: Viewer,
    key: DraftKey,
    texts: Texts,
    now: datetime,
    *,
    tab: UUID,
    shown: DraftVersion | None,
    replaces: bool = False,
) -> None:
    """Save what a page holds as the viewer's draft; the oldest beyond the limit goes.

    `tab` is the page, `shown` the draft that it was opened with, if any. With `replaces`, it replaces another page's
    draft. Errors: NotFound for an event that the viewer may not see, Invalid when it is too large, Conflict when
    another page saved a newer draft.
    """
    text = rules.draft_text(key.form, texts)
    # The form of an action item may name another date than the one that it was opened for.
    origin_id = rules.item_origin(key.form, texts)
    event_id = await readers.visible_event_of_date(viewer, origin_id) if origin_id else key.event_id
    if not await _may_hold(viewer, key) or (origin_id and event_id is None):
        raise NotFound
    async with writing():
        if await draft_of(viewer, key, now) is None:
            await rows.Draft.delete().where(_drafts_of(viewer, key))
            await _add_draft(viewer, replace(key, event_id=event_id), text, tab, now)
            return
        fresh: dict[Any, Any] = {
            rows.Draft.event: event_id,
            rows.Draft.texts: text,
            rows.Draft.tab: tab,
            rows.Draft.version: rows.Draft.version + 1,
            rows.Draft.saved_at: now,
        }
        ours = _drafts_of(viewer, key) if replaces else _drafts_of(viewer, key) & _shown(tab, shown)
        if not await rows.Draft.update(fresh).where(ours).returning(rows.Draft.id):
            raise Conflict(rules.ELSEWHERE)


async def remove_draft(viewer: Viewer, key: DraftKey, *, tab: UUID, shown: DraftVersion | None) -> None:
    """Delete a draft whose form was saved; one that another page saved since stays."""
    async with writing():
        await rows.Draft.delete().where(_drafts_of(viewer, key) & _shown(tab, shown))


async def discard_draft(viewer: Viewer, key: DraftKey, now: datetime) -> None:
    """Show a draft no longer; it can be restored for a minute."""
    async with writing():
        shown = _drafts_of(viewer, key) & rows.Draft.discarded_at.is_null()
        await rows.Draft.update({rows.Draft.discarded_at: now}).where(shown)


async def restore_draft(viewer: Viewer, key: DraftKey, now: datetime) -> bool:
    """Show a draft again that was discarded within the last minute; return whether there was one."""
    if not await _may_hold(viewer, key):
        return False
    async with writing():
        lately = _drafts_of(viewer, key) & (rows.Draft.discarded_at > now - rules.RESTORABLE_FOR)
        shown: dict[Any, Any] = {rows.Draft.discarded_at: None}
        return bool(await rows.Draft.update(shown).where(lately).returning(rows.Draft.id))


async def put_back_form(viewer: Viewer, sent: SentForm, now: datetime) -> bool:
    """Make a form that was sent the viewer's draft again, and return whether it is; the caller is inside `writing()`.

    It isn't when the viewer has begun another draft there since, or may no longer see the event that it concerns.
    """
    if not await _may_hold(viewer, sent.key) or await draft_of(viewer, sent.key, now):
        return False
    await rows.Draft.delete().where(_drafts_of(viewer, sent.key))
    try:
        await _add_draft(viewer, sent.key, sent.text, sent.tab, now)
    except Conflict:
        return False
    return True


async def purge_drafts(now: datetime) -> None:
    """Delete drafts that are too old, discarded for good, or about events that their people may no longer see."""
    over = await background.drafts_over(now - rules.KEPT_FOR, now - rules.RESTORABLE_FOR)
    held = await background.events_of_each()
    viewers = await viewers_for(held, now)
    seen = {member_id: await readers.events_seen(viewer, held[member_id]) for member_id, viewer in viewers.items()}
    hidden = {
        member_id: concealed
        for member_id, event_ids in held.items()
        if (concealed := event_ids - seen.get(member_id, set()))
    }
    if over or hidden:
        async with writing():
            if over:
                await rows.Draft.delete().where(rows.Draft.id.is_in(over))
            for member_id, event_ids in hidden.items():
                condition = rows.Draft.member == member_id
                await rows.Draft.delete().where(condition & rows.Draft.event.is_in(sorted(event_ids)))


async def forget_drafts(member_id: UUID) -> None:
    """Delete all drafts of a member; the caller is inside `writing()`."""
    await rows.Draft.delete().where(rows.Draft.member == member_id)


async def _add_draft(viewer: Viewer, key: DraftKey, text: str, tab: UUID, now: datetime) -> None:
    row = rows.Draft(
        id=ids.new_id(),
        member=viewer.member_id,
        form=key.form.value,
        subject=key.subject,
        event=key.event_id,
        texts=text,
        tab=tab,
        version=1,
        saved_at=now,
    )
    added = await rows.Draft.insert(row).on_conflict(action="DO NOTHING").returning(rows.Draft.id)
    if not added:
        raise Conflict(rules.ELSEWHERE)
    if too_many := await background.drafts_beyond(viewer.member_id, rules.MOST_DRAFTS):
        await rows.Draft.delete().where(rows.Draft.id.is_in(too_many))


async def event_of_drafted_date(viewer: Viewer, occurrence_id: UUID) -> UUID | None:
    """Return the event that a draft about a date concerns, if the viewer may see it."""
    return await readers.visible_event_of_date(viewer, occurrence_id)


async def _may_hold(viewer: Viewer, key: DraftKey) -> bool:
    """Return whether the viewer may see the event that a draft concerns, if it concerns one."""
    return key.event_id is None or bool(await readers.events_seen(viewer, [key.event_id]))


def _drafts_of(viewer: Viewer, key: DraftKey) -> Any:
    condition = rows.Draft.member == viewer.member_id
    return condition & (rows.Draft.form == key.form.value) & (rows.Draft.subject == key.subject)


def _shown(tab: UUID, shown: DraftVersion | None) -> Any:
    """Return the condition that the page saved the draft last, or was opened with it as it is."""
    is_ours = rows.Draft.tab == tab
    if shown is None:
        return is_ours
    return is_ours | ((rows.Draft.id == shown.draft_id) & (rows.Draft.version == shown.version))


# Written out because every page with filters runs it, and building it costs more than running it.
_FILTERS = "SELECT f.id, f.listing, f.name, f.query FROM saved_filter f WHERE f.member = {}"


async def save_filter(viewer: Viewer, listing: str, name: str, query: str, now: datetime) -> SavedFilter:
    """Save a filter that only the viewer sees, replacing their filter of that name on that page.

    Errors: NotFound for a page without filters, Invalid(name).
    """
    if listing not in LISTINGS:
        raise NotFound
    name = clean(name, rules.LONGEST_NAME, "name")
    if not name:
        raise Invalid(name="Name the filter, for example “My agency’s trainings”.")
    query = rules.kept_query(listing, query)
    if not query:
        raise Invalid(name="Nothing is filtered yet. Choose a filter first, then save it.")
    if len(query) > rules.LONGEST_QUERY:
        raise Invalid(name="This filter is too long to save. Shorten the words it searches for.")
    of_that_name = _filters_of(viewer) & (rows.SavedFilter.listing == listing) & (rows.SavedFilter.name == name)
    changed: dict[Any, Any] = {rows.SavedFilter.query: query, rows.SavedFilter.created_at: now}
    async with writing():
        same = await rows.SavedFilter.update(changed).where(of_that_name).returning(rows.SavedFilter.id)
        filter_id: UUID = same[0]["id"] if same else ids.new_id()
        if not same:
            if await rows.SavedFilter.count().where(_filters_of(viewer)) >= rules.MOST_FILTERS:
                raise Invalid(name=f"You have {rules.MOST_FILTERS} saved filters. Remove one you don’t use.")
            row = rows.SavedFilter(
                id=filter_id, member=viewer.member_id, listing=listing, name=name, query=query, created_at=now
            )
            await rows.SavedFilter.insert(row)
        await audit.record(viewer.actor, "saved", "saved_filter", filter_id, {}, now)
    return SavedFilter(id=filter_id, listing=listing, name=name, query=query)


async def filters_of(viewer: Viewer) -> list[SavedFilter]:
    """Return the viewer's own filters, by page and name."""
    return filters_in_order(await engine().run_querystring(own_filters_query(viewer)))


def own_filters_query(viewer: Viewer) -> QueryString:
    """Return the query for the viewer's own filters, for a page that runs several queries at once."""
    return QueryString(_FILTERS, viewer.member_id)


def filters_in_order(records: Iterable[Mapping[str, Any]]) -> list[SavedFilter]:
    """Return the filters in the rows of `own_filters_query`, by page and name."""
    order, filters = list(LISTINGS), convert(list(records), list[SavedFilter], strict=False)
    return sorted(filters, key=lambda kept: (order.index(kept.listing), kept.name.casefold(), kept.name))


async def remove_filter(viewer: Viewer, filter_id: UUID, now: datetime) -> SavedFilter:
    """Remove one of the viewer's own filters and return it. Errors: NotFound."""
    async with writing():
        is_this = _filters_of(viewer) & (rows.SavedFilter.id == filter_id)
        gone = await rows.SavedFilter.delete().where(is_this).returning(*rows.SavedFilter.all_columns())
        if not gone:
            raise NotFound
        await audit.record(viewer.actor, "removed", "saved_filter", filter_id, {}, now)
    return convert(gone[0], SavedFilter, strict=False)


def _filters_of(viewer: Viewer) -> Any:
    return rows.SavedFilter.member == viewer.member_id
