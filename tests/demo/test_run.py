"""A running demo: its folder, its commands, and what continues."""

import json
import os
import re
import shutil
import signal
import smtplib
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tracker.demo.run import DemoFolder
from tracker.errors import Conflict, Invalid
from tracker.rules.identity import ApiScope

READY_WITHIN = 120.0  # seconds; alone on a machine it takes two
STOPPED_WITHIN = 60.0  # seconds
FORM_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')
OFFERED = re.compile(r'name="persona" value="([^"]+)"')


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running demo, and what its demo.json says; settings around it do not count."""
    (folder / "demo.json").unlink(missing_ok=True)  # of an earlier one, which was killed
    process = subprocess.Popen(
        command("--data", str(folder), "--port", "0", "--json", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TRACKER_DATABASE_URL": "sqlite:////nowhere/real.sqlite", "TRACKER_SECRET": "short"},
    )
    try:
        yield process, listing(process, folder)
    finally:
        process.kill()
        process.communicate()


def command(*words: str) -> list[str]:
    return tracker_command("demo", *words)


def tracker_command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from tracker.ports.cli import main; main()", *words]


def listing(process: subprocess.Popen[str], folder: Path) -> dict[str, Any]:
    until = time.monotonic() + READY_WITHIN
    while not (folder / "demo.json").exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, "The demo was not ready in time."
        time.sleep(0.05)
    document: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return document


def once_there(text: str, look: Callable[[], str]) -> str:
    """Return what is seen as soon as the text is in it, or when it takes too long."""
    until = time.monotonic() + READY_WITHIN
    while text not in (seen := look()) and time.monotonic() < until:
        time.sleep(0.2)
    return seen


@contextmanager
def signed_in(persona: dict[str, Any], base_url: str) -> Iterator[httpx.Client]:
    """A person who opened the link: looked, then pressed the button."""
    with httpx.Client(base_url=base_url, headers={"Origin": base_url}) as visitor:
        token = FORM_TOKEN.search(visitor.get(persona["sign_in_url"]).text)
        visitor.post(persona["sign_in_url"], data={"_csrf": token[1]} if token else {})
        yield visitor


def stopped(process: subprocess.Popen[str], by: signal.Signals) -> str:
    """Stop it as its user would, and return what it said."""
    process.send_signal(by)
    output, _ = process.communicate(timeout=STOPPED_WITHIN)
    assert process.returncode == 0
    return output


def handed_over(reported: dict[str, Any]) -> tuple[int, bytes]:
    """Hand an email for the reply address to the demo as a mail server does, and return what it answers."""
    host, port = reported["lmtp"].split(":")
    with smtplib.LMTP(host, int(port), local_hostname=reported["authserv_id"]) as server:
        server.ehlo()
        server.mail("visitor@elsewhere.example")
        server.rcpt("reply@tracker.example")
        return server.data(b"From: visitor@elsewhere.example\r\n\r\nHello\r\n")


@pytest.fixture(scope="module")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo that was made once for the tests that continue it, and what was printed."""
    folder = tmp_path_factory.mktemp("made")
    done = subprocess.run(command("--data", str(folder), "--no-serve"), capture_output=True, text=True, check=True)
    return folder, done.stdout


