"""Drafts on pages: what was typed comes back after everything that can go wrong, and to no one else."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from litestar import Litestar, post
from msgspec.structs import replace

from tests.cast import NOW, Cast, everyone, meeting
from tests.ports.browser import Browser, app_settings, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.core.world import (
    DRAFT_MARK,
    DRAFT_NOT_SAVED,
    DRAFT_SAVED,
    TYPED_TITLE,
    draft_mark_on,
    text_on,
    type_into,
)
from tests.usecases.identity.world import PASSWORD, hash_cheaply
from tracker import clock
from tracker.app import create_app
from tracker.crypto import keys
from tracker.database import engine
from tracker.errors import Busy, Conflict
from tracker.ports.http import forms as marks
from tracker.ports.http.guards import signed_in
from tracker.rules.actions import NewItem
from tracker.rules.core.drafts import KEPT_FOR, LARGEST, DraftForm
from tracker.rules.core.viewers import Viewer
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Draft
from tracker.tables.schema.events import Invitation
from tracker.usecases.actions import action_items
from tracker.usecases.core.viewers import IDLE, LONGEST
from tracker.usecases.events import scheduling
from tracker.usecases.identity.credentials import set_password
from tracker.usecases.identity.sessions import end_session, report_lost_phone, sign_out_everywhere
from tracker.usecases.roster import accounts

UNTIL_LEFT = "What you typed stays on this page until you leave."
FAULTS: Mapping[str, type[Exception]] = {"conflict": Conflict, "busy": Busy, "mistake": RuntimeError}


@pytest.fixture
async def monthly_series(sqlite_cast: Cast) -> UUID:
    """A monthly meeting that the coordinator may change."""
    rule = rule_for_choice("monthly_nth", meeting().starts, count=3)
    return await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast), rule=rule), NOW)


async def test_what_was_typed_is_there_when_the_form_is_opened_again(desk: Browser) -> None:
    assert (await type_into(desk)).json() == {"saved": "9:00 AM"}
    page = await text_on(desk)
    assert TYPED_TITLE in page
    assert "Restored your draft from 9:00 AM." in page


async def test_a_form_without_a_draft_says_nothing_of_one(desk: Browser) -> None:
    assert "Restored your draft" not in await text_on(desk)


async def test_another_person_on_the_same_computer_gets_an_empty_form(browse: SignIn, sqlite_cast: Cast) -> None:
    await type_into(await browse(sqlite_cast.coordinator))
    assert TYPED_TITLE not in await text_on(await browse(sqlite_cast.fbi_lead))


async def test_a_page_that_another_person_left_open_saves_no_draft_for_anyone_who_signs_in(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    mark = await draft_mark_on(await browse(sqlite_cast.coordinator))
    other = await browse(sqlite_cast.fbi_lead)
    assert (await other.post("/drafts", {"_draft": mark, "title": TYPED_TITLE})).status_code == 404
    sent = await other.post("/events", {"_csrf": "old", "_draft": mark, "title": TYPED_TITLE})
    assert DRAFT_NOT_SAVED in sent.text
    for browser in (other, await browse(sqlite_cast.coordinator)):
        assert TYPED_TITLE not in await text_on(browser)


@pytest.mark.parametrize("mark", ["", "x", "x.y", "é.é", "a" * 3_000])
async def test_a_mark_that_was_not_made_here_saves_nothing(desk: Browser, mark: str) -> None:
    assert (await desk.post("/drafts", {"_draft": mark, "title": TYPED_TITLE})).status_code == 404


async def test_a_saved_event_leaves_no_draft(desk: Browser) -> None:
    await type_into(desk)
    form = {"title": TYPED_TITLE, "kind": "meeting", "visibility": "all", "date": "2027-01-20", "starts": "10:00"}
    sent = {**form, "ends": "11:00", "save": "draft", "_draft": await draft_mark_on(desk)}
    assert (await desk.post("/events", sent)).status_code == 303
    assert TYPED_TITLE not in await text_on(desk)


async def test_a_form_that_was_refused_and_left_comes_back(desk: Browser) -> None:
    refused = await desk.post("/events", {"_draft": await draft_mark_on(desk), "title": TYPED_TITLE, "save": "send"})
    assert refused.status_code == 422
    assert TYPED_TITLE in await text_on(desk)


async def test_a_preview_of_a_form_saves_no_draft(desk: Browser) -> None:
    await desk.post("/schedule/summary", {"_draft": await draft_mark_on(desk), "title": TYPED_TITLE})
    assert TYPED_TITLE not in await text_on(desk)


async def test_an_outdated_form_is_kept_and_leads_back_to_itself(desk: Browser) -> None:
    sent = await desk.post(
        "/events", {"_csrf": "of another session", "_draft": await draft_mark_on(desk), "title": TYPED_TITLE}
    )
    assert (sent.status_code, DRAFT_SAVED in sent.text) == (403, True)
    assert '<a class="usa-button" href="/schedule">Open the form</a>' in sent.text
    assert TYPED_TITLE in await text_on(desk)


async def test_an_outdated_form_without_drafts_promises_nothing(desk: Browser) -> None:
    sent = await desk.post("/subscriptions", {"_csrf": "of another session", "name": "Phone"})
    assert (sent.status_code, DRAFT_NOT_SAVED in sent.text) == (403, True)


@pytest.mark.parametrize(("fault", "status"), [("conflict", 409), ("busy", 503), ("mistake", 500)])
async def test_a_form_whose_request_fails_is_kept(sqlite_cast: Cast, app: Litestar, fault: str, status: int) -> None:
    @post("/fault", guards=[signed_in])
    async def fail() -> None:
        raise FAULTS[fault]

    broken = create_app(app_settings())
    broken.register(fail)
    browser = Browser(broken, await session_of(sqlite_cast.coordinator, NOW))
    sent = await browser.post("/fault", {"_draft": await draft_mark_on(browser), "title": TYPED_TITLE})
    assert (sent.status_code, DRAFT_SAVED in sent.text) == (status, True)
    assert TYPED_TITLE in await text_on(browser)


async def test_without_a_database_the_page_itself_holds_the_form_to_be_sent_again(desk: Browser) -> None:
    form = {"_draft": await draft_mark_on(desk), "title": TYPED_TITLE, "save": "draft"}
    await desk.form_token()
    await engine().run_ddl("ALTER TABLE member RENAME TO lost")
    sent = await desk.post("/events", form)
    assert (sent.status_code, UNTIL_LEFT in sent.text) == (503, True)
    assert f'name="title" value="{TYPED_TITLE}"' in sent.text
    assert '<form method="post" action="/events">' in sent.text


async def test_saving_a_draft_does_not_extend_the_session(desk: Browser, app: Litestar) -> None:
    mark = await draft_mark_on(desk)
    await desk.form_token()
    clock.start_at(NOW + IDLE - timedelta(minutes=1), is_still=True)
    assert (await desk.post("/drafts", {"_draft": mark, "title": TYPED_TITLE})).status_code == 200
    clock.start_at(NOW + IDLE, is_still=True)
    assert (await desk.post("/drafts", {"_draft": mark, "title": TYPED_TITLE})).status_code == 403


async def test_a_draft_that_is_too_large_is_refused_in_words(desk: Browser) -> None:
    response = await type_into(desk, agenda="a" * LARGEST)
    assert (response.status_code, "more than a draft can hold" in response.json()["sentence"]) == (422, True)


async def test_a_second_tab_hears_that_another_one_has_a_newer_draft(desk: Browser) -> None:
    first, second = await draft_mark_on(desk), await draft_mark_on(desk)
    await desk.post("/drafts", {"_draft": first, "title": TYPED_TITLE})
    response = await desk.post("/drafts", {"_draft": second, "title": "Another"})
    assert (response.status_code, "another tab" in response.json()["sentence"]) == (409, True)


async def test_a_person_may_use_the_text_of_the_second_tab_instead(desk: Browser) -> None:
    first, second = await draft_mark_on(desk), await draft_mark_on(desk)
    await desk.post("/drafts", {"_draft": first, "title": "First tab"})
    response = await desk.post("/drafts", {"_draft": second, "title": TYPED_TITLE, "_replaces": "1"})
    assert response.json() == {"saved": "9:00 AM"}
    assert TYPED_TITLE in await text_on(desk)


async def test_a_page_that_was_reloaded_continues_with_the_mark_of_the_page_before(desk: Browser) -> None:
    """The page may be made before the last draft of the page before it has arrived."""
    before = await draft_mark_on(desk)
    await draft_mark_on(desk)
    await desk.post("/drafts", {"_draft": before, "title": "First"})
    assert (await desk.post("/drafts", {"_draft": before, "title": TYPED_TITLE})).status_code == 200
    assert TYPED_TITLE in await text_on(desk)


async def test_a_draft_is_discarded_and_restored(desk: Browser) -> None:
    await type_into(desk)
    form = {"_draft": await draft_mark_on(desk)}
    discarded = await desk.post("/drafts/removal", form)
    assert (discarded.status_code, discarded.headers["location"]) == (303, "/schedule")
    page = await text_on(desk)
    assert TYPED_TITLE not in page
    assert 'action="/drafts/restoration"' in page
    await desk.post("/drafts/restoration", form)
    assert TYPED_TITLE in await text_on(desk)


async def test_after_fourteen_days_a_form_is_empty_again(desk: Browser, browse: SignIn, sqlite_cast: Cast) -> None:
    await type_into(desk)
    clock.start_at(NOW + KEPT_FOR, is_still=True)
    assert TYPED_TITLE not in await text_on(await browse(sqlite_cast.coordinator))


async def test_a_draft_of_an_event_is_shown_beside_what_was_saved_since(
    desk: Browser, sqlite_cast: Cast, monthly_series: UUID
) -> None:
    page = f"/events/{monthly_series}/edit"
    opened = await text_on(desk, page)
    was = re.findall(r'name="was" value="([^"]*)"', opened)
    await type_into(desk, page, title=TYPED_TITLE, place="Room 5", version="1", was=unescape(was[0]))
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, monthly_series)
    fuller = replace(plan, description="Bring the list")
    await scheduling.change_event(sqlite_cast.coordinator, monthly_series, fuller, event.version, NOW)
    page_now = await text_on(desk, page)
    assert TYPED_TITLE in page_now
    assert "Someone changed this while you were working on it" in page_now
    assert 'name="version" value="2"' in page_now


FORMS: Mapping[str, tuple[str, str]] = {
    "/schedule": ("title", TYPED_TITLE),
    "/schedule?like={series}": ("title", TYPED_TITLE),
    "/events/{series}/edit": ("title", TYPED_TITLE),
    "/events/{series}/edit?from=2027-02-09": ("title", TYPED_TITLE),
    "/events/{series}/2027-01-12": ("comment", TYPED_TITLE),
    "/events/{series}/2027-01-12/edit": ("reason", TYPED_TITLE),
    "/events/{series}/2027-01-12/cancellation": ("reason", TYPED_TITLE),
    "/events/{series}/cancellation": ("reason", TYPED_TITLE),
    "/action-items": ("title", TYPED_TITLE),
    "/action-items/{item}": ("note", TYPED_TITLE),
    "/people/new": ("name", TYPED_TITLE),
    "/people/{person}/edit": ("name", TYPED_TITLE),
    "/people/{person}/suspension": ("why", TYPED_TITLE),
    "/agencies/new": ("name", TYPED_TITLE),
    "/committees/new": ("name", TYPED_TITLE),
    "/sites/new": ("name", TYPED_TITLE),
    "/settings": ("title", TYPED_TITLE),
}
"""Pages whose form keeps a draft, and one of its texts."""


@pytest.mark.parametrize("page", FORMS)
async def test_each_long_form_begins_with_its_draft(
    desk: Browser, sqlite_cast: Cast, monthly_series: UUID, page: str
) -> None:
    new = NewItem(title="Call", owner_id=sqlite_cast.coordinator.member_id, due=NOW.date())
    item = await action_items.create_item(sqlite_cast.coordinator, new, NOW, NOW.date())
    address = page.format(series=monthly_series, person=sqlite_cast.fbi_lead.member_id, item=item)
    field, text = FORMS[page]
    assert (await type_into(desk, address, **{field: text, "version": "1"})).status_code == 200
    shown = await text_on(desk, address)
    assert text in shown
    assert "Restored your draft from 9:00 AM." in shown


@pytest.mark.parametrize("page", ["/settings/reminders", "/committees/{committee}/reminders"])
async def test_choices_of_reminders_that_were_not_saved_come_back_and_go_once_they_are(
    desk: Browser, sqlite_cast: Cast, page: str
) -> None:
    address = page.format(committee=sqlite_cast.committees["steering"])
    chosen = {"reminders": "own", "asks_before": "432000"}
    shown = await text_on(desk, address)
    assert "We follow up 5 days before" not in shown
    mark = DRAFT_MARK.search(shown)
    assert mark
    assert (await desk.post("/drafts", {"_draft": mark[1], **chosen})).status_code == 200
    again = await text_on(desk, address)
    assert "Restored your draft from 9:00 AM." in again
    assert "5 days before" in again
    await desk.post(address, {"_draft": mark[1], **chosen})
    assert "Restored your draft" not in await text_on(desk, address)


async def test_a_note_behind_an_emailed_link_can_be_sent_again_while_nothing_can_be_written(
    app: Litestar, sqlite_cast: Cast, monthly_series: UUID
) -> None:
    invitation = await _invitation_of(sqlite_cast.fbi_lead, monthly_series)
    address = f"/r/{app.state['links'].reply(invitation)}"
    browser = Browser(app)
    await engine().run_ddl("ALTER TABLE reply RENAME TO lost")
    sent = await browser.send("POST", address, data={"reply": "yes", "comment": TYPED_TITLE})
    assert (sent.status_code, UNTIL_LEFT in sent.text) == (503, True)
    assert f'name="comment" value="{TYPED_TITLE}"' in sent.text


async def _invitation_of(viewer: Viewer, event_id: UUID) -> UUID:
    own_invitation = (Invitation.member == viewer.member_id) & (Invitation.event == event_id)
    [row] = await Invitation.select(Invitation.id).where(own_invitation).output(as_list=True)
    invitation_id: UUID = row
    return invitation_id


async def test_an_update_that_was_typed_in_the_list_is_on_the_items_page_too_and_gone_when_saved(
    desk: Browser, sqlite_cast: Cast
) -> None:
    new = NewItem(title="Call", owner_id=sqlite_cast.coordinator.member_id, due=NOW.date())
    item = await action_items.create_item(sqlite_cast.coordinator, new, NOW, NOW.date())
    address, by_htmx = f"/action-items/{item}", {"HX-Request": "true"}
    mark = DRAFT_MARK.search((await desk.get(f"{address}/row?open=1", headers=by_htmx)).text)
    assert mark
    form = {
        "_draft": mark[1],
        "note": TYPED_TITLE,
        "version": "1",
        "status": "open",
        "progress": "25",
        "due": "2027-01-20",
    }
    await desk.post("/drafts", form)
    assert TYPED_TITLE in await text_on(desk, address)
    assert (await desk.post(address, form, headers=by_htmx)).status_code == 200
    assert f'name="note" maxlength="2000">{TYPED_TITLE}' not in await text_on(desk, address)
    assert "Restored your draft" not in await text_on(desk, address)


async def test_saving_a_template_keeps_the_form_that_it_was_made_of(desk: Browser) -> None:
    await type_into(desk)
    form = {"_draft": await draft_mark_on(desk), "title": TYPED_TITLE, "template_name": "Briefing"}
    assert (await desk.post("/schedule/templates", form)).status_code == 200
    assert TYPED_TITLE in await text_on(desk)


async def test_a_person_whose_role_has_ended_gets_no_draft_from_a_form_that_is_refused(
    desk: Browser, browse: SignIn, sqlite_cast: Cast, monthly_series: UUID
) -> None:
    """What a person may not do is refused the same way the next time, so the page promises no draft of it."""
    detective = await browse(sqlite_cast.kcpd_detective)
    mark = _mark_of(sqlite_cast.kcpd_detective, monthly_series)
    sent = await detective.post(
        f"/events/{monthly_series}/edit", {"_draft": mark, "title": TYPED_TITLE, "version": "1"}
    )
    assert (sent.status_code, "saved as a draft" in sent.text) == (403, False)


def _mark_of(viewer: Viewer, event_id: UUID) -> str:
    return marks.field_of_mark(
        marks.DraftMark(
            member_id=viewer.member_id,
            form=DraftForm.EVENT,
            subject=str(event_id),
            event_id=event_id,
            page=f"/events/{event_id}/edit",
            tab=event_id,
            shown=None,
            until=NOW + marks.LIFETIME,
        )
    )


async def test_a_reply_that_was_being_recorded_for_someone_is_unfolded_again(
    desk: Browser, monthly_series: UUID
) -> None:
    page = f"/events/{monthly_series}/2027-01-12"
    form = (await desk.get(page)).text.partition(f'action="{page}/replies"')[2]
    match = DRAFT_MARK.search(form)
    assert match
    await desk.post("/drafts", {"_draft": match[1], "note": TYPED_TITLE, "reply": "maybe"})
    shown = await text_on(desk, page)
    assert 'id="record-reply" open>' in shown
    assert TYPED_TITLE in shown


IN_TIME = timedelta(hours=24) - timedelta(seconds=1)
KEPT_LATER = DRAFT_SAVED.replace("9:00", "9:30")


@pytest.fixture
async def phone(browse: SignIn, sqlite_cast: Cast) -> Browser:
    """A browser of the coordinator, with a form token of its session."""
    browser = await browse(sqlite_cast.coordinator)
    await browser.form_token()
    return browser


async def left_open(browser: Browser, page: str = "/schedule", **texts: str) -> dict[str, str]:
    """Open a form and fill it in, but don't send it yet."""
    return {"_draft": await draft_mark_on(browser, page), **(texts or {"title": TYPED_TITLE})}


