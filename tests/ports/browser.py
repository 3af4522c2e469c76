"""A browser of the tests: one person's cookie and form token, speaking to the application without a socket."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import httpx
from litestar import Litestar

from tests.cast import SECRET
from tests.ports.laid_out import laid_out
from tracker.config.settings import Settings
from tracker.rules.core.viewer import Viewer
from tracker.usecases.identity.one_time_links import issue_link, redeem_link

BASE = "http://tracker.test"
PACKED = ("content-encoding", "content-length")
FORM_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')


def settings(**facts: Any) -> Settings:
    """Return the settings of the tests: no clock, a host of their own."""
    return Settings(**{"secret": SECRET, "base_url": BASE, "run_clock": False, **facts})


class Browser:
    """Fetches pages and sends forms as one person (or no one)."""

    def __init__(
        self,
        app: Litestar,
        session: str | None = None,
        *,
        address: str = "192.0.2.7",
        base: str = BASE,
        lays_out: bool = True,
    ) -> None:
        """Be at an address; pages come without the white space that does not show, unless it `lays_out` none."""
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 40_000))  # type: ignore[arg-type]  # an ASGI application
        self._client = httpx.AsyncClient(transport=transport, base_url=base, follow_redirects=False)
        self._base = base
        self._shown = _shown if lays_out else _as_sent
        if session:
            self._client.cookies.set("session", session)
        self._form_token: str | None = None

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        """Fetch a page."""
        return self._shown(await self._client.get(path, **kwargs))

    async def send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Send any request, as it is."""
        return self._shown(await self._client.request(method, path, **kwargs))

    async def post(self, path: str, form: Mapping[str, Any] | None = None, **kwargs: Any) -> httpx.Response:
        """Send a form with the token that the site put into its pages."""
        headers = {"Origin": self._base, "Sec-Fetch-Site": "same-origin", **kwargs.pop("headers", {})}
        fields = {"_csrf": await self.form_token(), **(form or {})}
        return self._shown(await self._client.post(path, data=fields, headers=headers, **kwargs))

    async def form_token(self) -> str:
        """Return the token in each form of this person, read once, from the page that is made fastest."""
        if self._form_token is None:
            found = FORM_TOKEN.search((await self._client.get("/search")).text)
            self._form_token = found[1] if found else ""
        return self._form_token


class _Shown(httpx.Response):
    """A page without the white space that does not show; it is laid out when a test reads it, which many don't."""

    def __init__(self, sent: httpx.Response) -> None:
        headers = [(name, value) for name, value in sent.headers.multi_items() if name not in PACKED]
        super().__init__(sent.status_code, headers=headers, stream=sent.stream, request=sent.request)
        self._sent = sent

    @cached_property
    def content(self) -> bytes:
        return laid_out(self._sent.text).encode()


def _shown(response: httpx.Response) -> httpx.Response:
    """Return an answer, a page in it without the white space that does not show."""
    is_page = response.headers.get("content-type", "").startswith("text/html")
    return _Shown(response) if is_page else response


def _as_sent(response: httpx.Response) -> httpx.Response:
    return response


async def session_of(viewer: Viewer, now: datetime) -> str:
    """Sign someone in by a one-time link, as the demo does, and return the cookie's value."""
    token = await issue_link(viewer.member_id, now, timedelta(minutes=5))
    session = await redeem_link(token, now, asks_code=False)
    assert isinstance(session, str)
    return session
