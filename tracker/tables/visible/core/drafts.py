"""A viewer's own draft of a form; one that concerns an event only while they may see that event."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from tracker.database.sql_list import sql_list
from tracker.rules.core.drafts import DraftForm, DraftVersion, SavedDraft, read_draft
from tracker.rules.core.viewers import Viewer
from tracker.tables.visible.core.rows import rows

_DRAFT = (
    "SELECT d.id AS id, d.form AS form, d.texts AS texts, d.version AS version, d.saved_at AS saved_at"
    " FROM draft d LEFT JOIN event e ON e.id = d.event"
    " WHERE (d.event IS NULL OR MAY_SEE(e)) AND d.discarded_at IS NULL"
)
_SEEN = "SELECT e.id AS id FROM event e WHERE MAY_SEE(e)"
_OF_DATE = "SELECT e.id AS id FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"


async def own_drafts(viewer: Viewer, subject: str, forms: Collection[DraftForm]) -> dict[DraftForm, SavedDraft]:
    """Return the viewer's drafts of some forms about one thing, unless they were discarded."""
    mine = " AND d.member = {} AND d.subject = {} AND d.form IN ({})"
    among = sql_list([form.value for form in forms])
    records = await rows(_DRAFT, viewer, mine, viewer.member_id, subject, among)
    return {DraftForm(row["form"]): _draft(row) for row in records}


async def events_seen(viewer: Viewer, event_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these events the viewer may see."""
    wanted = sql_list(sorted(event_ids))
    return {row["id"] for row in await rows(_SEEN, viewer, " AND e.id IN ({})", wanted)} if event_ids else set()


async def visible_event_of_date(viewer: Viewer, occurrence_id: UUID) -> UUID | None:
    """Return the event of a date, if the viewer may see it."""
    records = await rows(_OF_DATE, viewer, " AND o.id = {}", occurrence_id)
    return next((row["id"] for row in records), None)


def _draft(row: Mapping[str, Any]) -> SavedDraft:
    saved = DraftVersion(draft_id=row["id"], version=row["version"])
    return SavedDraft(texts=read_draft(row["texts"]), saved=saved, saved_at=row["saved_at"])