def pass_by(time: timedelta) -> None:
    """Let time pass."""
    clock.start_at(NOW + time, is_still=True)


async def test_what_was_sent_after_the_session_ran_out_is_there_after_the_next_sign_in(
    phone: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    form = await left_open(phone)
    pass_by(IDLE)
    sent = await phone.post("/events", form)
    assert (sent.status_code, KEPT_LATER in sent.text) == (403, True)
    assert 'href="/sign-in?next=/schedule">Sign in and open the form</a>' in sent.text
    assert TYPED_TITLE not in sent.text
    assert TYPED_TITLE in await text_on(await browse(sqlite_cast.coordinator))


@pytest.mark.parametrize(("time", "is_kept"), [(LONGEST, True), (IN_TIME, True), (timedelta(hours=24), False)])
async def test_a_form_is_kept_for_a_day_after_its_session_was_last_used(
    phone: Browser, time: timedelta, *, is_kept: bool
) -> None:
    form = await left_open(phone)
    pass_by(time)
    await phone.post("/events", form)
    assert await Draft.exists() is is_kept


async def test_signing_in_on_another_computer_loses_no_form_of_a_session_that_ran_out(
    phone: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    form = await left_open(phone)
    pass_by(IDLE)
    desk = await browse(sqlite_cast.coordinator)
    await phone.post("/events", form)
    assert TYPED_TITLE in await text_on(desk)


async def _report_lost(cast: Cast, _session: str) -> None:
    await report_lost_phone(cast.administrator, NOW)


async def _sign_it_out(cast: Cast, session: str) -> None:
    await end_session(cast.administrator, session, NOW)


async def _sign_out_everywhere(cast: Cast, _session: str) -> None:
    await sign_out_everywhere(cast.administrator.member_id, NOW, by=cast.coordinator.actor)


async def _change_password(cast: Cast, _session: str) -> None:
    await set_password(cast.administrator.member_id, PASSWORD, NOW, by=cast.administrator.actor)


async def _suspend_and_reopen(cast: Cast, _session: str) -> None:
    await accounts.suspend_account(cast.coordinator, cast.administrator.member_id, "Long leave", NOW, NOW)
    await accounts.reopen_account(cast.coordinator, cast.administrator.member_id, NOW, NOW)


ENDS: Mapping[str, Callable[[Cast, str], Awaitable[None]]] = {
    "reported lost": _report_lost,
    "signed out": _sign_it_out,
    "signed out everywhere": _sign_out_everywhere,
    "new password": _change_password,
    "suspended and reopened": _suspend_and_reopen,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("time", [timedelta(0), IDLE])
async def test_a_form_of_a_session_that_was_ended_is_not_kept(
    app: Litestar, sqlite_cast: Cast, end: str, time: timedelta
) -> None:
    hash_cheaply()
    cookie = await session_of(sqlite_cast.administrator, NOW)
    phone = Browser(app, cookie)
    await phone.form_token()
    form = await left_open(phone, "/people/new", name="Mallory", email="mallory@evil.example", roles="coordinator")
    await ENDS[end](sqlite_cast, keys.token_hash(cookie))
    pass_by(time)
    sent = await phone.post("/people/new", form)
    assert (sent.status_code, DRAFT_NOT_SAVED in sent.text) == (403, True)
    assert not await Draft.exists()


async def test_a_form_that_was_left_open_is_not_kept_without_the_cookie_of_its_session(
    phone: Browser, app: Litestar
) -> None:
    form = {**await left_open(phone), "_csrf": await phone.form_token()}
    pass_by(IDLE)
    await Browser(app).post("/events", form)
    assert not await Draft.exists()


async def test_a_form_that_was_left_open_is_not_kept_without_its_form_token(phone: Browser) -> None:
    form = {**await left_open(phone), "_csrf": "made up"}
    pass_by(IDLE)
    await phone.post("/events", form)
    assert not await Draft.exists()


async def test_a_form_is_not_kept_by_a_session_of_another_person_that_ran_out(
    phone: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    other = await browse(sqlite_cast.fbi_lead)
    await other.form_token()
    form = await left_open(phone)
    pass_by(IDLE)
    await other.post("/events", form)
    assert not await Draft.exists()


async def test_a_form_is_not_kept_by_another_session_of_its_person_that_ran_out(
    phone: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    tablet = await browse(sqlite_cast.coordinator)
    form = {**await left_open(phone), "_csrf": await phone.form_token()}
    pass_by(IDLE)
    await tablet.post("/events", form)
    assert not await Draft.exists()


async def test_without_a_session_a_form_does_not_replace_what_another_page_saved(
    phone: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    form = await left_open(phone)
    desk = await browse(sqlite_cast.coordinator)
    await type_into(desk, title="Typed at the desk")
    pass_by(IDLE)
    sent = await phone.post("/events", form)
    assert DRAFT_NOT_SAVED in sent.text
    assert "Typed at the desk" in await text_on(await browse(sqlite_cast.coordinator))


@pytest.mark.parametrize(("page", "field"), [("/people/new", "roles"), ("/committees/new", "chair")])
async def test_a_draft_gives_no_one_a_right(phone: Browser, sqlite_cast: Cast, page: str, field: str) -> None:
    value = "coordinator" if field == "roles" else str(sqlite_cast.fbi_lead.member_id)
    await type_into(phone, page, name=TYPED_TITLE, **{field: value})
    shown = await text_on(phone, page)
    assert (TYPED_TITLE in shown, "drafts don’t keep" in shown) == (True, True)
    assert re.findall(rf'value="{value}"[^>]* (?:checked|selected)', shown) == []


async def test_a_draft_of_a_person_begins_with_the_roles_that_are_saved(phone: Browser, sqlite_cast: Cast) -> None:
    page = f"/people/{sqlite_cast.administrator.member_id}/edit"
    await type_into(phone, page, name=TYPED_TITLE, roles="coordinator", version="1")
    shown = await text_on(phone, page)
    assert TYPED_TITLE in shown
    assert re.findall(r'name="roles"[^>]* value="(\w+)"[^>]* checked', shown) == ["administrator"]
