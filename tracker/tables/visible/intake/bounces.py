"""What mail servers said of messages that came back, for people who may know of the messages."""

from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.emails.messages import SEEN, whose

_SAID = f"SELECT m.id, b.words FROM bounce b JOIN message m ON m.id = b.message{SEEN}"


async def bounced_words(viewer: Viewer, member_id: UUID) -> dict[UUID, str]:
    """Return the messages to a person that came back, as far as the viewer may know of them, with the last reason."""
    of_person = " AND m.recipient = {} ORDER BY b.received_at"
    return {row["id"]: row["words"] for row in await rows(_SAID, viewer, of_person, *whose(viewer), member_id)}
