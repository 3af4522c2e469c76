"""Databases full of dates: the demo task force in a file, or the cast of the tests on an open one."""

import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from tests.cast import NOW, Cast, people_of_the_task_force
from tests.cast import SECRET as CAST_SECRET
from tracker import clock
from tracker.crypto import ids, keys
from tracker.database import bind, close_database, engine_from_url, open_database, writing
from tracker.database.migrate import migrate
from tracker.demo import seed
from tracker.demo.cast import Company, address
from tracker.demo.seed import Recipe, fill
from tracker.rules.calendars.feeds import FeedScope
from tracker.tables.schema.roster import Member
from tracker.usecases.calendars.subscriptions import create_subscription
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.identity.sessions import open_session
from tracker.usecases.identity.sign_in_attempts import UNKNOWN_ARRIVAL, SignInAccount, account_at

SECRET = "only for this measurement, 32 letters"  # noqa: S105 - of a database that is thrown away
ZONE = "America/Chicago"
AT_ONCE = 1_000  # rows in one INSERT
HELPING = seed.SERIES * seed.DATES  # dates that one helping adds; they end before the demo's own past begins

Make = Callable[[Path | str], AbstractAsyncContextManager[Cast]]
_casts: dict[Path, Cast] = {}
"""Who is in each database that is kept to be copied."""


@cache
def _shelf() -> TemporaryDirectory[str]:
    """Return the folder of databases that are kept to be copied; it is removed when the process ends."""
    return TemporaryDirectory()


def filled(folder: Path, dates: int) -> Path:
    """Return a new migrated SQLite database in that folder: the demo, and so many dates in its older past."""
    file = folder / f"{dates}.sqlite"
    fill_with_demo(file, dates)
    return file


def url_of(database: Path | str) -> str:
    """Return the URL of a SQLite file; a URL is one already."""
    return f"sqlite:///{database}" if isinstance(database, Path) else database


def fill_with_demo(database: Path | str, dates: int) -> None:
    """Migrate a new database, and write the demo and so many dates in its older past."""
    uvloop.run(_fill(database, dates))


def session_in(database: Path | str) -> str:
    """Return the cookie of a coordinator who has signed in to a filled database."""
    return uvloop.run(_session_in(database))


def feed_in(database: Path | str) -> str:
    """Return the token of a new feed of all that a detective may see, in a filled database."""
    return uvloop.run(_feed_in(database))


@asynccontextmanager
async def opened(database: Path | str) -> AsyncIterator[Cast]:
    """Bind a new migrated database, a SQLite file or the one at a URL, with the cast of the tests in it."""
    async with _bound(database):
        await migrate()
        yield await people_of_the_task_force()


@asynccontextmanager
async def copied(database: Path | str, name: str, make: Make) -> AsyncIterator[Cast]:
    """Bind a database that `make` makes; a file is a copy of the first of that name in this run of the benchmarks."""
    if isinstance(database, str):
        async with make(database) as cast:
            yield cast
        return
    kept = Path(_shelf().name) / f"{name}.sqlite"
    if kept not in _casts:
        async with make(kept) as cast:
            _casts[kept] = cast
    shutil.copy(kept, database)
    async with _bound(database, CAST_SECRET):
        yield _casts[kept]


@asynccontextmanager
async def with_old_dates(database: Path | str, dates: int) -> AsyncIterator[Cast]:
    """Bind a new database of the cast with so many old dates."""
    async with copied(database, f"{dates} dates", partial(_opened_with_dates, dates=dates)) as cast:
        yield cast


@asynccontextmanager
async def _opened_with_dates(database: Path | str, dates: int) -> AsyncIterator[Cast]:
    async with opened(database) as cast:
        await add_old_dates(cast, dates)
        yield cast


async def add_old_dates(cast: Cast, dates: int) -> None:
    """Add so many dates (in whole helpings) to the bound database, all of them over for more than half a year."""
    company = Company(members=cast.members, committees=cast.committees)
    async with writing():
        await seed.add_batches(company, NOW, ZONE, random.Random(1), dates // HELPING)  # noqa: S311 - repeatable, not secret


async def add_people(cast: Cast, count: int) -> None:
    """Add so many people to the bound database, at each agency as many."""
    agencies = list(cast.agencies.items())
    rows = [
        Member(
            id=ids.new_id(),
            agency=agency_id,
            name=f"{code} detective {number}",
            title="detective",
            email=f"person{number}@many.example",
            zone=ZONE,
            status="active",
            joined_at=NOW,
        )
        for number in range(count)
        for code, agency_id in (agencies[number % len(agencies)],)
    ]
    async with writing():
        for first in range(0, count, AT_ONCE):
            await Member.insert(*rows[first : first + AT_ONCE])


async def _fill(database: Path | str, dates: int) -> None:
    async with _bound(database):
        await migrate()
        await fill(Recipe(now=clock.now(), zone=ZONE, size=dates // HELPING + 1))


async def _session_in(database: Path | str) -> str:
    async with _bound(database):
        return await open_session(await _account("coordinator"), clock.now(), UNKNOWN_ARRIVAL, how="link")


async def _feed_in(database: Path | str) -> str:
    async with _bound(database):
        viewer = await viewer_for((await _account("kcpd_detective")).member_id, clock.now())
        _, token = await create_subscription(viewer, "Bench", FeedScope.ALL, clock.now(), shows_operations=False)
        return token


async def _account(person: str) -> SignInAccount:
    account = await account_at(address(person))
    if account is None:
        raise RuntimeError(f"The demo has no {person}.")
    return account


@asynccontextmanager
async def _bound(database: Path | str, secret: str = SECRET) -> AsyncIterator[None]:
    keys.use_secret(secret)
    engine = engine_from_url(url_of(database), synchronous="OFF")
    bind(engine)
    await open_database(engine)
    try:
        yield
    finally:
        await close_database(engine)
