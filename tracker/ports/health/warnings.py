"""What administrators should fix: the checks that are not well, problems first, without waiting for other machines."""

import asyncio
from datetime import datetime
from functools import cache

from tracker.config.settings import Settings
from tracker.database import together
from tracker.ports.health import checks
from tracker.ports.health.checks import Line, State, Trouble
from tracker.usecases.audit import verification
from tracker.usecases.core.send_hold import Known
from tracker.usecases.views import health

PATIENCE = 1.0  # second that a page waits for the email server; what it says later is known to the next page
IDLE = f"No process has looked for what is due for more than 5 minutes. {checks.START}"
LATE = "An email has waited for more than 5 minutes. Check whether the email server responds."


async def warnings(chosen: Settings, trouble: Trouble, known: Known, now: datetime) -> list[Line]:
    """Return the checks of the Health page that are not well; `trouble` asks the email server.

    The schema is not among them: a process checks it before it serves, and its clock each time it runs.
    """
    work, mail, verified, mailbox = await together(
        health.state(now), _mail(chosen, trouble), verification.last(), _mailbox(chosen)
    )
    found = [
        *_work(work, known),
        *mail,
        *checks.of_settings(chosen),
        *checks.of_deployment(known, verified),
        *mailbox,
        *checks.of_files(chosen),
        *_releases(),
    ]
    return sorted((one for one in found if one.state is not State.OK), key=lambda one: one.state is not State.FAULT)


def _work(state: health.State, known: Known) -> list[Line]:
    """Return whether the jobs run; a restored copy that sends nothing yet isn't a fault."""
    if state.is_well or known.copy_of:
        return []
    return [Line(State.FAULT, "Jobs", LATE if state.is_ticking else IDLE)]


async def _mail(chosen: Settings, trouble: Trouble) -> list[Line]:
    try:
        return [await asyncio.wait_for(asyncio.to_thread(checks.of_mail, chosen, trouble), PATIENCE)]
    except TimeoutError:
        return []


async def _mailbox(chosen: Settings) -> list[Line]:
    return [line async for line in checks.of_mailbox(chosen)]


@cache
def _releases() -> tuple[Line, ...]:
    """Return the checks of the releases that this process runs; reading them takes 10 ms."""
    return tuple(checks.of_releases())
