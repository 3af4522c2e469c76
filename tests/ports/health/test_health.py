"""Health: one word for monitoring, sentences for administrators, a proxy without a name, and the mail server."""

import html
import re
from datetime import timedelta

import anyio.to_thread
import pytest
from litestar import Litestar
from piccolo.querystring import QueryString

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation
from tests.faults.server import MailServer, serve_smtp
from tests.ports.browser import Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.mail.sending import ELSEWHERE as SENDING_ELSEWHERE
from tests.ports.mail.sending import smtp_settings
from tests.ports.pages.forms import form_with
from tests.unguarded import unguard
from tests.usecases.identity.world import PASSWORD, give_password, hash_cheaply
from tracker import clock
from tracker.config.settings import Settings
from tracker.database import engine
from tracker.ports import health
from tracker.ports.health import CheckState
from tracker.usecases import audit
from tracker.usecases.core import process_locks
from tracker.usecases.emails import reminders
from tracker.usecases.events import scheduling


async def ask_health(app: Litestar) -> tuple[int, object]:
    response = await Browser(app).get("/healthz")
    return response.status_code, response.json()


async def let_clock_tick() -> None:
    await reminders.queue_due_messages(clock.now(), ZONE)


async def test_the_tracker_is_well_while_it_ticks_and_nothing_waits(sqlite_cast: Cast, app: Litestar) -> None:
    assert await ask_health(app) == (503, {"status": "unavailable"})
    await let_clock_tick()
    assert await ask_health(app) == (200, {"status": "ok"})


async def test_it_is_not_well_when_no_one_has_looked_for_five_minutes(sqlite_cast: Cast, app: Litestar) -> None:
    await let_clock_tick()
    clock.start_at(NOW + timedelta(minutes=5), is_still=True)
    assert (await ask_health(app))[0] == 200
    clock.start_at(NOW + timedelta(minutes=5, seconds=1), is_still=True)
    assert (await ask_health(app))[0] == 503


async def test_it_is_not_well_when_something_due_waits_for_five_minutes(sqlite_cast: Cast, app: Litestar) -> None:
    await scheduling.schedule_event(
        sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW - timedelta(minutes=6)
    )
    await let_clock_tick()
    assert await ask_health(app) == (503, {"status": "unavailable"})
    await engine().run_querystring(QueryString("UPDATE message SET state = 'sent', worker = ''"))
    assert (await ask_health(app))[0] == 200


async def test_it_is_not_well_without_its_database(sqlite_cast: Cast, app: Litestar) -> None:
    await let_clock_tick()
    await engine().run_ddl("ALTER TABLE message RENAME TO lost")
    assert await ask_health(app) == (503, {"status": "unavailable"})


async def test_whether_it_is_well_is_known_on_both_engines(cast: Cast) -> None:
    assert await audit.work_state(NOW) == audit.WorkState(is_late=False, is_ticking=False)
    await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW - timedelta(minutes=6))
    await reminders.queue_due_messages(NOW, ZONE)
    assert await audit.work_state(NOW) == audit.WorkState(is_late=True, is_ticking=True)
    await audit.note_email_run(NOW)
    await audit.note_email_run(NOW + timedelta(seconds=10))
    assert await audit.last_runs() == {"reminders": NOW, "mail": NOW}
    await audit.note_email_run(NOW + timedelta(minutes=1))
    assert (await audit.last_runs())["mail"] == NOW + timedelta(minutes=1)
    assert (await audit.storage()).megabytes > 0


async def test_those_who_keep_accounts_read_the_state_of_the_work(sqlite_cast: Cast, browse: SignIn) -> None:
    for viewer in (sqlite_cast.coordinator, sqlite_cast.administrator):
        response = await (await browse(viewer)).get("/admin/health")
        assert response.status_code == 200
        assert "Reminders aren’t running" in response.text
        assert "Everything due has been sent." in response.text
        assert "SQLite" in response.text
    for viewer in (sqlite_cast.auditor, sqlite_cast.fbi_lead):
        assert (await (await browse(viewer)).get("/admin/health")).status_code == 404


async def test_what_is_to_fix_comes_before_everything_that_is_in_order(sqlite_cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(sqlite_cast.administrator)).get("/admin/health")).text
    tones = re.findall(r'class="tt-tag tt-tag--(err|warn|ok)"', page)
    assert tones == sorted(tones, key=["err", "warn", "ok"].index)
    assert {"warn", "ok"} <= set(tones)
    assert page.index("tt-tag--warn") < page.index("that passed</summary>") < page.index("Check for reminders")


