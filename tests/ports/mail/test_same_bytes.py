"""A retry has the same bytes, and so the same Message-ID, whichever process makes it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE

from msgspec.structs import replace

from tests.cast import NOW, Cast, everybody, marking, meeting, operation
from tests.database.others import url_of
from tracker.database import engine
from tracker.rules.core.viewers import Visibility
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import scheduling


async def written(hash_seed: int) -> list[str]:
    """Write what waits in a Python whose sets are ordered by this seed; return the hash of each email."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    words = ["-m", "tests.ports.mail.same_bytes", url_of(engine())]
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment, stdout=PIPE)
    said, _ = await process.communicate()
    return said.decode().splitlines()


async def test_every_process_writes_the_same_bytes(sqlite_cast: Cast) -> None:
    series = meeting(*everybody(sqlite_cast))
    series = replace(series, rule=rule_for_choice("weekly", series.starts, count=20, weekdays=(1, 3)))
    await scheduling.schedule_event(sqlite_cast.coordinator, series, NOW)
    for_one_arm = {"visibility": Visibility.LAW_ENFORCEMENT, "marking": marking(sqlite_cast)}
    marked = meeting(sqlite_cast.hsi_liaison, **for_one_arm)
    await scheduling.schedule_event(sqlite_cast.fbi_lead, marked, NOW)
    await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    first, second, third = [await written(seed) for seed in (1, 2, 3)]
    assert len(first) >= len(everybody(sqlite_cast)) + 2
    assert first == second == third
