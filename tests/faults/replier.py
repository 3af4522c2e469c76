"""A process that presses Yes and No in turns over one reply link, by a clock of its own."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

from tests.cast import LINK, NOW, SECRET
from tracker.crypto import keys
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.rules.events.replies import ReplyValue
from tracker.usecases.events import replies


def press_reply_link(url: str, invitation: str, seconds: int, presses: int, first: int) -> None:
    """Press so many times, beginning with Yes (0) or No (1); the clock is so many seconds off."""
    asyncio.run(_press_reply_link(url, UUID(invitation), timedelta(seconds=seconds), presses, first))


async def _press_reply_link(url: str, invitation: UUID, off: timedelta, presses: int, first: int) -> None:
    keys.use_secret(SECRET)
    engine = engine_from_url(url, pool=2)
    bind(engine)
    await open_database(engine)
    for press in range(presses):
        now = NOW + off + timedelta(milliseconds=press)
        opened = await replies.open_invitation(invitation, None, now, LINK)
        value = (ReplyValue.ACCEPTED, ReplyValue.DECLINED)[(press + first) % 2]
        await replies.record_reply_by_link(opened, value, "", now)
    await close_database(engine)


def reply_in(facts: object) -> str:
    """Return the reply in the facts of an audit entry."""
    said = json.loads(facts) if isinstance(facts, str) else facts
    assert isinstance(said, dict)
    return str(said["reply"])
