"""A process that increments: `increment.py URL TASKS TIMES`. It leaves its connections open, and must end anyway."""

import asyncio
import sys
import warnings

from rows import read_then_write

from tracker.database import bind, engine_from_url, open_database


async def increment_counter(url: str, tasks: str, times: str) -> None:
    engine = engine_from_url(url, synchronous="OFF")
    bind(engine)
    await open_database(engine)

    async def some() -> None:
        for _ in range(int(times)):
            await read_then_write(engine)

    await asyncio.gather(*(some() for _ in range(int(tasks))))


warnings.simplefilter("ignore", ResourceWarning)  # asyncpg warns of each connection that is left open
asyncio.run(increment_counter(*sys.argv[1:]))
