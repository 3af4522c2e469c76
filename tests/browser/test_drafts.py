"""What is typed is never lost: by a slip, an ended session, an error, or another tab; and no one else reads it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.conftest import ContextOf
from tests.browser.contexts import close
from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import SEND, TRAINING

WHO, ANOTHER = "FBI operation lead", "Task force coordinator"
TYPED = "After-hours contact sheet"
SAVE = "window.dispatchEvent(new Event('online'))"
"""Lets a page save now what was typed, as where a browser finds its network again."""
UNREACHABLE, NEWER = "We can’t reach the server", "another tab, which saved a newer draft"
PAUSE, HEARD = 1_000, 5_000  # milliseconds until a draft is saved, and until what was read out is taken away again
SAVED = re.compile(r"Draft saved \d{1,2}:\d\d [AP]M")


@pytest.fixture
def event_form(page_of: PageOf) -> Page:
    """The form of a new event."""
    page = page_of(WHO)
    page.goto("/schedule")
    return page


@pytest.fixture
def own_page(signed_in: ContextOf) -> Iterator[Page]:
    """A page in a browser of its own, whose clock may be turned."""
    context = signed_in(WHO)
    yield context.new_page()
    close(context)


@pytest.fixture
def writing(event_form: Page) -> Page:
    """The form of a new event with a title typed and saved as a draft."""
    type_title(event_form)
    return event_form


@pytest.fixture
def second(event_form: Page) -> Iterator[Page]:
    """A second tab with the form of a new event."""
    second = event_form.context.new_page()
    second.goto("/schedule")
    yield second
    second.context.set_offline(True)  # see contexts.close
    second.close(run_before_unload=False)


@pytest.fixture
def stranger(page_of: PageOf) -> Iterator[Page]:
    """A tab in which no one is signed in yet."""
    page_of(WHO)  # a session to begin others after
    page = page_of(None)
    yield page
    page.context.clear_cookies()


@contextmanager
def answering(page: Page) -> Iterator[list[str]]:
    """Answer yes to what a page asks, and give what that was."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    yield asked
    page.remove_listener("dialog", answer)


def begin_form(page: Page) -> Page:
    page.goto("/schedule")
    type_title(page)
    return page


def type_title(page: Page) -> None:
    page.get_by_label("Title").fill(TYPED)
    save_now(page)


def save_now(page: Page) -> None:
    """Let what was typed be saved now, and not after the pause."""
    page.evaluate(SAVE)
    expect(page.locator("[data-draft]")).to_have_text(SAVED)


def not_saved(page: Page, why: str) -> None:
    """Let what was typed be saved now: it can't be, and the page says why."""
    page.evaluate(SAVE)
    expect(page.locator("[data-draft]")).to_contain_text(why)


def has_it(page: Page) -> None:
    expect(page.get_by_label("Title")).to_have_value(TYPED)
    expect(page.get_by_text(re.compile(r"Restored your draft from \d"))).to_be_visible()


def answered(page: Page, status: int) -> None:
    """Press Send, and let the server answer with a status."""

    def respond(route: Route) -> None:
        route.fulfill(status=status, body="Not now") if route.request.method == "POST" else route.continue_()

    page.route("**/events", respond)
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_text("Not now")).to_be_visible()
    page.unroute_all()


def test_home_by_mistake_and_back_again(writing: Page) -> None:
    writing.get_by_role("link", name="Home", exact=True).first.click()
    writing.wait_for_url("**/")
    writing.go_back()
    has_it(writing)


def test_what_was_typed_just_before_leaving_is_kept_too(event_form: Page) -> None:
    event_form.get_by_label("Title").fill(TYPED)
    event_form.get_by_role("link", name="Home", exact=True).first.click()
    event_form.wait_for_url("**/")
    event_form.wait_for_timeout(1000)  # no one goes back sooner than they see that they left
    event_form.go_back()
    has_it(event_form)


def test_reloading_the_page(writing: Page) -> None:
    writing.reload()
    has_it(writing)


@pytest.mark.parametrize("pause", [0, 100, 250, 400])  # milliseconds
def test_a_reload_while_typing_neither_loses_text_nor_blames_another_tab(event_form: Page, pause: int) -> None:
    event_form.get_by_label("Title").fill("First")
    event_form.wait_for_timeout(pause)
    event_form.reload()
    expect(event_form.get_by_label("Title")).to_have_value("First")
    event_form.get_by_label("Title").fill("Second")
    save_now(event_form)
    event_form.reload()
    expect(event_form.get_by_label("Title")).to_have_value("Second")
    assert event_form.evaluate("Object.keys(sessionStorage)") == []


