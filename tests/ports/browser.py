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
from tracker.rules.core.viewers import Viewer
from tracker.usecases.identity.sign_in import issue_link, redeem_link

BASE = "http://tracker.test"
PACKED = ("content-encoding", "content-length")
FORM_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')
MOST_REDIRECTS = 20  # one after another, as browsers follow them
USUAL = httpx.AsyncClient().headers
"""What a client of httpx says with each request."""


def app_settings(**facts: Any) -> Settings:
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
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 40_000))  # type: ignore[arg-type]  # an ASGI application
        self._base = base
        self._shown = _shown if lays_out else _as_sent
        self.cookies = _Cookies()
        if session:
            self.cookies.set("session", session)
        self._form_token: str | None = None

    async def get(self, path: str, *, follow_redirects: bool = False, **kwargs: Any) -> httpx.Response:
        """Fetch a page."""
        response = await self.send("GET", path, **kwargs)
        for _ in range(MOST_REDIRECTS if follow_redirects else 0):
            if not response.is_redirect:
                break
            response = await self.send("GET", response.headers["location"])
        return response

    async def send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Send any request, as it is."""
        return self._shown(await self._sent(method, path, **kwargs))

    async def post(self, path: str, form: Mapping[str, Any] | None = None, **kwargs: Any) -> httpx.Response:
        """Send a form with the token that the site put into its pages."""
        headers = {"Origin": self._base, "Sec-Fetch-Site": "same-origin", **kwargs.pop("headers", {})}
        fields = {"_csrf": await self.form_token(), **(form or {})}
        return await self.send("POST", path, data=fields, headers=headers, **kwargs)

    async def form_token(self) -> str:
        """Return the token in each form of this person, read once, from the page that is made fastest."""
        if self._form_token is None:
            match = FORM_TOKEN.search((await self._sent("GET", "/search")).text)
            self._form_token = match[1] if match else ""
        return self._form_token

    async def _sent(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> httpx.Response:
        """Send a request as a client of httpx would, which takes longer: it looks for redirects and passwords too."""
        address = path if path.startswith(("http:", "https:")) else f"{self._base}/{path.removeprefix('/')}"
        said = USUAL.copy()
        said.update(headers)
        request = httpx.Request(method, address, headers=said, **kwargs)
        self.cookies.set_cookie_header(request)
        response = await self._transport.handle_async_request(request)
        response.request = request
        await response.aread()
        self.cookies.extract_cookies(response)
        return response


class _Cookies(httpx.Cookies):
    """The cookies of one browser; they say the same to every page until another comes."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, str | None] = {}

    def set(self, name: str, value: str, domain: str = "", path: str = "/") -> None:
        super().set(name, value, domain, path)
        self._said.clear()

    def extract_cookies(self, response: httpx.Response) -> None:
        if "set-cookie" in response.headers:
            super().extract_cookies(response)
            assert {cookie.path for cookie in self.jar} <= {"/"}, "a cookie is said to every page, or to one only"
            self._said.clear()

    def set_cookie_header(self, request: httpx.Request) -> None:
        if "cookie" in request.headers:  # a test's own
            return
        site = f"{request.url.scheme}://{request.url.host}"
        if site not in self._said:
            super().set_cookie_header(request)
            self._said[site] = request.headers.get("cookie")
        elif said := self._said[site]:
            request.headers["cookie"] = said


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
