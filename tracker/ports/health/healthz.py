"""GET /healthz, for monitoring: healthy or not, and nothing else."""

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
    """Return 200 while messages are sent in time and the clock ticks, else 503 (SP 800-53 SI-4)."""
    try:
        async with asyncio.timeout(PATIENCE):
            is_well = (await health.state(clock.now())).is_well
    except Exception:  # any error at all means unhealthy
        log.exception("The database didn't respond.")
        is_well = False
    return Response({"status": "ok" if is_well else "unavailable"}, status_code=200 if is_well else 503)