def test_a_reload_while_a_draft_is_on_its_way_to_the_server_keeps_the_text(event_form: Page) -> None:
    event_form.route("**/drafts", lambda route: None, times=1)  # neither answered nor refused
    event_form.get_by_label("Title").fill(TYPED)
    with event_form.expect_request("**/drafts"):
        event_form.evaluate(SAVE)
    event_form.reload()
    has_it(event_form)


def test_what_a_second_tab_typed_is_kept_when_it_is_reloaded(event_form: Page, second: Page) -> None:
    event_form.get_by_label("Title").fill("First tab")
    save_now(event_form)
    second.get_by_label("Title").fill("Second tab")
    not_saved(second, NEWER)
    with answering(second):
        second.reload()
    expect(second.locator("[data-draft]")).to_contain_text("What you typed in this tab is kept")
    expect(second.get_by_label("Title")).to_have_value("First tab")
    second.get_by_role("button", name="Use this tab’s text instead").click()
    expect(second.get_by_label("Title")).to_have_value("Second tab")


def test_text_that_was_not_saved_is_gone_after_signing_out(stranger: Page, demo: Demo) -> None:
    signs_in(stranger, demo)
    typed_out_of_reach(stranger)
    with answering(stranger):
        stranger.locator('form[action="/sign-out"]').first.evaluate("form => form.requestSubmit()")
        stranger.wait_for_url("**/sign-in**")
    assert stranger.evaluate("Object.keys(sessionStorage)") == []


def test_the_next_person_in_the_same_tab_finds_no_text_that_was_not_saved_and_sends_none(
    stranger: Page, demo: Demo, page_of: PageOf
) -> None:
    signs_in(stranger, demo)
    typed_out_of_reach(stranger)
    is_now_of(stranger, page_of(ANOTHER).context.cookies())
    asked: list[str] = []
    stranger.on("request", lambda request: asked.append(request.url))
    with answering(stranger):
        stranger.goto("/schedule")
    expect(stranger.get_by_label("Title")).to_have_value("")
    assert stranger.evaluate("Object.keys(sessionStorage)") == []
    assert [address for address in asked if address.endswith("/drafts")] == []


def is_now_of(page: Page, cookies: list[Any]) -> None:
    """Let a browser be the one of another person."""
    page.context.clear_cookies()
    page.context.add_cookies(cookies)


def typed_out_of_reach(page: Page) -> None:
    """Type a title into the form of a new event, which can't be saved."""
    page.goto("/schedule")
    page.route("**/drafts", lambda route: route.abort())
    page.get_by_label("Title").fill(TYPED)
    not_saved(page, UNREACHABLE)


def test_a_closed_tab(event_form: Page, second: Page) -> None:
    type_title(second)
    second.close()
    event_form.goto("/schedule")
    has_it(event_form)


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_an_error_and_back_again(writing: Page, status: int) -> None:
    answered(writing, status)
    writing.go_back()
    has_it(writing)


@pytest.mark.parametrize("way", ["back", "address"])
def test_a_form_that_was_sent_while_the_server_was_away(event_form: Page, way: str) -> None:
    for address in ("**/drafts", "**/events"):
        event_form.route(address, lambda route: route.abort())
    event_form.get_by_label("Title").fill(TYPED)
    not_saved(event_form, UNREACHABLE)
    event_form.get_by_role("button", name=SEND).click()
    event_form.wait_for_url("chrome-error://**")
    event_form.unroute_all()
    if way == "back":
        event_form.go_back()
    else:
        event_form.goto("/schedule")
    has_it(event_form)


def test_a_form_without_a_good_token_leads_back_to_what_was_typed(writing: Page) -> None:
    writing.get_by_label("Title").fill(f"{TYPED} again")
    writing.locator('#schedule [name="_csrf"]').evaluate("field => { field.value = 'old'; }")
    writing.get_by_role("button", name=SEND).click()
    expect(writing.get_by_role("heading", name="This form expired")).to_be_visible()
    writing.get_by_role("link", name="Open the form").click()
    expect(writing.get_by_label("Title")).to_have_value(f"{TYPED} again")


