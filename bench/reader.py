"""A signed-in person who asks the application in process; a client library would be measured along with it."""

from collections.abc import MutableMapping
from typing import Any

from litestar import Litestar
from msgspec import Struct

from tests.ports.browser import BASE

HOST = BASE.rpartition("/")[2]


class Reader(Struct, frozen=True):
    """One person's session on one application."""

    app: Litestar
    session: str

    async def get(self, path: str) -> str:
        """Return a page; raise RuntimeError for an answer that is not 200."""
        said: list[MutableMapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            said.append(message)

        await self.app(self._scope(path), receive, send)  # type: ignore[arg-type]  # ASGI in plain dicts
        if said[0]["status"] != 200:  # noqa: PLR2004 - OK
            raise RuntimeError(f"{path} returned {said[0]['status']}.")
        return b"".join(message["body"] for message in said[1:]).decode()

    def _scope(self, path: str) -> dict[str, Any]:
        name, _, query = path.partition("?")
        headers = {"host": HOST, "accept": "text/html", "cookie": f"session={self.session}"}
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": name,
            "raw_path": name.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
            "client": ("192.0.2.7", 40_000),
            "server": (HOST, 80),
            "state": {},
        }
