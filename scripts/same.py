"""Write all that people of the demo see as text files, and compare them with the files of an earlier run.

A net for changes that are to change nothing: `make same TO=../same-before` before the change, and after it
`make same TO=../same-now AGAINST=../same-before`. The clock is still, and what is drawn is the same in each run.
Folders of the result:

- one for each persona, and `signed-out`: pages, parts of pages, downloads; also those that only others come to
- `api` in it: the API's documents; `posts` in it: what each form answers, sent empty, as it is shown, and filled in
- `emails` and `emails-later`: what the demo sends at its start, and in the ten days after it
- `routes.txt`: each route with its guard
"""

import asyncio
import difflib
import json
import logging
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from litestar import Litestar
from msgspec.structs import replace

from scripts.same_text import of_email, read_email
from scripts.same_visitors import SIGNED_OUT, Folder, Person, Program, Routes, listed
from tracker import clock
from tracker.app import create_app
from tracker.config.settings import Settings, load_settings
from tracker.crypto import ids
from tracker.demo.run import OFFERED, Options, personas, run
from tracker.ports.clock import Clock
from tracker.ports.mail import delivery
from tracker.ports.mail.demo_emails import EmailSink

REPOSITORY = Path(__file__).resolve().parent.parent
NOW = datetime.fromisoformat("2026-12-01T08:40:00-06:00")
SEED = 1
SOON = timedelta(minutes=2)  # later, the first emails are due
STEP = timedelta(hours=6)
STEPS = 40  # of the days after the start
OUTSIDE = frozenset({"calendars"})
"""Jobs that ask other servers."""
OF_OTHERS = 2  # addresses of one route to which only others come, for each person
PER_LINK = 5  # addresses of one kind in emails
SHOWN = 30  # differences that are shown
LINES = 14  # of each


class World:
    """A demo whose clock is still, and the jobs and emails of its application."""

    def __init__(self, settings: Settings, jobs: list[Any]) -> None:
        self._email_folder, self._jobs = Path(settings.mail_folder), jobs
        self._database = settings.database_url.removeprefix("sqlite:///")
        self._made = f"{self._database}.made"
        self._read: set[str] = set()

    async def work(self, later: timedelta) -> list[tuple[str, str]]:
        """Run each job at a time after the start; return what came by email, with recipient and subject."""
        clock.start_at(NOW + later, is_still=True)
        for name, _, job in self._jobs:
            if name not in OUTSIDE:
                await job()
        return self.emails()

    def emails(self) -> list[tuple[str, str]]:
        """Return the emails that came since the last look."""
        new = [file for file in sorted(self._email_folder.glob("*.eml")) if file.name not in self._read]
        self._read.update(file.name for file in new)
        messages = [read_email(file.read_bytes()) for file in new]
        return [(f"{one['To']} {one['Subject']}", of_email(one)) for one in messages]

    def remember(self) -> None:
        """Note what all rows hold now."""
        self._copy(self._database, self._made)

    def restore(self) -> None:
        """Give all rows what they held then."""
        self._copy(self._made, self._database)

    async def settle(self) -> list[str]:
        """Send what is due after a deed, take the deed back, and return the emails."""
        emails = await self.work(SOON * 2)
        self.restore()
        clock.start_at(NOW + SOON, is_still=True)
        return [text for _, text in emails]

    @staticmethod
    def _copy(source: str, target: str) -> None:
        with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
            read.backup(written)


@contextmanager
def without_chance() -> Iterator[list[Any]]:
    """Let what is drawn be the same in each run, and note the clock's jobs instead of running them."""
    luck = random.Random(SEED)  # noqa: S311 - to be repeatable
    random.seed(SEED)
    jobs: list[Any] = []

    async def nothing(_: Clock) -> None:
        """Start or stop no job."""

    with ExitStack() as stack:
        for owner, name, other in (
            (random.SystemRandom, "random", lambda _: luck.random()),
            (random.SystemRandom, "getrandbits", lambda _, bits: luck.getrandbits(bits)),
            (random.SystemRandom, "randbytes", lambda _, count: luck.randbytes(count)),
            (os, "urandom", luck.randbytes),
            (Clock, "__init__", lambda _, given, **__: jobs.extend(given)),
            (Clock, "start", nothing),
            (Clock, "stop", nothing),
            (delivery, "LANES", 1),
        ):
            stack.enter_context(patch.object(owner, name, other))
        yield jobs


def write_all(into: Path) -> Counter[str]:
    """Make a demo, write all of it into a folder, and return how often each status came."""
    with tempfile.TemporaryDirectory() as data, without_chance() as jobs:
        run(Options(folder=Path(data), listener=None, seed=SEED, size=1, now=NOW, keeps=False, lists=False), print)
        logging.disable()
        clock.start_at(NOW, is_still=True)
        ids.seed(SEED + 1)
        return asyncio.run(_write(into, {data: "<folder>"}, load_settings(), jobs))


async def _write(into: Path, hidden: Mapping[str, str], settings: Settings, jobs: list[Any]) -> Counter[str]:
    sink = EmailSink(Path(settings.mail_folder))
    port = await sink.start()
    folder = Folder(into, {**hidden, f"port {port}": "port <sink>"})
    app = create_app(replace(settings, smtp_port=port))
    folder.write("routes", "\n".join(sorted(listed(app))) + "\n")
    async with app.lifespan():
        await _visit(app, folder, settings.base_url, World(settings, jobs))
    await sink.stop()
    return folder.states