def test_a_form_that_was_sent_after_its_session_ended(stranger: Page, demo: Demo) -> None:
    session, page = signs_in(stranger, demo), begin_form(stranger)
    demo.let_session_run_out(session)
    page.get_by_label("Title").evaluate(f"field => {{ field.value = '{TYPED} again'; field.form.requestSubmit(); }}")
    expect(page.get_by_role("heading", name="You’re signed out")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in and open the form")).to_be_visible()
    signs_in(stranger, demo)
    page.goto("/schedule")
    expect(page.get_by_label("Title")).to_have_value(f"{TYPED} again")


def test_what_is_typed_after_the_session_ended_is_saved_after_the_next_sign_in(stranger: Page, demo: Demo) -> None:
    session, page = signs_in(stranger, demo), begin_form(stranger)
    demo.let_session_run_out(session)
    page.get_by_label("Title").fill(f"{TYPED} again")
    ended = page.get_by_role("alertdialog", name="You’re signed out")
    expect(ended).to_be_visible()
    signs_in(stranger, demo)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(ended).to_be_hidden()
    expect(page.locator("[data-draft]")).to_have_text(SAVED, timeout=15_000)
    page.reload()
    expect(page.get_by_label("Title")).to_have_value(f"{TYPED} again")


@pytest.mark.parametrize(("ends", "kept"), [("revoke_session", []), ("let_session_run_out", ["drafts"])])
def test_the_next_page_after_a_revoked_session_leaves_nothing_in_the_tab(
    stranger: Page, demo: Demo, ends: str, kept: list[str]
) -> None:
    session, page = signs_in(stranger, demo), begin_form(stranger)
    getattr(demo, ends)(session)
    page.get_by_label("Title").fill(f"{TYPED} again")
    page.evaluate("location.assign('/calendar')")
    page.wait_for_url("**/sign-in?**")
    page.wait_for_load_state()
    assert page.evaluate("Object.keys(sessionStorage)") == kept


def signs_in(page: Page, demo: Demo) -> str:
    """Begin a session in a browser, and return its cookie."""
    token = demo.new_session(WHO)
    page.context.add_cookies([{"name": "session", "value": token, "url": demo.address}])
    return token


def test_two_tabs_of_a_form_never_overwrite_each_other(event_form: Page, second: Page) -> None:
    event_form.get_by_label("Title").fill(TYPED)
    expect(event_form.locator("[data-draft]")).to_have_text(SAVED)
    second.get_by_label("Title").fill("Another one")
    not_saved(second, NEWER)
    event_form.reload()
    has_it(event_form)


def test_an_event_that_is_sent_at_once_leaves_no_draft(event_form: Page) -> None:
    """Its preview is still under way then, and is broken off."""
    event_form.get_by_label("Title").fill(TYPED)
    event_form.locator("#f-date").fill("2026-12-22")
    event_form.get_by_role("group", name="Invite by agency").get_by_text("FBI").click()
    event_form.get_by_role("button", name="Save as draft").click()
    expect(event_form.get_by_role("heading", level=1, name=TYPED)).to_be_visible()
    event_form.wait_for_timeout(1500)  # longer than a draft takes
    event_form.goto("/schedule")
    expect(event_form.get_by_label("Title")).to_have_value("")


def test_a_page_whose_draft_cannot_be_saved_asks_before_it_is_left(page_of: PageOf) -> None:
    page = page_of(WHO)
    typed_out_of_reach(page)
    with answering(page) as asked:
        page.goto("/")
    assert asked == ["beforeunload"]


def test_a_page_whose_draft_is_saved_is_left_without_a_question(writing: Page) -> None:
    with answering(writing) as asked:
        writing.goto("/")
    assert asked == []


def test_a_draft_that_was_discarded_is_restored_by_undo(writing: Page) -> None:
    writing.reload()
    writing.get_by_role("button", name="Discard draft").click()
    expect(writing.get_by_label("Title")).to_have_value("")
    writing.get_by_role("button", name="Undo").click()
    has_it(writing)


def test_the_next_person_at_the_same_computer_gets_an_empty_form(writing: Page, second: Page, page_of: PageOf) -> None:
    own_cookies = writing.context.cookies()
    is_now_of(second, page_of(ANOTHER).context.cookies())
    try:
        second.goto("/schedule")
        expect(second.get_by_label("Title")).to_have_value("")
        assert second.get_by_text("Restored your draft").count() == 0
    finally:
        is_now_of(second, own_cookies)


def test_a_saved_draft_is_read_out_once_and_not_at_each_pause(own_page: Page) -> None:
    own_page.clock.install()
    writing = begin_form(own_page)
    heard = writing.locator("[data-draft-heard]")
    expect(heard).to_have_text(SAVED)
    writing.clock.fast_forward(HEARD)
    expect(heard).to_have_text("")
    writing.get_by_label("Title").fill(f"{TYPED} again")
    with writing.expect_response("**/drafts"):
        writing.clock.fast_forward(PAUSE)
    expect(heard).to_have_text("")


def test_a_note_behind_an_emailed_link_is_not_left_without_a_question(page_of: PageOf, demo: Demo) -> None:
    """No one is signed in there, so there is no one to keep a draft for."""
    page = page_of(None)
    page.goto(demo.link("kcpd.analyst@kcpd.example", TRAINING))
    page.get_by_text("Add a note to the organizer").click()
    page.get_by_label("Note").fill("Running late")
    with answering(page) as asked:
        page.reload()
        assert asked == ["beforeunload"]
        page.get_by_text("Add a note to the organizer").click()
        page.get_by_label("Note").fill("Running late")
        page.get_by_role("button", name="Yes, I will attend").click()
        expect(page.get_by_role("heading", name="You replied Yes")).to_be_visible()
    assert asked == ["beforeunload"]


OWNER = "FBI operation lead"


@pytest.fixture
def form_in_session(own_page_of: PageOf) -> Iterator[Page]:
    """The form of a new event with a title typed, in a browser whose clock is the test's."""
    page = own_page_of(OWNER)
    page.clock.install()
    page.goto("/schedule")
    page.get_by_label("Title").fill(TYPED)
    yield page
    page.unroute_all()


def server_says(page: Page, **state: object) -> None:
    """Let the server answer that a session of this person continues for so many seconds; no state: there is none."""
    person = page.locator("#session").get_attribute("data-person")

    def response(route: Route) -> None:
        if state and route.request.method == "GET":
            route.fulfill(json={"person": person, "form_token": "renewed", "can_stay": True, **state})
        elif state:
            route.continue_()
        else:
            route.fulfill(status=401)

    page.unroute_all()
    page.route("**/session", response)


def test_two_minutes_before_the_end_one_is_asked_and_stays(form_in_session: Page) -> None:
    token = form_in_session.locator('main [name="_csrf"]').first.input_value()
    server_says(form_in_session, seconds=118, form_token=token)
    form_in_session.clock.fast_forward("26:00")  # its session was last noted up to a minute before the page was sent
    expect(form_in_session.get_by_role("alertdialog")).to_be_hidden()
    form_in_session.clock.fast_forward("02:01")
    asked = form_in_session.get_by_role("alertdialog", name="Are you still there?")
    expect(asked).to_be_visible()
    expect(asked.get_by_role("button", name="Stay signed in")).to_be_focused()
    form_in_session.keyboard.press("Enter")
    expect(form_in_session.get_by_role("alertdialog")).to_be_hidden()
    expect(form_in_session.get_by_label("Title")).to_have_value(TYPED)


def test_who_is_busy_in_another_tab_is_not_asked(form_in_session: Page) -> None:
    server_says(form_in_session, seconds=1500)
    form_in_session.clock.fast_forward("28:01")
    expect(form_in_session.get_by_role("alertdialog")).to_be_hidden()


def test_after_twelve_hours_one_is_asked_to_save(form_in_session: Page) -> None:
    server_says(form_in_session, seconds=100, can_stay=False)
    form_in_session.clock.fast_forward("28:01")
    expect(form_in_session.get_by_text("a session lasts 12 hours at most")).to_be_visible()


def test_a_form_of_a_session_that_has_ended_is_not_sent_and_keeps_what_was_typed(form_in_session: Page) -> None:
    sent: list[str] = []
    form_in_session.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    form_in_session.route("**/session", lambda route: route.abort())
    form_in_session.clock.fast_forward("31:00")
    ended = form_in_session.get_by_role("alertdialog", name="You’re signed out")
    expect(ended).to_be_hidden()
    server_says(form_in_session)
    form_in_session.get_by_role("button", name=SEND).click()
    expect(ended).to_be_visible()
    expect(form_in_session.get_by_label("Title")).to_have_value(TYPED)
    assert [url for url in sent if re.search(r"/events$", url)] == []


def test_when_the_session_has_ended_the_page_is_hidden_and_escape_does_not_open_it(form_in_session: Page) -> None:
    server_says(form_in_session)
    form_in_session.clock.fast_forward("31:00")
    ended = form_in_session.get_by_role("alertdialog", name="You’re signed out")
    expect(ended.get_by_role("link", name="Sign in again")).to_be_focused()
    for _ in range(3):
        form_in_session.keyboard.press("Escape")
    expect(ended).to_be_visible()
    backdrop = "getComputedStyle(document.querySelector('#session'), '::backdrop').backgroundColor"
    assert re.fullmatch(r"rgb\(\d+, \d+, \d+\)", form_in_session.evaluate(backdrop))


def test_signed_in_again_in_another_tab_the_form_is_good_again(form_in_session: Page) -> None:
    server_says(form_in_session)
    form_in_session.clock.fast_forward("31:00")
    expect(form_in_session.get_by_role("alertdialog")).to_be_visible()
    server_says(form_in_session, seconds=1800)
    form_in_session.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(form_in_session.get_by_role("alertdialog")).to_be_hidden()
    expect(form_in_session.locator('main [name="_csrf"]').first).to_have_value("renewed")
    expect(form_in_session.get_by_label("Title")).to_have_value(TYPED)
