"""The lessons of an operation, for a viewer who may see it."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.lessons import Edition, Lesson
from tracker.tables.visible.core.rows import rows

_LESSONS = (
    "SELECT l.id, l.text, l.edition_title, l.edition_text, l.version, l.released FROM lesson l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)


async def lessons(viewer: Viewer, event: Event) -> list[Lesson]:
    """Return the lessons of an operation, the first that was added first."""
    found = await rows(_LESSONS, viewer, " AND p.event = {} ORDER BY l.added_at, l.id", event.id)
    return [
        Lesson(
            id=row["id"],
            text=row["text"],
            edition=Edition(title=row["edition_title"], text=row["edition_text"]),
            version=row["version"],
            released_id=row["released"],
        )
        for row in found
    ]