async def _visit(app: Litestar, folder: Folder, base: str, world: World) -> None:
    routes = Routes(app)
    emails = await world.work(SOON)
    _keep_emails(folder, "emails", emails)
    stranger, *people = [
        Person(address.partition("@")[0], base, app, folder, routes) for address in (SIGNED_OUT, *OFFERED)
    ]
    for person, address in zip(people, OFFERED, strict=True):
        await person.sign_in(address)
    listing = await personas(base, clock.now())
    entrances = [listing[0].sign_in_url.removeprefix(base), *(one.feed_url.removeprefix(base) for one in listing)]
    plain = [route for route in routes.below("/") if "{" not in route]
    unknown = [
        route.replace("{token}", "nothing")
        for route in routes.below("/")
        if route.count("{") == route.count("{token}") == 1
    ]
    await stranger.crawl("/", *plain, "/nothing", *unknown, *entrances, *_links(emails, base, routes))
    for person in people:
        await person.crawl("/", *plain, "/nothing")
    tokens = [*((person.name, one.api_token) for person, one in zip(people, listing, strict=False)), (SIGNED_OUT, "")]
    programs = [Program(name, token, stranger.client, routes, folder) for name, token in tokens]
    for program in programs:
        await program.read()
    await _visit_others(people, stranger)
    world.remember()
    for person in (stranger, *people):
        await person.post_all(world.settle)
    for program in programs:
        await program.change(world.settle)
    later = []
    for step in range(1, STEPS + 1):
        later += await world.work(SOON + STEP * step)
    _keep_emails(folder, "emails-later", later)
    await stranger.crawl(*_links(later, base, routes))


def _keep_emails(folder: Folder, name: str, emails: list[tuple[str, str]]) -> None:
    for subject, text in emails:
        folder.write(f"{name}/{subject.replace('/', '_')}", text)


def _links(emails: list[tuple[str, str]], base: str, routes: Routes) -> list[str]:
    """Return some links of each kind in the emails."""
    addresses = dict.fromkeys(re.findall(rf"{re.escape(base)}(/\w/[\w.-]+)", "\n".join(text for _, text in emails)))
    counts: Counter[str] = Counter()
    links = []
    for link in addresses:
        counts[route := routes.of(link)] += 1
        links += [link] if counts[route] <= PER_LINK else []
    return links


async def _visit_others(people: list[Person], stranger: Person) -> None:
    """Let each person request some addresses of each route to which only others come."""
    union: dict[tuple[str, bool], str] = {}
    for person in people:
        union |= {place: route for place, route in person.seen.items() if place not in union}
    for person in (stranger, *people):
        counts: Counter[tuple[str, bool]] = Counter()
        for (address, is_part), route in union.items():
            if (address, is_part) not in person.seen and counts[route, is_part] < OF_OTHERS:
                counts[route, is_part] += 1
                await person.fetch(address, is_part)


def compare(before: Path, now: Path) -> int:
    """Print what differs between two folders, each difference once, and return in how many files."""
    files = {file.relative_to(folder) for folder in (before, now) for file in folder.rglob("*.txt")}
    seen: dict[str, Path] = {}
    count = 0
    for name in sorted(files):
        texts = [
            (folder / name).read_text(encoding="utf-8") if (folder / name).exists() else "" for folder in (before, now)
        ]
        if texts[0] == texts[1]:
            continue
        count += 1
        _show(name, texts, seen)
    return count


def _show(name: Path, texts: list[str], seen: dict[str, Path]) -> None:
    state = "is new" if not texts[0] else "is missing" if not texts[1] else "differs"
    diff = list(difflib.unified_diff(texts[0].splitlines(), texts[1].splitlines(), n=1, lineterm=""))[2:]
    changed = "\n".join(line for line in diff if line[0] in "+-")
    _say(f"{name} {state}" + (f", as {seen[changed]}" if changed in seen else ""))
    if changed not in seen and len(seen) < SHOWN and state == "differs":
        _say("\n".join(f"    {line}" for line in diff[:LINES]))
    seen.setdefault(changed, name)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(folder: str = "", against: str = "") -> int:
    """Write a folder outside of the repository, and compare it with an earlier one; return 1 if they differ."""
    into = Path(folder).resolve()
    if not folder or REPOSITORY in (into, *into.parents) or (into.exists() and not (into / "routes.txt").exists()):
        sys.exit("Name a new folder outside of the repository: make same TO=../same-before")
    if against and not (Path(against) / "routes.txt").exists():
        sys.exit(f"{against} has no files of an earlier run.")
    shutil.rmtree(into, ignore_errors=True)
    states = write_all(into)
    files = list(into.rglob("*.txt"))
    size = sum(file.stat().st_size for file in files)
    _say(f"{len(files)} files, {size:,} bytes, {json.dumps(dict(sorted(states.items())))}")
    if against:
        count = compare(Path(against), into)
        _say(f"{count} files differ." if count else "No file differs.")
        return int(count > 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
