"""The floor of feeds: a Litestar handler that gives fixed bytes and knows nothing, served as the product is.

python -m bench.bare PORT FILE
"""

import sys
from pathlib import Path

import uvicorn
from litestar import Litestar, Response, get

from tracker.ports.cli.http import listen, server_config
from tracker.ports.feeds.responses import HEADERS, MEDIA_TYPE

FIXED = HEADERS | {"ETag": '"0123456789abcdef0123456789abcdef"', "Last-Modified": "Tue, 15 Dec 2026 15:00:00 GMT"}


def create_app() -> Litestar:
    """Return an application with two addresses: /200 and /304."""
    body = Path(sys.argv[2]).read_bytes()

    @get("/200")
    async def whole() -> Response[bytes]:
        return Response(body, media_type=MEDIA_TYPE, headers=FIXED | {"Content-Encoding": "gzip"})

    @get("/304")
    async def unchanged() -> Response[bytes]:
        return Response(b"", status_code=304, headers=FIXED)

    return Litestar(route_handlers=[whole, unchanged], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    uvicorn.Server(server_config("bench.bare:create_app")).run(sockets=[listen("127.0.0.1", int(sys.argv[1]))])
