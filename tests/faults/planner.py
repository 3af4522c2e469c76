"""A process that takes plans to planning, each when a line names it: `python -m tests.faults.planner URL MEMBER`.

It says "ready", reads lines of an event and a moment, and says "done" after each.
"""

import asyncio
import sys
from datetime import datetime
from uuid import UUID

from tests.cast import SECRET
from tracker.crypto import keys
from tracker.database import bind, engine_from_url, open_database
from tracker.rules.operations.states import OperationState
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.operations import approvals


async def plan_on_lines(url: str, member: str) -> None:
    """Plan until there is no other line."""
    keys.use_secret(SECRET)
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        event_id, moment = line.split()
        now = datetime.fromisoformat(moment)
        await approvals.change_plan_state(
            await viewer_for(UUID(member), now), UUID(event_id), OperationState.PLANNING, now
        )
        say("done")


def say(word: str) -> None:
    """Say a word to the process that started this one."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(plan_on_lines(*sys.argv[1:]))
