"""What is around every response: hosts, sizes, headers, errors that tell nothing, logs that keep no secret."""

import asyncio
import io
import json
import logging
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar, asgi, get, post
from litestar._parsers import parse_url_encoded_form_data
from litestar.params import FromPath, FromQuery
from litestar.types import Receive, Scope, Send

from tests.cast import Cast
from tests.ports.browser import Browser, app_settings
from tests.ports.conftest import SignIn
from tracker.errors import Busy, Conflict, Gone, Invalid, NotAllowed, NotFound, TooLarge
from tracker.ports.http import errors, security
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import feed, link, public
from tracker.ports.http.security import BODY_LIMIT, HEADERS, protect
from tracker.ports.pages.core.form_values import read_form
from tracker.ports.pages.core.templating import error_page

TOKEN = "Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmE"
FAULTS = {
    "missing": NotFound(),
    "forbidden": NotAllowed("Only the owner can do this."),
    "conflict": Conflict(),
    "invalid": Invalid(title="Give it a title."),
    "large": TooLarge(),
    "busy": Busy(),
    "gone": Gone(),
    "mistake": ZeroDivisionError("SELECT secret FROM /srv/tables"),
}


@get("/fault/{name:str}", guards=[public])
async def fault(name: FromPath[str]) -> str:
    raise FAULTS[name]


@get("/feed/{name:str}", guards=[feed])
async def fault_of_feed(name: FromPath[str]) -> str:
    raise FAULTS[name]


@get("/number/{number:int}", guards=[public])
async def number(number: FromPath[int], more: FromQuery[int] = 0) -> str:
    return str(number)


@get("/token/{token:str}", guards=[link])
async def token_page(token: FromPath[str]) -> str:
    if token == TOKEN:
        raise ZeroDivisionError(f"/token/{token}")
    return token


@post("/form", guards=[public], status_code=200)
async def form_page(request: FormRequest) -> str:
    return (await read_form(request))["word"]


@asgi("/mount", is_mount=True, copy_scope=True, guards=[public])
async def mount_app(scope: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more:
        message: Any = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode(), "more_body": False})


@pytest.fixture
def small() -> Litestar:
    """An application with a fault for each kind of error."""
    return framed()


def framed(**facts: Any) -> Litestar:
    app = Litestar(
        [fault, fault_of_feed, number, token_page, form_page, mount_app],
        exception_handlers=errors.handlers(error_page),
        request_class=FormRequest,
        openapi_config=None,
        logging_config=None,
    )
    protect(app, app_settings(**facts))
    return app


