"""Deleting what is known of incoming emails, by age."""

from datetime import datetime

from tracker.database import writing
from tracker.rules.intake.retention import RECORDED_FOR, UNRECORDED_FOR
from tracker.tables.background.intake import outdated
from tracker.tables.schema.intake.bounces import Bounce, EmailPause
from tracker.tables.schema.intake.replies import IncomingReply
from tracker.tables.schema.intake.words import IncomingWords

MOST = 500  # rows of a table at once, so that no one waits for long


async def purge(now: datetime) -> None:
    """Delete the rows that have been kept for long enough; what is left of many comes with the next run."""
    unrecorded, recorded = now - UNRECORDED_FOR, now - RECORDED_FOR
    replies = await outdated.replies(unrecorded, recorded, MOST)
    words = await outdated.words(unrecorded, recorded, MOST)
    bounces = await outdated.bounces(recorded, MOST)
    resumed = EmailPause.restored_at < recorded
    if not (replies or words or bounces or await EmailPause.exists().where(resumed)):
        return
    async with writing():
        if replies:
            await IncomingReply.delete().where(IncomingReply.id.is_in(replies))
        if words:
            await IncomingWords.delete().where(IncomingWords.id.is_in(words))
        if bounces:
            await Bounce.delete().where(Bounce.id.is_in(bounces))
        await EmailPause.delete().where(resumed)
