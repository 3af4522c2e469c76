"""The first day of a task force, as docs/operations.md tells it: from an empty folder to the first invitation."""

import asyncio
import re
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pyotp
import pytest

from tests.faults.server import MailServer, serving
from tests.ports.cli.commands import BOSS, COMMAND, READY_WITHIN
from tests.ports.pages.forms import typed
from tracker.ports.cli.serve import listen

SETUP_KEY = re.compile(r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b")
PEOPLE = "agency_code,agency_name,arm,level,name,email\nFBI,FBI,law enforcement,federal,FBI lead,lead@fbi.example\n"


@pytest.fixture
async def mails() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as server:
        yield server


@pytest.fixture
async def site(tmp_path: Path, mails: MailServer) -> AsyncIterator[httpx.AsyncClient]:
    """The application, served for real from a folder that `tracker init` made, as its coordinator's browser sees it."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    given = ("--set", f"BASE_URL={base}", "--set", f"SMTP_PORT={mails.port}", "--set", "TICK=0.5")
    run("init", "--data", tmp_path / "data", "--coordinator", BOSS, *given)
    words = ("serve", "--data", str(tmp_path / "data"), "--port", str(port))
    process = await asyncio.create_subprocess_exec(*COMMAND, *words, stderr=subprocess.DEVNULL)
    async with httpx.AsyncClient(base_url=base, headers={"Origin": base}, follow_redirects=True) as browser:
        yield browser
    process.terminate()
    await process.wait()


async def opened(site: httpx.AsyncClient, address: str) -> str:
    """Return a page as soon as the server is there."""
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            return (await site.get(address)).text
        except httpx.TransportError:
            assert time.monotonic() < until, "The server was not ready in time."
            await asyncio.sleep(0.05)


async def sent(site: httpx.AsyncClient, page: str, action: str, **fields: str | list[str]) -> str:
    """Fill in the form of a page and return the page that its button leads to."""
    return (await site.post(action, data=typed(page, action, **fields))).text


async def test_from_an_empty_folder_to_the_first_invitation(
    site: httpx.AsyncClient, mails: MailServer, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE)
    link = run("sign-in-link", BOSS, "--data", tmp_path / "data").strip()
    page = await sent(site, await opened(site, link), link.removeprefix(str(site.base_url).rstrip("/")))
    key = SETUP_KEY.search(page)
    assert key
    await sent(site, page, "/sign-in/enrollment", code=pyotp.TOTP(key[0].replace(" ", "")).now())
    assert "1 added" in run("roster", "import", people, "--data", tmp_path / "data")
    page = await opened(site, "/schedule")
    agency = re.search(r'value="([^"]+)"[^>]*>(?:\s*<[^>]+>)*\s*FBI · 1 person', page)  # its label
    assert agency
    page = await sent(site, page, "/events", title="First meeting", agency=[agency[1]], save="send")
    assert "1 person will get an email." in page
    async with asyncio.timeout(READY_WITHIN):
        while not mails.accepted:  # noqa: ASYNC110 - another process sends it
            await asyncio.sleep(0.05)
    assert mails.recipients() == ["lead@fbi.example"]
    assert b"Invitation: First meeting" in mails.accepted[0]


def run(*words: object) -> str:
    """Run a command beside the server and return what it says."""
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, check=True)
    return done.stdout
