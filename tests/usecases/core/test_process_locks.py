"""A job for one process is done by one process, and by another one when that is gone."""

import pytest

from tracker.database import Engine
from tracker.usecases.core.process_locks import SingleJob, lock_job

pytestmark = pytest.mark.both_engines


async def test_a_job_is_held_once_and_again_after_it_was_released(database: Engine) -> None:
    first = await lock_job(SingleJob.MAILBOX)
    assert first
    assert (first.is_held(), await lock_job(SingleJob.MAILBOX)) == (True, None)
    await first.release()
    again = await lock_job(SingleJob.MAILBOX)
    assert again
    assert (first.is_held(), again.is_held()) == (False, True)
    await again.release()
