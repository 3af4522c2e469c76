"""A new title for one date of a long series: what it costs after thousands of replies, against none.

The change can be undone, and undo must notice when someone replies meanwhile. So it looks at the number of each
person's last reply, and reads no replies: when it read all 36,000, the change took 8 seconds.
"""

import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import uvloop
from msgspec.structs import replace

from bench.figures import Figure, middle
from bench.stock import with_old_dates
from tests.cast import NOW, Cast, meeting
from tracker.database import writing
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events import invitees
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.roster import Member
from tracker.usecases.events import history, occurrences, scheduling

STORED = 2_000  # dates that are there already, and with them the people who are invited
DATES, INVITED, ROUNDS, WARM_UP = 900, 40, 20, 3
TARGET = 1.5  # times as long as without replies
STARTS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
LENGTH = timedelta(minutes=90)


def measure() -> Sequence[Figure]:
    """Change both series in turns."""
    with tempfile.TemporaryDirectory() as folder:
        full, bare = middle(uvloop.run(_measured(Path(folder))))
    name = f"one date's title after {DATES * INVITED:,} replies, and none"
    return (Figure(name=name, value=full * 1000, unit="ms", floor=bare * 1000, target=TARGET, more_is_better=False),)


async def _measured(folder: Path) -> list[tuple[float, float]]:
    async with with_old_dates(folder / "small.sqlite", STORED) as cast:
        full, bare = await _series(cast), await _series(cast)
        await _reply(cast, full)
        rounds = range(1, ROUNDS + WARM_UP + 1)
        return [(await _renamed(cast, full, one), await _renamed(cast, bare, one)) for one in rounds][WARM_UP:]


async def _series(cast: Cast) -> UUID:
    people = await Member.select(Member.id).where(Member.email.like("%@large.example")).limit(INVITED)
    plan = meeting(starts=STARTS, duration=LENGTH, rule=rule_for_choice("daily", STARTS, count=DATES))
    invitees = {row["id"]: AttendeeRole.REQUIRED for row in people}
    return await scheduling.schedule_event(cast.coordinator, replace(plan, invitees=invitees), NOW)


async def _reply(cast: Cast, event_id: UUID) -> None:
    """Let everyone reply to each date."""
    dates = await occurrences.dates_in_series(
        cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id)
    )
    yes = {"reply": ReplyValue.ACCEPTED, "source": ReplySource.SITE, "sequence": 0, "replied_at": NOW}
    people = [one.id for one in (await invitations_by_member(event_id)).values() if one.role is not AttendeeRole.CHAIR]
    async with writing():
        await invitees.write_replies(
            [{"invitation": one, "occurrence": date.id, **yes} for one in people for date in dates]
        )


async def _renamed(cast: Cast, event_id: UUID, version: int) -> float:
    change = DateChange(starts=STARTS, duration=LENGTH, title=f"Special {version}")
    now = NOW + version * timedelta(minutes=1)
    began = time.process_time()
    await occurrences.change_occurrence(cast.coordinator, event_id, f"{STARTS:%Y-%m-%d}", change, version, now)
    taken = time.process_time() - began
    if await history.change_made_at(cast.coordinator, event_id, now) is None:
        raise RuntimeError("The change can't be undone.")
    return taken
