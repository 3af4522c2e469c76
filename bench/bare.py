"""The floor of feeds: a Litestar handler that gives the product's own bytes and knows nothing, served as it is.

python -m bench.bare PORT FOLDER
"""

import json
import sys
from pathlib import Path

import uvicorn
from litestar import Litestar, Response, get

from tracker.ports.cli.serve import listen, server_config

BY_SERVER = ("date", "content-length")
"""Headers that the server or Litestar writes."""


def keep(folder: Path, status: int, headers: dict[str, str], content: bytes) -> None:
    """Keep one response of the product for `create_app`."""
    kept = {name: value for name, value in headers.items() if name not in BY_SERVER}
    (folder / f"{status}.json").write_text(json.dumps(kept), encoding="utf-8")
    (folder / f"{status}.body").write_bytes(content)


def create_app() -> Litestar:
    """Return an application with two addresses, /200 and /304."""
    folder = Path(sys.argv[2])
    (whole_headers, content), (unchanged_headers, _) = _kept(folder, 200), _kept(folder, 304)

    @get("/200")
    async def whole() -> Response[bytes]:
        return Response(content, headers=whole_headers)

    @get("/304")
    async def unchanged() -> Response[bytes]:
        return Response(b"", status_code=304, headers=unchanged_headers)

    return Litestar(route_handlers=[whole, unchanged], openapi_config=None, logging_config=None)


def _kept(folder: Path, status: int) -> tuple[dict[str, str], bytes]:
    headers: dict[str, str] = json.loads((folder / f"{status}.json").read_text(encoding="utf-8"))
    return headers, (folder / f"{status}.body").read_bytes()


if __name__ == "__main__":
    uvicorn.Server(server_config("bench.bare:create_app")).run(sockets=[listen("127.0.0.1", int(sys.argv[1]))])
