"""A process that schedules meetings, and sends half of their emails, until it is killed.

    python -m tests.faults.writer FOLDER

FOLDER is a data folder; each meeting makes an event, an entry in the log and two messages in one transaction.
"""

import asyncio
import sys
from pathlib import Path

from tests.cast import NOW, ZONE, meeting
from tracker.config.settings import load_settings
from tracker.crypto import keys
from tracker.database import bind, engine_from_url, open_database
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import scheduling
from tracker.usecases.identity.sign_in_attempts import account_at
from tracker.usecases.roster.csv_import import import_roster

LEAD, INVITED = "lead@usao.example", ("one@usao.example", "two@usao.example")
ROSTER = "agency_code,name,email,roles\n" + "".join(f"USAO,Somebody,{one},coordinator\n" for one in (LEAD, *INVITED))


async def write_forever(folder: str) -> None:
    """Write forever."""
    settings = load_settings({"TRACKER_DATA": folder})
    keys.use_secret(settings.secret)
    engine = engine_from_url(settings.database_url)
    bind(engine)
    await open_database(engine)
    await import_roster(ROSTER.encode(), NOW, ZONE)
    lead, *invited = [await _viewer(email) for email in (LEAD, *INVITED)]
    await asyncio.gather(_schedule(lead, invited), _schedule(lead, invited), _send(Path(folder) / "began"))


async def _viewer(email: str) -> Viewer:
    account = await account_at(email)
    assert account
    return await viewer_for(account.member_id, NOW)


async def _schedule(lead: Viewer, invited: list[Viewer]) -> None:
    while True:
        await scheduling.schedule_event(lead, meeting(*invited), NOW)


async def _send(began: Path) -> None:
    """Claim every message, and say of every other one that it was sent."""
    while True:
        for number, message in enumerate(await outbox.claim_messages("writer", [], NOW, 50)):
            if number % 2:
                await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), NOW)
                began.touch()
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(write_forever(*sys.argv[1:]))
