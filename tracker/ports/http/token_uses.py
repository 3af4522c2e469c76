"""Records that a personal token is in use, after the response was sent: reading must not wait for a write."""

from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.types import ASGIApp

from tracker import clock
from tracker.usecases.identity.api_tokens import note_use

UNNOTED = "unnoted_token"
"""The state key for the id of a token whose use is to be recorded."""


def note_after_responses(app: Litestar) -> None:
    """Wrap an application so that uses are recorded after each response, refusals included."""
    app.asgi_handler = Notes(app.asgi_handler)


class Notes:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._noting: set[UUID] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond, then record; while the database is locked, one attempt waits per token, not one per response."""
        await self._app(scope, receive, send)
        token_id: UUID | None = scope.get("state", {}).get(UNNOTED)
        if token_id is None or token_id in self._noting:
            return
        self._noting.add(token_id)
        try:
            await note_use(token_id, clock.now())
        finally:
            self._noting.discard(token_id)