def owner_of(token: str, base_url: str) -> tuple[str, int]:
    """Return whose token it is, and how many scopes it has."""
    me = httpx.get(f"{base_url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    return me["name"], len(me["scopes"])


def test_a_demo_is_visited_and_stopped(tmp_path: Path) -> None:
    with running_demo(tmp_path) as (process, reported):
        personas = {one["role"]: one for one in reported["personas"]}
        feeds = [httpx.get(one["feed_url"]).text for one in personas.values()]
        owners = [owner_of(one["api_token"], reported["base_url"]) for one in personas.values()]
        with signed_in(personas["Coordinator"], reported["base_url"]) as coordinator:
            home = coordinator.get("/").text
            again = coordinator.get(personas["Coordinator"]["sign_in_url"])
            taken = handed_over(reported)
            emails = once_there("Invitation: Weekly look-ahead call", lambda: coordinator.get("/demo/mail").text)
        said = stopped(process, signal.SIGTERM)
    assert Path(reported["mail_folder"]) == tmp_path / "mail"
    assert taken == (250, b"2.0.0 Taken")
    assert all(feed.startswith("BEGIN:VCALENDAR") and "Operation" not in feed for feed in feeds)
    assert owners == [(one["name"], len(ApiScope)) for one in personas.values()]
    assert "Task force coordinator" in home
    assert "Demo on this computer only" in home
    assert again.status_code == 410
    assert "Invitation: Weekly look-ahead call" in emails
    assert all(one["sign_in_url"] in said for one in personas.values())
    assert "Traceback" not in said


def test_the_sign_in_page_of_a_demo_offers_its_people_and_a_press_signs_in(made_folder: tuple[Path, str]) -> None:
    with (
        running_demo(made_folder[0], "--keep") as (_, reported),
        httpx.Client(base_url=reported["base_url"], follow_redirects=True) as visitor,
    ):
        page = visitor.get("/sign-in").text
        token, offered = FORM_TOKEN.search(page), OFFERED.findall(page)
        home = visitor.post("/demo/sign-in", data={"_csrf": token and token[1], "persona": offered[-1], "next": "/"})
    others = ["administrator@usao.example", "auditor@usao.example"]
    assert offered == [one["email"] for one in reported["personas"]] + others
    assert (home.url.path, "Records auditor" in home.text) == ("/", True)


def test_a_demo_continues_where_it_was(made_folder: tuple[Path, str]) -> None:
    folder, said_before = made_folder
    secret = (folder / "secret").read_text()
    with running_demo(folder, "--keep") as (process, reported):
        assert httpx.get(reported["personas"][0]["feed_url"]).status_code == 200
        said = stopped(process, signal.SIGINT)
    assert "Created a fresh demo" in said_before
    assert "Continuing the existing demo." in said
    assert (folder / "secret").read_text() == secret


def test_a_demo_made_at_a_named_moment_has_it_to_the_second_whenever_it_is_made(tmp_path: Path) -> None:
    words = command("--data", str(tmp_path), "--no-serve", "--now", "2031-03-03T09:00:00-06:00")
    subprocess.run(words, capture_output=True, check=True)
    with closing(sqlite3.connect(tmp_path / "tracker.sqlite")) as database:
        [[latest]] = database.execute("SELECT max(created_at) FROM event")
    assert datetime.fromisoformat(latest) == datetime(2031, 3, 3, 15, tzinfo=UTC)


def test_while_a_demo_runs_the_commands_of_its_note_let_others_in(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--now", "2031-03-03T09:00:00-06:00") as (process, reported):
        note = (tmp_path / "DEMO.txt").read_text().splitlines()
        words = [line.split()[1:] for line in note if line.startswith("tracker ")]
        links = [
            subprocess.run(tracker_command(*line), capture_output=True, text=True, check=True).stdout for line in words
        ]
        opened = []
        for link in links:
            with signed_in({"sign_in_url": link.strip()}, reported["base_url"]) as visitor:
                opened.append(visitor.get("/admin").status_code)
        stopped(process, signal.SIGTERM)
    assert opened == [200, 200]


@pytest.mark.parametrize(
    "options", [("--now", "tomorrow"), ("--now", "2027-01-01T08:00:00"), ("--data", "/dev/null/x"), ("--size", "0")]
)
def test_what_cannot_be_done_is_said_without_a_traceback(options: tuple[str, ...]) -> None:
    refused = subprocess.run(command("--port", "0", *options), capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            command("--data", str(tmp_path), "--port", port), capture_output=True, text=True, check=False
        )
    assert refused.returncode == 2
    assert f"Port {port} is in use." in refused.stderr


def test_a_copy_of_a_demo_is_verified_and_not_the_demo_that_it_was_copied_from(
    made_folder: tuple[Path, str], tmp_path: Path
) -> None:
    first, copy = made_folder[0], tmp_path / "copy"
    shutil.copytree(first, copy)
    with closing(sqlite3.connect(copy / "tracker.sqlite")) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit_entry SET verb = 'altered' WHERE seq = 2")
    verified = [
        subprocess.run(
            tracker_command("audit", "verify", "--data", str(folder)), capture_output=True, text=True, check=False
        )
        for folder in (first, copy)
    ]
    assert [one.returncode for one in verified] == [0, 1]
    assert verified[1].stderr == "Entry 2: The entry was changed.\n"


REAL = datetime(2026, 12, 15, 15, tzinfo=UTC)


def claimed(path: Path) -> DemoFolder:
    folder = DemoFolder(path)
    folder.claim()
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_database_that_no_demo_made_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "tracker.sqlite").write_bytes(b"real")
    with pytest.raises(Invalid, match="that aren't from a demo"):
        DemoFolder(tmp_path).claim()
    assert (tmp_path / "tracker.sqlite").read_bytes() == b"real"


def test_settings_that_no_demo_made_are_never_touched(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("TRACKER_DATABASE_URL=postgresql://real")
    with pytest.raises(Invalid, match="that aren't from a demo"):
        DemoFolder(tmp_path).claim()
    assert (tmp_path / "settings.env").read_text() == "TRACKER_DATABASE_URL=postgresql://real"


def test_two_demos_never_share_a_folder(tmp_path: Path) -> None:
    first = claimed(tmp_path)
    with pytest.raises(Conflict):
        DemoFolder(tmp_path).claim()
    assert first.path == tmp_path


def test_a_clock_that_was_set_has_run_on_when_the_demo_continues(tmp_path: Path) -> None:
    folder = claimed(tmp_path)
    assert folder.clock(REAL) is None
    folder.settle({"TRACKER_NOW": "2031-03-03T09:00:00-06:00"})
    os.utime(tmp_path / "settings.env", times=(REAL.timestamp(), REAL.timestamp()))
    assert folder.clock(REAL + timedelta(hours=2)) == datetime(2031, 3, 3, 17, tzinfo=UTC)
    folder.settle({})
    assert folder.clock(REAL) is None


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Invalid):
        DemoFolder(tmp_path / "file" / "demo").claim()


def test_a_fresh_start_deletes_what_a_demo_made_and_nothing_else(tmp_path: Path) -> None:
    folder = claimed(tmp_path / "demo")
    folder.clear()
    folder.list({})
    (folder.path / "tracker.sqlite").touch()
    (folder.email_folder / "000001.eml").touch()
    (folder.path / "notes.txt").touch()
    secret = folder.secret()
    folder.clear()
    assert sorted(one.name for one in folder.path.iterdir()) == ["DEMO.txt", "demo.json", "mail", "notes.txt", "secret"]
    assert list(folder.email_folder.iterdir()) == []
    assert folder.secret() != secret


def test_what_gives_access_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = claimed(tmp_path / "demo")
    folder.clear()
    folder.list({"personas": []})
    folder.settle({"TRACKER_IS_DEMO": "yes"})
    files = (folder.path / "secret", folder.path / "settings.env", folder.listing)
    assert [mode(one) for one in (folder.path, *files)] == [0o700, 0o600, 0o600, 0o600]
    assert json.loads(folder.listing.read_text()) == {"personas": []}


def test_the_listing_of_an_earlier_demo_is_gone_before_the_next_is_ready(tmp_path: Path) -> None:
    first = claimed(tmp_path)
    first.list({})
    first.leave()
    assert not claimed(tmp_path).listing.exists()
