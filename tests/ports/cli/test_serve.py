"""Serving: the command, and the first day of a task force."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pyotp
import pytest

from tests.database.sources import Source
from tests.faults.server import MailServer, serve_smtp
from tests.ports.cli.commands import BOSS, COMMAND, READY_WITHIN
from tests.ports.pages.forms import form_with
from tracker.ports.cli.serve import listen

STOPPED_WITHIN = 5.0  # seconds


@pytest.fixture
def serving_settings(sqlite_source: Source, tmp_path: Path) -> dict[str, str]:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    return {
        **os.environ,
        "TRACKER_SECRET": "a secret of the tests, long enough",
        "TRACKER_SMTP_PORT": "1",
        "TRACKER_DATABASE_URL": asyncio.run(sqlite_source.fresh(tmp_path)),
        "TRACKER_BASE_URL": f"http://127.0.0.1:{port}",
    }


@contextmanager
def serve(settings: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "serve", "--port", settings["TRACKER_BASE_URL"].rpartition(":")[2], *words]
    process = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process
    process.kill()
    process.communicate()


def response(address: str) -> httpx.Response:
    """Return the first answer, waiting until the server is there."""
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            return httpx.get(address)
        except httpx.TransportError:
            assert time.monotonic() < until, "The server was not ready in time."
            time.sleep(0.05)


@pytest.mark.parametrize(("words", "client"), [((), "127.0.0.1"), (("--proxy", "127.0.0.1"), "203.0.113.9")])
def test_who_comes_is_learned_from_the_named_proxy_and_from_no_one_else(
    serving_settings: dict[str, str], words: tuple[str, ...], client: str
) -> None:
    with serve(serving_settings, *words) as server:
        response(f"{serving_settings['TRACKER_BASE_URL']}/sign-in")
        httpx.get(f"{serving_settings['TRACKER_BASE_URL']}/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
        server.send_signal(signal.SIGTERM)
        output, _ = server.communicate(timeout=STOPPED_WITHIN)
    lines = [json.loads(line) for line in output.splitlines() if "/healthz" in line]
    assert [line["client"] for line in lines] == [client]


@pytest.mark.parametrize("endless", [b"X: " + b"a" * 997 + b"\r\n", b"a" * 1000])
def test_a_request_whose_head_never_ends_is_cut_off(serving_settings: dict[str, str], endless: bytes) -> None:
    with serve(serving_settings):
        response(f"{serving_settings['TRACKER_BASE_URL']}/healthz")
        with socket.create_connection(
            ("127.0.0.1", urlsplit(serving_settings["TRACKER_BASE_URL"]).port), timeout=5
        ) as line:
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
            taken = sum(1 for _ in range(20_000) if sends(line, endless))
    assert taken < 10_000  # of 20 megabytes: what lies on the way in the buffers of both sides is among them


def sends(line: socket.socket, data: bytes) -> bool:
    """Return whether the other side still took it."""
    try:
        line.sendall(data)
    except OSError:
        return False
    return True


def test_the_application_answers_and_ends_when_it_is_asked_to(serving_settings: dict[str, str]) -> None:
    with serve(serving_settings) as server:
        response_found = response(f"{serving_settings['TRACKER_BASE_URL']}/sign-in")
        server.send_signal(signal.SIGTERM)
        output, _ = server.communicate(timeout=STOPPED_WITHIN)
    assert response_found.status_code == 200
    assert "server" not in response_found.headers
    assert "Demo on this computer" not in response_found.text
    assert "Traceback" not in output


def test_where_no_address_is_set_people_come_to_the_port_that_is_served(serving_settings: dict[str, str]) -> None:
    address = serving_settings["TRACKER_BASE_URL"]
    with serve(
        {**serving_settings, "TRACKER_BASE_URL": "http://127.0.0.1:8000"}, "--port", address.rpartition(":")[2]
    ) as it:
        response_found = response(f"{address}/sign-in")
        it.send_signal(signal.SIGTERM)
        output, _ = it.communicate(timeout=STOPPED_WITHIN)
    assert response_found.status_code == 200
    assert f"Serving at {address}." in output


SETUP_KEY = re.compile(r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b")
PEOPLE = "agency_code,agency_name,arm,level,name,email\nFBI,FBI,law enforcement,federal,FBI lead,lead@fbi.example\n"


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with serve_smtp(MailServer()) as server:
        yield server


@pytest.fixture
async def site(tmp_path: Path, mail_server: MailServer) -> AsyncIterator[httpx.AsyncClient]:
    """The application, served for real from a folder that `tracker init` made, as its coordinator's browser sees it."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    given = ("--set", f"BASE_URL={base}", "--set", f"SMTP_PORT={mail_server.port}", "--set", "TICK=0.5")
    run_beside("init", "--data", tmp_path / "data", "--coordinator", BOSS, *given)
    words = ("serve", "--data", str(tmp_path / "data"), "--port", str(port))
    process = await asyncio.create_subprocess_exec(*COMMAND, *words, stderr=subprocess.DEVNULL)
    async with httpx.AsyncClient(base_url=base, headers={"Origin": base}, follow_redirects=True) as browser:
        yield browser
    process.terminate()
    await process.wait()


async def open_page(site: httpx.AsyncClient, address: str) -> str:
    """Return a page as soon as the server is there."""
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            return (await site.get(address)).text
        except httpx.TransportError:
            assert time.monotonic() < until, "The server was not ready in time."
            await asyncio.sleep(0.05)


async def send_form(site: httpx.AsyncClient, page: str, action: str, **fields: str | list[str]) -> str:
    """Fill in the form of a page and return the page that its button leads to."""
    return (await site.post(action, data=form_with(page, action, **fields))).text


async def test_from_an_empty_folder_to_the_first_invitation(
    site: httpx.AsyncClient, mail_server: MailServer, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE)
    link = run_beside("sign-in-link", BOSS, "--data", tmp_path / "data").strip()
    page = await send_form(site, await open_page(site, link), link.removeprefix(str(site.base_url).rstrip("/")))
    key = SETUP_KEY.search(page)
    assert key
    await send_form(site, page, "/sign-in/enrollment", code=pyotp.TOTP(key[0].replace(" ", "")).now())
    assert "1 added" in run_beside("roster", "import", people, "--data", tmp_path / "data")
    page = await open_page(site, "/schedule")
    agency = re.search(r'value="([^"]+)"[^>]*>(?:\s*<[^>]+>)*\s*FBI · 1 person', page)  # its label
    assert agency
    page = await send_form(site, page, "/events", title="First meeting", agency=[agency[1]], save="send")
    assert "1 person will get an email." in page
    async with asyncio.timeout(READY_WITHIN):
        while not mail_server.accepted:  # noqa: ASYNC110 - another process sends it
            await asyncio.sleep(0.05)
    assert mail_server.recipients() == ["lead@fbi.example"]
    assert b"Invitation: First meeting" in mail_server.accepted[0]


def run_beside(*words: object) -> str:
    """Run a command beside the server and return what it says."""
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, check=True)
    return done.stdout