@pytest.fixture
def small_visitor(small: Litestar) -> Browser:
    return Browser(small)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What the process logs."""
    stream = io.StringIO()
    handler = AtOnce(stream)
    handler.setFormatter(security.JsonLog())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    security.log_requests(handler)
    yield stream
    security.log_requests(None)
    root.removeHandler(handler)
    root.setLevel(before)


class AtOnce(security.AccessLog):
    """Lines that are written at once."""

    def add(self, line: security.RequestLine | msgspec.Raw) -> None:
        super().add(line)
        self.flush()


# Headers ----------------------------------------------------------------------------------------------------------

EVERYWHERE = [
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("GET", "/nowhere"),
    ("GET", "/events/x"),
    ("PUT", "/"),
    ("OPTIONS", "/"),
    ("POST", "/sign-in"),
    ("GET", "/feeds/nothing.ics"),
    ("GET", "/r/nothing"),
    ("GET", "/static/nothing.css"),
    ("GET", "/sign-in/link/nothing"),
    ("TRACE", "/"),
    ("GET", "/calendar"),
]


@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
async def test_every_answer_has_the_security_headers(browse: SignIn, method: str, path: str) -> None:
    response = await (await browse(None)).send(method, path)
    kept = {name.decode(): value.decode() for name, value in HEADERS if name != b"cache-control"}
    assert {name: response.headers.get(name) for name in kept} == kept
    assert "no-cache" in response.headers["cache-control"] or "no-store" in response.headers["cache-control"]
    assert "server" not in response.headers


def test_the_content_security_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    policy = dict(HEADERS)[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'none'; ")
    assert not any(word in policy for word in ("unsafe", "http", "*", "blob:"))


async def test_hsts_is_sent_where_there_is_https_and_only_there() -> None:
    secure, plain = Browser(framed(base_url="https://tracker.test")), Browser(framed())
    assert "max-age=31536000" in (await secure.get("/fault/missing")).headers["strict-transport-security"]
    assert "strict-transport-security" not in (await plain.get("/fault/missing")).headers


# Hosts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "tracker.test.evil.example",
        "tracker.test:8000",
        "tracker.test@evil.example",
        "",
        "tracker.test.",
        "127.0.0.1",
        "localhost",
        "tracker.test, evil.example",
        "é.example",
    ],
)
async def test_another_host_is_refused(small_visitor: Browser, host: str) -> None:
    assert (await small_visitor.get("/fault/missing", headers={"Host": host.encode()})).status_code == 400


@pytest.mark.parametrize("host", ["tracker.test", "TRACKER.test", "tracker.test:80"])
async def test_our_own_host_is_taken(small_visitor: Browser, host: str) -> None:
    assert (await small_visitor.get("/fault/missing", headers={"Host": host})).status_code == 404


@pytest.mark.parametrize("headers", [[], [(b"host", b"tracker.test"), (b"host", b"evil.example")]])
async def test_no_host_and_two_hosts_are_refused(small: Litestar, headers: list[tuple[bytes, bytes]]) -> None:
    assert await raw(small, "/fault/missing", headers) == 400


# Contents ---------------------------------------------------------------------------------------------------------


async def streamed(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 50_000):
        yield b"x" * 50_000


@pytest.mark.parametrize("path", ["/form", "/mount"])
async def test_a_body_above_one_megabyte_is_refused_announced_or_not(small_visitor: Browser, path: str) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    announced = await small_visitor.send("POST", path, content=b"word=" + b"x" * BODY_LIMIT, headers=kind)
    unannounced = await small_visitor.send("POST", path, content=streamed(20 * BODY_LIMIT), headers=kind)
    assert (announced.status_code, unannounced.status_code) == (413, 413)
    assert (announced.headers["connection"], unannounced.headers["connection"]) == ("close", "close")
    assert "larger than 1 MB" in announced.text


async def test_a_body_of_one_megabyte_is_taken(small_visitor: Browser) -> None:
    assert (await small_visitor.send("POST", "/mount", content=streamed(BODY_LIMIT))).text == str(BODY_LIMIT)


async def test_a_form_of_thousands_of_fields_is_refused(small_visitor: Browser) -> None:
    response = await small_visitor.send("POST", "/form", data={f"field{number}": "" for number in range(5_001)})
    assert response.status_code == 413


async def test_what_is_posted_is_not_kept_in_memory(small_visitor: Browser) -> None:
    before = parse_url_encoded_form_data.cache_info().currsize
    assert (await small_visitor.send("POST", "/form", data={"word": "é & =", "password": "secret"})).text == "é & ="
    assert parse_url_encoded_form_data.cache_info().currsize == before


# Errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("missing", 404, "We can’t find that page"),
        ("forbidden", 403, "Only the owner can do this."),
        ("conflict", 409, "Someone changed this while you were working on it"),
        ("invalid", 422, "Give it a title."),
        ("large", 413, "This is too large."),
        ("busy", 503, "Please try again in a minute."),
        ("gone", 410, "This link no longer works"),
        ("mistake", 500, "Something went wrong on our side"),
    ],
)
async def test_each_error_has_its_status_and_its_sentence(
    small_visitor: Browser, name: str, status: int, sentence: str
) -> None:
    response = await small_visitor.get(f"/fault/{name}")
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert sentence in response.text


@pytest.mark.parametrize(("name", "status", "text"), [("missing", 404, "Not found.\n"), ("busy", 503, f"{Busy()}\n")])
async def test_a_feed_gets_its_errors_as_plain_text(small_visitor: Browser, name: str, status: int, text: str) -> None:
    response = await small_visitor.get(f"/feed/{name}")
    assert (response.status_code, response.headers["content-type"], response.text) == (
        status,
        "text/plain; charset=utf-8",
        text,
    )


async def test_a_page_that_broke_off_can_be_asked_for_again(small_visitor: Browser) -> None:
    page = (await small_visitor.get("/fault/mistake?day=1")).text
    assert '<a class="usa-button" href="/fault/mistake?day=1">Try again</a>' in page
    assert "Nothing was changed." in page


async def test_a_busy_server_says_when_to_come_back(small_visitor: Browser) -> None:
    assert (await small_visitor.get("/fault/busy")).headers["retry-after"] == "60"


async def test_a_mistake_shows_a_reference_that_is_in_the_log_and_nothing_else(
    small_visitor: Browser, log_lines: io.StringIO
) -> None:
    response = await small_visitor.get("/fault/mistake")
    logged = next(
        line for line in map(json.loads, log_lines.getvalue().splitlines()) if line["from"] == errors.__name__
    )
    assert logged["request"] in response.text
    assert "ZeroDivisionError" in logged["trace"]
    assert not any(word in response.text for word in ("ZeroDivision", "SELECT", "/srv", "Traceback", ".py"))


async def test_missing_pages_are_the_same_to_the_byte(small_visitor: Browser) -> None:
    responses = [
        await small_visitor.get(path) for path in ("/fault/missing", "/nowhere", "/number/x", "/fault/missing/x")
    ]
    assert len({(response.status_code, response.content, str(response.headers)) for response in responses}) == 1


async def test_a_method_that_is_not_there_says_which_are(small_visitor: Browser) -> None:
    response = await small_visitor.send("DELETE", "/fault/missing")
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


async def test_an_odd_query_is_not_repeated(small_visitor: Browser) -> None:
    response = await small_visitor.get("/number/1?more=<b>secret-token")
    assert (response.status_code, "secret-token" in response.text) == (400, False)


# Odd requests -----------------------------------------------------------------------------------------------------


async def test_odd_paths_and_queries_never_break_anything(browse: SignIn, sqlite_cast: Cast) -> None:
    browser, chance = await browse(sqlite_cast.fbi_lead), random.Random(7)  # noqa: S311 - the same odd paths each time
    places = ("/", "/calendar", "/action-items", "/events/", "/static/", "/feeds/", "/r/", "/u/", "/sign-in/link/")
    odd = [
        "%00",
        "%0d%0a",
        "%ff",
        "%c3%28",
        "%2e%2e",
        "%2f",
        "//",
        "..;",
        "é",
        "%F0%9F%92%A9",
        "?x=%00",
        "?next=%ff",
        "&",
        "{x}",
    ]
    for _ in range(500):
        path = chance.choice(places) + "".join(chance.choices(odd, k=chance.randint(1, 4)))
        assert (await browser.get(path)).status_code < 500, path


@pytest.mark.parametrize("path", ["/\x00", "/calendar\x00", "/static/\x00.css", "/a\r\nb", "/\x7f", "/\ud800"])
async def test_control_characters_in_a_path_are_not_found(small: Litestar, path: str) -> None:
    assert await raw(small, path, [(b"host", b"tracker.test")]) == 404


async def raw(app: Litestar, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    """Ask as no client library would, and return the status."""
    statuses = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": b"/",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "client": ("192.0.2.7", 1),
        "server": ("x", 80),
    }
    await app(scope, receive, send)
    return int(statuses[0])


# Logs -------------------------------------------------------------------------------------------------------------


async def test_each_request_is_a_line_with_its_route_and_not_its_address(
    small_visitor: Browser, log_lines: io.StringIO
) -> None:
    await small_visitor.get(f"/token/short?secret={TOKEN}", headers={"Cookie": f"session={TOKEN}"})
    line = json.loads(log_lines.getvalue().splitlines()[0])
    assert (line["method"], line["route"], line["status"], line["client"]) == (
        "GET",
        "/token/{token}",
        200,
        "192.0.2.7",
    )
    assert {"at", "ms", "request", "member"} <= set(line)


@pytest.mark.parametrize("path", [f"/token/{TOKEN}", f"/nowhere/{TOKEN}", f"/mount/{TOKEN}", f"/number/{TOKEN}"])
async def test_a_token_is_in_no_log_not_even_of_a_mistake(
    small_visitor: Browser, log_lines: io.StringIO, path: str
) -> None:
    await small_visitor.get(path)
    logged = [line for line in log_lines.getvalue().splitlines() if '"from": "httpx"' not in line]
    assert logged
    assert TOKEN not in "".join(logged)


async def test_the_member_who_asked_is_in_the_line(browse: SignIn, sqlite_cast: Cast, log_lines: io.StringIO) -> None:
    await (await browse(sqlite_cast.fbi_lead)).get("/action-items")
    line = next(one for one in map(json.loads, log_lines.getvalue().splitlines()) if one["from"] == "tracker.access")
    assert line["member"] == str(sqlite_cast.fbi_lead.member_id)


def test_line_ends_in_what_is_logged_make_no_second_line(log_lines: io.StringIO) -> None:
    logging.getLogger("tracker").warning("signed in as %s", "a\r\nINFO fake\u2028line")
    assert len(log_lines.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("password=hunter2 x", "password=[hidden] x"),
        ('{"password": "hunter2"}', '{"password": "[hidden]"}'),
        ("Cookie: session=abc; other", "Cookie: [hidden]; other"),
        (f"GET /feeds/{TOKEN}.ics", "GET /feeds/[hidden].ics"),
        ("member 0f8fad5b-d9cb-469f-a165-70867728950e", "member 0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("test_a_name_of_a_function_that_is_rather_long", "test_a_name_of_a_function_that_is_rather_long"),
    ],
)
def test_secrets_are_taken_out_of_what_is_logged(said: str, kept: str) -> None:
    assert security.redacted(said) == kept


def test_all_our_logs_and_the_warnings_of_libraries_go_to_one_stream() -> None:
    stream = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("tracker")
    before, levels = root.handlers[:], (root.level, ours.level)
    security.configure(stream)
    logging.getLogger("tracker.anything").info("hello")
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("careful")
    root.handlers[:] = before
    security.log_requests(None)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    assert [json.loads(line)["said"] for line in stream.getvalue().splitlines()] == ["hello", "careful"]


class FullDisk(io.StringIO):
    """A log that can't be written."""

    def write(self, _: str) -> int:
        raise OSError


async def test_a_line_that_cannot_be_written_is_dropped_without_another_error() -> None:
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    security.AccessLog(FullDisk()).emit(logging.makeLogRecord({"msg": "one"}))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert errors == []


async def test_lines_of_one_turn_of_the_event_loop_are_written_at_its_end() -> None:
    stream = io.StringIO()
    handler = security.AccessLog(stream)
    for number in range(2):
        handler.emit(logging.makeLogRecord({"msg": str(number)}))
    before = stream.getvalue()
    await asyncio.sleep(0)
    assert (before, stream.getvalue()) == ("", "0\n1\n")
