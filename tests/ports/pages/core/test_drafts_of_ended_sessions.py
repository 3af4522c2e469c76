"""Forms that are sent without a session: kept for the person whose session ran out, and in no other case."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.core.world import DRAFT_NOT_SAVED, DRAFT_SAVED, TYPED_TITLE, draft_mark_on, text_on, type_into
from tests.usecases.identity.world import PASSWORD, hash_cheaply
from tracker import clock
from tracker.crypto import keys
from tracker.tables.schema.core.tables import Draft
from tracker.usecases.core.viewers import IDLE, LONGEST
from tracker.usecases.identity.passwords import set_password
from tracker.usecases.identity.sessions import end_session, report_lost_phone, sign_out_everywhere
from tracker.usecases.roster import accounts

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
    clock.start_at(NOW + time, stands_still=True)


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
