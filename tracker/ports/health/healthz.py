"""GET /healthz, for whoever watches the machine: well or not, and nothing else."""

import asyncio
import logging
from typing import Any

from litestar import MediaType, Response, get

from tracker import clock
from tracker.ports.http.guards import public
from tracker.usecases.views import health

PATIENCE = 3.0  # seconds for the database

log = logging.getLogger(__name__)


@get("/healthz", guards=[public], media_type=MediaType.JSON)
async def healthz() -> Response[dict[str, Any]]:
    """Answer 200 while messages go out in time and the clock ticks, else 503 (SP 800-53 SI-4)."""
    try:
        async with asyncio.timeout(PATIENCE):
            is_well = (await health.state(clock.now())).is_well
    except Exception:  # whatever it is, it is not well
        log.exception("The database did not answer.")
        is_well = False
    return Response({"status": "ok" if is_well else "unavailable"}, status_code=200 if is_well else 503)
