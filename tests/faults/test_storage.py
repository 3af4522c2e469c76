"""A database without room, without a table, or away: 503, nothing half-written, reading continues, and it recovers."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, everyone, meeting
from tests.ports.browser import Browser, session_of
from tests.ports.pages.forms import Fields, form_with
from tests.ports.standing import standing
from tracker import clock
from tracker.database import close_database, engine, is_postgres, open_database
from tracker.database.sqlite import SQLiteEngine
from tracker.rules.identity import ApiScope
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import Event
from tracker.tables.schema.identity import Session
from tracker.usecases.core import audit
from tracker.usecases.events import scheduling
from tracker.usecases.identity import sessions

pytestmark = pytest.mark.both_engines

ROOM = 0  # pages that a full disk still has; single rows continue fitting into those that there are
READ = ("/", "/calendar?month=2027-01", "/action-items", "/sign-in")


@pytest.fixture
async def app(cast: Cast) -> AsyncIterator[Litestar]:
    """The application on each engine; its clock shows NOW."""
    with standing() as app:
        yield app


@pytest.fixture
async def app_on_sqlite(sqlite_cast: Cast) -> AsyncIterator[Litestar]:
    """The application where only SQLite can be made to have no room."""
    with standing() as app:
        yield app


@pytest.fixture
async def desk(app: Litestar, cast: Cast) -> Browser:
    browser = Browser(app, await session_of(cast.coordinator, NOW))
    await browser.form_token()
    return browser


async def new_event(browser: Browser, cast: Cast) -> Fields:
    """Return the form of a new event for all agencies, with much to write down, as a person sends it."""
    return form_with(
        (await browser.get("/schedule")).text,
        "/events",
        kind="meeting",
        title="Planning",
        date="2027-01-20",
        starts="10:00",
        ends="11:00",
        visibility="all",
        description="Agenda. " * 600,
        save="send",
        agency=list(cast.agencies.values()),
    )


async def count_rows() -> tuple[int, int, int]:
    return await Event.count(), await Message.count(), await AuditEntry.count()


async def with_room(pages: int | None) -> None:
    """Let the SQLite file grow by so many pages and no more; None = as it likes."""
    bound = engine()
    assert isinstance(bound, SQLiteEngine)
    await bound.run_ddl("VACUUM")  # free pages inside the file are room, too
    (row,) = await bound.run_querystring(QueryString("PRAGMA page_count"))
    await close_database(bound)
    others = tuple(one for one in bound.pragmas if "max_page_count" not in one)
    bound.pragmas = others if pages is None else (*others, f"PRAGMA max_page_count={row['page_count'] + pages}")
    await open_database(bound)


async def test_a_full_disk_keeps_out_the_whole_deed_and_nothing_else(
    sqlite_cast: Cast, app_on_sqlite: Litestar
) -> None:
    browser = Browser(app_on_sqlite, await session_of(sqlite_cast.coordinator, NOW))
    form, before = await new_event(browser, sqlite_cast), await count_rows()
    await with_room(ROOM)
    response = await browser.post("/events", form)
    assert (response.status_code, response.headers.get("retry-after")) == (503, "60")
    assert "Nothing was changed." in response.text
    assert "disk" not in response.text.partition("<main")[2].lower()
    assert await count_rows() == before
    assert [(await browser.get(path)).status_code for path in READ] == [200] * len(READ)
    await with_room(None)
    assert (await browser.post("/events", form)).status_code == 303
    assert await audit.verify_chain() is None
    assert (await engine().run_querystring(QueryString("PRAGMA integrity_check")))[0]["integrity_check"] == "ok"


async def test_people_stay_signed_in_and_read_on_when_not_a_byte_can_be_written(
    sqlite_cast: Cast, app_on_sqlite: Litestar
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    browser = Browser(app_on_sqlite, await session_of(sqlite_cast.coordinator, NOW))
    form, bound = await new_event(browser, sqlite_cast), engine()
    token = await sessions.create_token(sqlite_cast.coordinator, "Roster", frozenset(ApiScope), NOW)
    await close_database(bound)
    assert isinstance(bound, SQLiteEngine)
    bound.pragmas = (*bound.pragmas, "PRAGMA query_only=ON")
    await open_database(bound)
    clock.start_at(NOW.replace(minute=10), is_still=True)
    paths = [*READ, f"/events/{event_id}/2027-01-12", "/audit", "/admin"]
    assert [(await browser.get(path)).status_code for path in paths] == [200] * len(paths)
    assert (await browser.post("/events", form)).status_code == 503
    by_token = {"Authorization": f"Bearer {token}"}
    assert (await browser.get("/api/v1/events", headers=by_token)).status_code == 200


async def test_a_change_that_the_audit_log_cannot_hold_is_not_made(cast: Cast, desk: Browser) -> None:
    form, before = await new_event(desk, cast), (await Event.count(), await Message.count())
    await engine().run_ddl("DROP TABLE audit_entry")
    response = await desk.post("/events", form)
    assert (response.status_code, response.headers.get("retry-after")) == (503, "60")
    assert (await Event.count(), await Message.count()) == before
    assert (await desk.get("/calendar")).status_code == 200


async def test_without_a_database_every_page_says_so_and_comes_back_with_it(cast: Cast, desk: Browser) -> None:
    bound = engine()
    if is_postgres(bound):
        await close_database(bound)
        kept, bound.config = bound.config, bound.config | {"dsn": "postgresql://nobody@127.0.0.1:9/none"}
    else:
        await bound.run_ddl("ALTER TABLE session RENAME TO lost")
    for path in ("/", "/calendar"):
        response = await desk.get(path)
        assert (response.status_code, response.headers["retry-after"]) == (503, "60")
        assert "We can’t do this right now" in response.text
    if is_postgres(bound):
        bound.config = kept
        await open_database(bound)
    else:
        await bound.run_ddl("ALTER TABLE lost RENAME TO session")
    assert (await desk.get("/")).status_code == 200
    assert await Session.count() > 0