async def test_an_administrator_reads_the_same_whether_one_email_waits_or_twenty(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await let_clock_tick()
    seen = []
    for invited in (sqlite_cast.kcpd_detective, sqlite_cast.hsi_liaison):
        await scheduling.schedule_event(
            sqlite_cast.fbi_lead, operation(invited, title=f"Operation {invited.name}"), NOW
        )
        response = await (await browse(sqlite_cast.administrator)).get("/admin/health")
        page = response.text.partition("<main")[2].partition("</main>")[0]
        seen.append(re.sub(r'name="_csrf" value="[^"]*"', "", page))  # of another session
    assert seen[0] == seen[1]


async def test_the_admin_page_leads_to_what_the_viewer_may_use(sqlite_cast: Cast, browse: SignIn) -> None:
    of_all = ["/messages", "/people/import", "/audit", "/admin/health"]
    shown = {
        sqlite_cast.coordinator: of_all,
        sqlite_cast.administrator: ["/people/import", "/admin/health"],
        sqlite_cast.auditor: ["/audit"],
    }
    for viewer, addresses in shown.items():
        browser = await browse(viewer)
        html = (await browser.get("/admin")).text.partition("<main")[2]
        assert [address for address in of_all if f'href="{address}"' in html] == addresses
        responses = [(await browser.get(address)).status_code for address in addresses]
        assert set(responses) <= {200, 303}  # the import asks for a confirmation first


async def test_the_page_says_whether_the_mail_server_answers_and_how_the_audit_log_was_found(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.administrator)
    html = (await browser.get("/admin/health")).text
    assert "127.0.0.1, port 25, can&#39;t be used" in html
    assert "It will be verified tonight, and every night." in html
    await audit.verify_nightly(clock.now(), ZONE)
    assert "Verified, no changes (less than an hour ago)." in (await browser.get("/admin/health")).text
    await unguard()
    await engine().run_querystring(QueryString("UPDATE audit_entry SET verb = 'x' WHERE seq = 1"))
    clock.start_at(NOW + timedelta(days=1), is_still=True)
    await audit.verify_nightly(clock.now(), ZONE)
    assert "The audit log was altered." in (await (await browse(sqlite_cast.administrator)).get("/admin/health")).text


async def test_a_restored_copy_is_said_to_send_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    await process_locks.hold_sending(NOW - timedelta(hours=3), NOW)
    html = (await (await browse(sqlite_cast.administrator)).get("/admin/health")).text
    assert "This restored copy isn’t sending email" in html
    assert "No backup yet." in html


HERE, ELSEWHERE = "127.0.0.1", "203.0.113.9"


async def sign_in_through(
    app: Litestar,
    cast: Cast,
    address: str,
    forwarded: str,
    password: str = "not the password",  # noqa: S107 - a wrong one
) -> int:
    """Try to sign in from an address, with this X-Forwarded-For, and return the status."""
    browser = Browser(app, address=address)
    page = html.unescape((await browser.get("/sign-in")).text)
    form = form_with(page, "/sign-in", email=cast.kcpd_detective.email, ack="yes", password=password)
    headers = {
        "Origin": "null",
        "Sec-Fetch-Site": "same-origin",
        **({"X-Forwarded-For": forwarded} if forwarded else {}),
    }
    return (await browser.send("POST", "/sign-in", data=form, headers=headers)).status_code


async def is_warned() -> bool:
    return any(line.name == "Web server" for line in [one async for one in health.of_database()])


async def test_a_web_server_that_is_not_named_is_a_warning_of_the_checks_and_the_page(
    app: Litestar, sqlite_cast: Cast
) -> None:
    hash_cheaply()
    assert await sign_in_through(app, sqlite_cast, HERE, ELSEWHERE) == 422
    assert await is_warned()
    page = await Browser(app, await session_of(sqlite_cast.administrator, clock.now())).get("/admin/health")
    assert "--proxy" in html.unescape(page.text)


async def test_the_warning_ends_with_the_first_sign_in_whose_address_is_known(app: Litestar, sqlite_cast: Cast) -> None:
    hash_cheaply()
    await give_password(sqlite_cast.kcpd_detective)
    await sign_in_through(app, sqlite_cast, HERE, ELSEWHERE)
    await sign_in_through(app, sqlite_cast, HERE, "")
    assert await is_warned()
    await sign_in_through(app, sqlite_cast, ELSEWHERE, "")
    assert not await is_warned()
    assert await sign_in_through(app, sqlite_cast, ELSEWHERE, "", PASSWORD) == 303


@pytest.mark.parametrize(("address", "forwarded"), [(HERE, ""), (HERE, "127.0.0.1"), (ELSEWHERE, "192.0.2.1")])
async def test_a_person_at_this_computer_or_a_named_web_server_is_no_warning(
    app: Litestar, sqlite_cast: Cast, address: str, forwarded: str
) -> None:
    hash_cheaply()
    await sign_in_through(app, sqlite_cast, address, forwarded)
    assert not await is_warned()


async def trouble(chosen: Settings) -> str:
    return await anyio.to_thread.run_sync(health.mail_server_trouble, chosen)


async def test_a_server_that_answers_on_this_machine_will_do_and_gets_no_email() -> None:
    async with serve_smtp(MailServer()) as server:
        assert await trouble(smtp_settings(smtp_port=server.port)) == ""
        line = await anyio.to_thread.run_sync(health.of_mail_server, smtp_settings(smtp_port=server.port))
        assert (line.state, server.accepted) == (CheckState.OK, [])


async def test_a_server_that_is_not_there_is_named() -> None:
    line = await anyio.to_thread.run_sync(health.of_mail_server, smtp_settings(smtp_port=1))
    assert line.state is CheckState.FAULT
    assert "127.0.0.1, port 1, can't be used" in line.words


async def test_a_server_elsewhere_without_encryption_will_not_do() -> None:
    async with serve_smtp(MailServer()) as server:
        assert "STARTTLS" in await trouble(smtp_settings(smtp_host=SENDING_ELSEWHERE, smtp_port=server.port))


async def test_a_server_that_does_not_know_our_password_will_not_do() -> None:
    async with serve_smtp(MailServer()) as server:
        assert await trouble(smtp_settings(smtp_port=server.port, smtp_user="tracker", smtp_password="x"))


async def test_a_page_asks_the_mail_server_once_a_minute() -> None:
    asked, now = [], [0.0]

    def ask(_: Settings) -> str:
        asked.append(now[0])
        return f"asked {len(asked)} times"

    lately, said = health.RecentCheck(ask, steady=lambda: now[0]), []
    for moment in (0.0, 59.0, 60.0):
        now[0] = moment
        said.append(lately.trouble(smtp_settings()))
    assert said == ["asked 1 times", "asked 1 times", "asked 2 times"]
