"""Several processes at one database, and how a process ends."""

import pytest

from tests.database.others import process, url_of
from tests.database.rows import count
from tracker.database import Engine

pytestmark = pytest.mark.both_engines


async def test_four_processes_lose_no_increment_and_end_by_themselves(small: Engine) -> None:
    workers = [process("increment.py", url_of(small), "10", "10") for _ in range(4)]
    ends = [(worker.communicate(timeout=120)[1], worker.returncode) for worker in workers]
    assert ends == [("", 0)] * 4
    assert await count(small) == 400
