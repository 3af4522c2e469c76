"""Health: one word for monitoring, sentences for administrators, and no number of what they do not see."""

import re
from datetime import timedelta

from litestar import Litestar
from piccolo.querystring import QueryString

from tests.cast import NOW, ZONE, Cast, everybody, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.unguarded import unguard
from tracker import clock
from tracker.database import engine
from tracker.usecases.audit import audit_log
from tracker.usecases.core import process_locks
from tracker.usecases.emails import reminders
from tracker.usecases.events import scheduling
from tracker.usecases.views import health


async def asked(app: Litestar) -> tuple[int, object]:
    response = await Browser(app).get("/healthz")
    return response.status_code, response.json()


async def ticked() -> None:
    await reminders.queue_due_messages(clock.now(), ZONE)


async def test_the_tracker_is_well_while_it_ticks_and_nothing_waits(sqlite_cast: Cast, app: Litestar) -> None:
    assert await asked(app) == (503, {"status": "unavailable"})
    await ticked()
    assert await asked(app) == (200, {"status": "ok"})


async def test_it_is_not_well_when_nobody_has_looked_for_five_minutes(sqlite_cast: Cast, app: Litestar) -> None:
    await ticked()
    clock.start_at(NOW + timedelta(minutes=5), stands_still=True)
    assert (await asked(app))[0] == 200
    clock.start_at(NOW + timedelta(minutes=5, seconds=1), stands_still=True)
    assert (await asked(app))[0] == 503


async def test_it_is_not_well_when_something_due_waits_for_five_minutes(sqlite_cast: Cast, app: Litestar) -> None:
    await scheduling.schedule_event(
        sqlite_cast.coordinator, meeting(*everybody(sqlite_cast)), NOW - timedelta(minutes=6)
    )
    await ticked()
    assert await asked(app) == (503, {"status": "unavailable"})
    await engine().run_querystring(QueryString("UPDATE message SET state = 'sent', worker = ''"))
    assert (await asked(app))[0] == 200


async def test_it_is_not_well_without_its_database(sqlite_cast: Cast, app: Litestar) -> None:
    await ticked()
    await engine().run_ddl("ALTER TABLE message RENAME TO lost")
    assert await asked(app) == (503, {"status": "unavailable"})


async def test_whether_it_is_well_is_known_on_both_engines(cast: Cast) -> None:
    assert await health.work_state(NOW) == health.WorkState(is_late=False, is_ticking=False)
    await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW - timedelta(minutes=6))
    await reminders.queue_due_messages(NOW, ZONE)
    assert await health.work_state(NOW) == health.WorkState(is_late=True, is_ticking=True)
    await health.note_mail_run(NOW)
    await health.note_mail_run(NOW + timedelta(seconds=10))
    assert await health.last_runs() == {"reminders": NOW, "mail": NOW}
    await health.note_mail_run(NOW + timedelta(minutes=1))
    assert (await health.last_runs())["mail"] == NOW + timedelta(minutes=1)
    assert (await health.storage()).megabytes > 0


async def test_those_who_keep_accounts_read_how_the_work_stands(sqlite_cast: Cast, browse: SignIn) -> None:
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


async def test_an_administrator_reads_the_same_whether_one_mail_waits_or_twenty(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await ticked()
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


async def test_the_page_says_whether_the_mail_server_answers_and_how_the_trail_was_found(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.administrator)
    html = (await browser.get("/admin/health")).text
    assert "127.0.0.1, port 25, can&#39;t be used" in html
    assert "It will be verified tonight, and every night." in html
    await audit_log.verify_nightly(clock.now(), ZONE)
    assert "Verified, no changes (less than an hour ago)." in (await browser.get("/admin/health")).text
    await unguard()
    await engine().run_querystring(QueryString("UPDATE audit_entry SET verb = 'x' WHERE seq = 1"))
    clock.start_at(NOW + timedelta(days=1), stands_still=True)
    await audit_log.verify_nightly(clock.now(), ZONE)
    assert "The audit log was altered." in (await (await browse(sqlite_cast.administrator)).get("/admin/health")).text


async def test_a_restored_copy_is_said_to_send_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    await process_locks.hold_sending(NOW - timedelta(hours=3), NOW)
    html = (await (await browse(sqlite_cast.administrator)).get("/admin/health")).text
    assert "This restored copy isn’t sending email" in html
    assert "No backup yet." in html
