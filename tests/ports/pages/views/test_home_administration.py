"""Home of those who keep accounts: what to fix, problems first, and who never signed in; nothing of events."""

import re
import threading
from datetime import datetime

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast, operation
from tests.ports.browser import Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import main_of, words_of_page
from tests.ports.pages.views.world import home_page, schedule_next_week, section_of
from tracker.ports.health import RecentCheck
from tracker.rules.core.viewers import Viewer
from tracker.usecases.emails import reminders
from tracker.usecases.events.scheduling import schedule_event

WHEN = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


@pytest.fixture(autouse=True)
def email_server(app: Litestar) -> None:
    """Let the email server be well, whatever listens on this machine."""
    app.state["mail_server"] = RecentCheck(lambda _: "")


async def home_of(app: Litestar, viewer: Viewer) -> str:
    return main_of(await home_page(Browser(app, await session_of(viewer, NOW))))


def rows(page: str) -> list[str]:
    return [words_of_page(row) for row in re.findall(r"<h3>(.*?)</h3>", section_of(page, "h-admin"), re.DOTALL)]


async def test_an_administrator_reads_what_health_warns_of_with_problems_first(
    sqlite_cast: Cast, app: Litestar
) -> None:
    app.state["mail_server"] = RecentCheck(lambda _: "Connection refused")
    page = await home_of(app, sqlite_cast.administrator)
    rows_found = rows(page)
    assert rows_found[:2] == ["Jobs Problem", "Mail server Problem"]
    assert "Backup Warning" in rows_found
    assert "Connection refused" in section_of(page, "h-admin")
    assert 'href="/admin/health"' in section_of(page, "h-admin")
    assert "Nothing needs you" not in page


async def test_what_is_well_is_not_listed(sqlite_cast: Cast, app: Litestar) -> None:
    await reminders.queue_due_messages(NOW, "America/Chicago")
    text = " ".join(rows(await home_of(app, sqlite_cast.administrator)))
    assert [name for name in ("Jobs", "Mail server", "Database", "Schema", "Audit log") if name in text] == []


async def test_an_administrator_reads_how_many_people_never_signed_in(sqlite_cast: Cast, app: Litestar) -> None:
    await session_of(sqlite_cast.fbi_lead, NOW)
    page = section_of(await home_of(app, sqlite_cast.administrator), "h-admin")
    out = ("administrator", "coordinator", "fbi_lead")
    assert f"{len(sqlite_cast.members) - len(out)} people have never signed in" in words_of_page(page)
    assert '<a href="/people/invitations">' in page


async def test_a_coordinator_reads_in_one_row_below_the_queue_that_health_needs_attention(
    sqlite_cast: Cast, app: Litestar
) -> None:
    await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    app.state["mail_server"] = RecentCheck(lambda _: "Connection refused")
    page = await home_of(app, sqlite_cast.coordinator)
    assert re.search(r"\d health checks need attention Jobs, Mail server, ", words_of_page(section_of(page, "h-admin")))
    assert "Connection refused" not in page
    assert page.index('id="h-queue"') < page.index('id="mine"') < page.index('id="h-admin"')


async def test_other_people_read_nothing_of_it(sqlite_cast: Cast, browse: SignIn) -> None:
    for viewer in (sqlite_cast.fbi_lead, sqlite_cast.auditor, sqlite_cast.harbor_advocate):
        assert "h-admin" not in await home_page(await browse(viewer))


async def test_no_event_changes_a_byte_of_what_an_administrator_reads(sqlite_cast: Cast, app: Litestar) -> None:
    browser = Browser(app, await session_of(sqlite_cast.administrator, NOW))
    before = (await browser.get("/")).content
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, starts=WHEN), NOW)
    assert (await browser.get("/")).content == before


async def test_a_slow_email_server_does_not_hold_the_page_and_the_next_page_knows_what_it_said(
    sqlite_cast: Cast, app: Litestar
) -> None:
    answers = threading.Event()
    app.state["mail_server"] = RecentCheck(lambda _: "it is full" if answers.wait(10) else "")
    browser = Browser(app, await session_of(sqlite_cast.administrator, NOW))
    assert "Mail server" not in section_of(main_of(await home_page(browser)), "h-admin")
    answers.set()
    assert "it is full" in section_of(main_of(await home_page(browser)), "h-admin")
