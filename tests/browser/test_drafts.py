"""What is typed is never lost, by a slip, an ended session, an error or another tab; and no one else gets it."""

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
def page(page_of: PageOf) -> Page:
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
def writing(page: Page) -> Page:
    """The form of a new event with a title typed and saved as a draft."""
    type_title(page)
    return page


@pytest.fixture
def second(page: Page) -> Iterator[Page]:
    """A second tab with the form of a new event."""
    second = page.context.new_page()
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


def begun(page: Page) -> Page:
    page.goto("/schedule")
    type_title(page)
    return page


def type_title(page: Page) -> None:
    page.get_by_label("Title").fill(TYPED)
    saved(page)


def saved(page: Page) -> None:
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


def test_what_was_typed_just_before_leaving_is_kept_too(page: Page) -> None:
    page.get_by_label("Title").fill(TYPED)
    page.get_by_role("link", name="Home", exact=True).first.click()
    page.wait_for_url("**/")
    page.wait_for_timeout(1000)  # no one goes back sooner than they see that they left
    page.go_back()
    has_it(page)


def test_reloading_the_page(writing: Page) -> None:
    writing.reload()
    has_it(writing)


@pytest.mark.parametrize("pause", [0, 100, 250, 400])  # milliseconds
def test_a_reload_while_typing_neither_loses_text_nor_blames_another_tab(page: Page, pause: int) -> None:
    page.get_by_label("Title").fill("First")
    page.wait_for_timeout(pause)
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("First")
    page.get_by_label("Title").fill("Second")
    saved(page)
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Second")
    assert page.evaluate("Object.keys(sessionStorage)") == []


def test_a_reload_while_a_draft_is_on_its_way_to_the_server_keeps_the_text(page: Page) -> None:
    page.route("**/drafts", lambda route: None, times=1)  # neither answered nor refused
    page.get_by_label("Title").fill(TYPED)
    with page.expect_request("**/drafts"):
        page.evaluate(SAVE)
    page.reload()
    has_it(page)


def test_what_a_second_tab_typed_is_kept_when_it_is_reloaded(page: Page, second: Page) -> None:
    page.get_by_label("Title").fill("First tab")
    saved(page)
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


def test_a_closed_tab(page: Page, second: Page) -> None:
    type_title(second)
    second.close()
    page.goto("/schedule")
    has_it(page)


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_an_error_and_back_again(writing: Page, status: int) -> None:
    answered(writing, status)
    writing.go_back()
    has_it(writing)


@pytest.mark.parametrize("way", ["back", "address"])
def test_a_form_that_was_sent_while_the_server_was_away(page: Page, way: str) -> None:
    for address in ("**/drafts", "**/events"):
        page.route(address, lambda route: route.abort())
    page.get_by_label("Title").fill(TYPED)
    not_saved(page, UNREACHABLE)
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("chrome-error://**")
    page.unroute_all()
    if way == "back":
        page.go_back()
    else:
        page.goto("/schedule")
    has_it(page)


def test_a_form_without_a_good_token_leads_back_to_what_was_typed(writing: Page) -> None:
    writing.get_by_label("Title").fill(f"{TYPED} again")
    writing.locator('#schedule [name="_csrf"]').evaluate("field => { field.value = 'old'; }")
    writing.get_by_role("button", name=SEND).click()
    expect(writing.get_by_role("heading", name="This form expired")).to_be_visible()
    writing.get_by_role("link", name="Open the form").click()
    expect(writing.get_by_label("Title")).to_have_value(f"{TYPED} again")


def test_a_form_that_was_sent_after_its_session_ended(stranger: Page, demo: Demo) -> None:
    session, page = signs_in(stranger, demo), begun(stranger)
    demo.let_session_run_out(session)
    page.get_by_label("Title").evaluate(f"field => {{ field.value = '{TYPED} again'; field.form.requestSubmit(); }}")
    expect(page.get_by_role("heading", name="You’re signed out")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in and open the form")).to_be_visible()
    signs_in(stranger, demo)
    page.goto("/schedule")
    expect(page.get_by_label("Title")).to_have_value(f"{TYPED} again")


def test_what_is_typed_after_the_session_ended_is_saved_after_the_next_sign_in(stranger: Page, demo: Demo) -> None:
    session, page = signs_in(stranger, demo), begun(stranger)
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
    session, page = signs_in(stranger, demo), begun(stranger)
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


def test_two_tabs_of_a_form_never_overwrite_each_other(page: Page, second: Page) -> None:
    page.get_by_label("Title").fill(TYPED)
    expect(page.locator("[data-draft]")).to_have_text(SAVED)
    second.get_by_label("Title").fill("Another one")
    not_saved(second, NEWER)
    page.reload()
    has_it(page)


def test_an_event_that_is_sent_at_once_leaves_no_draft(page: Page) -> None:
    """Its preview is still under way then, and is broken off."""
    page.get_by_label("Title").fill(TYPED)
    page.locator("#f-date").fill("2026-12-22")
    page.get_by_role("group", name="Invite by agency").get_by_text("FBI").click()
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", level=1, name=TYPED)).to_be_visible()
    page.wait_for_timeout(1500)  # longer than a draft takes
    page.goto("/schedule")
    expect(page.get_by_label("Title")).to_have_value("")


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
    mine = writing.context.cookies()
    is_now_of(second, page_of(ANOTHER).context.cookies())
    try:
        second.goto("/schedule")
        expect(second.get_by_label("Title")).to_have_value("")
        assert second.get_by_text("Restored your draft").count() == 0
    finally:
        is_now_of(second, mine)


def test_a_saved_draft_is_read_out_once_and_not_at_each_pause(own_page: Page) -> None:
    own_page.clock.install()
    writing = begun(own_page)
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
