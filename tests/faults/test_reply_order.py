"""The reply that was committed last counts, whatever the clocks of the processes say: real processes, one link."""

import asyncio
from multiprocessing.process import BaseProcess

import pytest

from tests.cast import NOW, Cast, meeting
from tests.faults import replier
from tests.faults.senders import PROCESSES
from tracker.database import engine, is_postgres
from tracker.rules.events.replies import ReplyValue
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.events import Invitation
from tracker.usecases.events import occurrences, replies, scheduling

pytestmark = pytest.mark.both_engines

CLOCKS = (3600, 180, 0, -240)  # seconds by which the clocks of the processes are off; the slowest begins last
PRESSES = 10  # of each process


async def test_the_reply_of_the_last_audit_entry_counts_with_clocks_minutes_apart(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    [invitation] = await Invitation.select(Invitation.id).where(Invitation.member == cast.fbi_lead.member_id)
    bound = engine()
    url = bound.config["dsn"] if is_postgres(bound) else f"sqlite:///{bound.path}"
    pressing = [_press(url, str(invitation["id"]), seconds, place) for place, seconds in enumerate(CLOCKS)]
    for one in pressing:
        await asyncio.to_thread(one.start)
    for one in pressing:
        await asyncio.to_thread(one.join)
    assert [one.exitcode for one in pressing] == [0] * len(CLOCKS)
    found = await replies.my_reply(cast.fbi_lead, await occurrences.nearest_date(cast.fbi_lead, event_id, NOW))
    assert found
    assert found[1]
    assert (await _said(), found[1].value) == (len(CLOCKS) * PRESSES, await _last_said())


def _press(url: str, invitation: str, seconds: int, place: int) -> BaseProcess:
    arguments = (url, invitation, seconds, PRESSES, place % 2)
    return PROCESSES.Process(target=replier.run, args=arguments)


async def _said() -> int:
    count: int = await AuditEntry.count().where(AuditEntry.verb == "replied")
    return count


async def _last_said() -> ReplyValue:
    last = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "replied").order_by(AuditEntry.seq)
    return ReplyValue(replier.reply_in(last[-1]["facts"]))
