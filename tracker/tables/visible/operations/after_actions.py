"""What was written down after an operation, and its lessons, for a viewer who may see it."""

from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, Line
from tracker.rules.operations.after_actions import AfterActionItem, Edition, HotWashRecord, LessonLearned
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import LINE, line

_HOT_WASH = (
    "SELECT h.went_well, h.to_improve, h.version, m.name, g.code, h.saved_at FROM hot_wash h"
    " JOIN operation_plan p ON p.id = h.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = h.saved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)

_ACTIONS = (
    "SELECT a.id, a.title, a.item FROM after_action a JOIN operation_plan p ON p.id = a.plan"
    " JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_OF_ITEM = (
    f"{LINE} FROM after_action a JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)


async def hot_wash(viewer: Viewer, event: Event) -> HotWashRecord | None:
    """Return the hot wash of an operation; None before it is written."""
    found = await rows(_HOT_WASH, viewer, " AND p.event = {}", event.id)
    if not found:
        return None
    row = found[0]
    return HotWashRecord(
        went_well=row["went_well"],
        to_improve=row["to_improve"],
        version=row["version"],
        saved_by=f"{row['name']} ({row['code']})",
        saved_at=row["saved_at"],
    )


async def after_action_items(viewer: Viewer, event: Event) -> list[AfterActionItem]:
    """Return the after-action items of an operation, the first that was added first."""
    found = await rows(_ACTIONS, viewer, " AND p.event = {} ORDER BY a.added_at, a.title, a.id", event.id)
    return [AfterActionItem(id=row["id"], title=row["title"], item_id=row["item"]) for row in found]


async def operation_of_item(viewer: Viewer, item_id: UUID) -> Line | None:
    """Return the operation after which an action item was given out; None when it's another or not for this viewer."""
    found = await rows(_OF_ITEM, viewer, " AND a.item = {}", item_id)
    return line(found[0]) if found else None


_LESSONS = (
    "SELECT l.id, l.text, l.edition_title, l.edition_text, l.version, l.released FROM lesson l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)


async def operation_lessons(viewer: Viewer, event: Event) -> list[LessonLearned]:
    """Return the lessons of an operation, the first that was added first."""
    found = await rows(_LESSONS, viewer, " AND p.event = {} ORDER BY l.added_at, l.id", event.id)
    return [
        LessonLearned(
            id=row["id"],
            text=row["text"],
            edition=Edition(title=row["edition_title"], text=row["edition_text"]),
            version=row["version"],
            released_id=row["released"],
        )
        for row in found
    ]
