"""What administrators should fix, and GET /healthz for monitoring: healthy or not, and nothing else."""

import asyncio
import logging
from datetime import datetime
from functools import cache
from typing import Any

from litestar import MediaType, Response, get

from tracker import clock
from tracker.config.settings import Settings
from tracker.database import together
from tracker.ports.health import checks
from tracker.ports.health.checks import CheckLine, CheckState, Trouble
from tracker.ports.http.guards import public
from tracker.usecases import audit
from tracker.usecases.core.process_locks import DeploymentState

PATIENCE = 1.0  # second that a page waits for the email server; what it says later is known to the next page
IDLE = f"No process has looked for what is due for more than 5 minutes. {checks.START}"
LATE = "An email has waited for more than 5 minutes. Check whether the email server responds."


async def health_warnings(chosen: Settings, trouble: Trouble, known: DeploymentState, now: datetime) -> list[CheckLine]:
    """Return the checks of the Health page that are not well; `trouble` asks the email server.

    The schema is not among them: a process checks it before it serves, and its clock each time it runs.
    """
    work, mail, verified, mailbox = await together(
        audit.work_state(now), _mail(chosen, trouble), audit.last_verification(), _mailbox(chosen)
    )
    jobs = [] if work.is_well or known.copy_of else [LATE if work.is_ticking else IDLE]
    check_lines = [
        *(CheckLine(CheckState.FAULT, "Jobs", words) for words in jobs),
        *mail,
        *checks.of_settings(chosen),
        *checks.of_deployment(known, verified),
        *mailbox,
        *checks.of_files(chosen),
        *_releases(),
    ]
    unwell = (line for line in check_lines if line.state is not CheckState.OK)
    return sorted(unwell, key=lambda line: line.state is not CheckState.FAULT)


async def _mail(chosen: Settings, trouble: Trouble) -> list[CheckLine]:
    try:
        return [await asyncio.wait_for(asyncio.to_thread(checks.of_mail, chosen, trouble), PATIENCE)]
    except TimeoutError:
        return []


async def _mailbox(chosen: Settings) -> list[CheckLine]:
    return [line async for line in checks.of_mailbox(chosen)]


@cache
def _releases() -> tuple[CheckLine, ...]:
    """Return the checks of the releases that this process runs; reading them takes 10 ms."""
    return tuple(checks.of_releases())


HEALTHZ_PATIENCE = 3.0  # seconds for the database

log = logging.getLogger(__name__)


@get("/healthz", guards=[public], media_type=MediaType.JSON)
async def healthz() -> Response[dict[str, Any]]:
    """Return 200 while messages are sent in time and the clock ticks, else 503 (SP 800-53 SI-4)."""
    try:
        async with asyncio.timeout(HEALTHZ_PATIENCE):
            is_well = (await audit.work_state(clock.now())).is_well
    except Exception:  # any error at all means unhealthy
        log.exception("The database didn't respond.")
        is_well = False
    return Response({"status": "ok" if is_well else "unavailable"}, status_code=200 if is_well else 503)
