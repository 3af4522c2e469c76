"""Templates, Markdown, and links in texts: how values become markup."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError
from litestar import Litestar, Request, Response, get
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.ports.conftest import SignIn
from tests.ports.laid_out import laid_out
from tests.ports.pages.events.world import schedule_with_reply_link
from tracker.config.settings import Settings
from tracker.ports import pages
from tracker.ports.http.cookies import Flash
from tracker.ports.pages.core.templating import (
    FOLDER,
    MarkdownReader,
    Pages,
    Picture,
    environment,
    error_page,
    icon,
    qr,
)
from tracker.rules.core.viewers import Arm, Role, Viewer
from tracker.usecases.events import scheduling

PAGES = Path(pages.__file__).parent
CENTRAL = ZoneInfo("America/Chicago")
NO_ONE = UUID(int=0)
SETTINGS = Settings(secret="x" * 32)
VOID = {"meta", "link", "input", "img", "br", "path", "rect"}
MEMBER = Viewer(
    member_id=NO_ONE,
    name="HSI liaison",
    email="hsi@agency.example",
    agency_id=NO_ONE,
    agency="HSI",
    arm=Arm.LAW_ENFORCEMENT,
    zone="America/Chicago",
)
COORDINATOR = replace(MEMBER, name="Task force coordinator", agency="USAO", roles=frozenset({Role.COORDINATOR}))


class Markup(HTMLParser):
    """The tags of a page with their attributes, and the text within each element that has an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.tags if "id" in attributes]


def render(source: str, **values: Any) -> str:
    return laid_out(environment().from_string(source).render(values))


class Session(ASGIMiddleware):
    """Says who looks, as the product's own middleware does."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, **state: Any) -> None:
        self.state = state

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        scope["state"].update(self.state)
        await next_app(scope, receive, send)


@get("/{name:str}")
async def render_error_page(request: Request[Any, Any, Any]) -> Response[str]:
    return error_page(f"core/errors/{request.path_params['name']}.html", request, status_code=404, of="reply")


@pytest.fixture
def visit() -> Iterator[Callable[..., str]]:
    def visit(name: str = "404", **state: Any) -> str:
        given = {"settings": SETTINGS, "viewer": None, "csrf": "token-1", "flash": None} | state
        with TestClient(Litestar([render_error_page], middleware=[Session(**given)], openapi_config=None)) as browser:
            return laid_out(browser.get(f"/{name}").text)

    return visit


class Entry(Struct):
    title: str = "Monthly task force meeting"
    kind: str = "meeting"
    visibility: str = "all"
    status: str = "confirmed"
    starts: datetime = datetime(2026, 12, 10, 14, tzinfo=CENTRAL)
    ends: datetime = datetime(2026, 12, 10, 15, 30, tzinfo=CENTRAL)
    is_all_day: bool = False
    is_marked: bool = False
    href: str = "/events/x/2026-12-10"
    place: str | None = None
    body: str | None = None
    reply: str | None = None
    operation: str = ""


def text_of(html: str) -> str:
    labels = re.sub(r'<svg[^>]*aria-label="([^"]*)".*?</svg>', r" \1 ", html)
    return " ".join(re.sub(r"<[^>]+>", "", labels).split())


def test_no_cache_may_keep_a_page() -> None:
    with TestClient(Litestar([render_error_page], openapi_config=None)) as browser:
        reply = browser.get("/404")
    assert reply.headers["cache-control"] == "no-store, private"
    assert reply.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", ["403", "404", "500", "bad-request", "link"])
@pytest.mark.parametrize("viewer", [None, MEMBER, COORDINATOR])
def test_every_error_page_is_whole_for_everyone(visit: Callable[..., str], name: str, viewer: Viewer | None) -> None:
    markup = Markup(visit(name, viewer=viewer))
    assert [tag for tag, _ in markup.tags].count("h1") == 1
    assert len(markup.ids) == len(set(markup.ids))


@pytest.mark.parametrize("name", ["403", "404", "500", "bad-request", "link"])
def test_an_error_page_comes_out_even_before_the_session_was_read(name: str) -> None:
    with TestClient(Litestar([render_error_page], openapi_config=None)) as browser:
        assert "<h1>" in browser.get(f"/{name}").text


def test_the_first_tab_stop_is_the_link_that_skips_to_the_main_part(visit: Callable[..., str]) -> None:
    markup = Markup(visit(viewer=COORDINATOR))
    first = next(attributes for tag, attributes in markup.tags if tag in {"a", "button", "input"})
    assert first["href"] == "#main"
    assert {"id": "main", "tabindex": "-1"}.items() <= markup.all("main")[0].items()


def test_every_page_says_its_language(visit: Callable[..., str]) -> None:
    assert Markup(visit()).all("html") == [{"lang": "en"}]


def test_a_coordinator_is_offered_to_schedule_and_a_member_is_not(visit: Callable[..., str]) -> None:
    assert [">Schedule" in re.sub(r"<svg.*?</svg> ", "", visit(viewer=one)) for one in (COORDINATOR, MEMBER)] == [
        True,
        False,
    ]


def test_no_one_without_a_session_is_shown_navigation(visit: Callable[..., str]) -> None:
    assert Markup(visit()).all("nav") == []


def test_signing_out_is_a_post_with_the_token_of_the_session(visit: Callable[..., str]) -> None:
    markup = Markup(visit(viewer=MEMBER))
    assert [form["action"] for form in markup.all("form") if form["method"] == "post"] == ["/sign-out"]
    assert {"type": "hidden", "name": "_csrf", "value": "token-1"} in markup.all("input")


def test_a_page_for_links_has_no_navigation_even_for_the_signed_in(visit: Callable[..., str]) -> None:
    markup = Markup(visit("link", viewer=COORDINATOR))
    assert markup.all("nav") == []
    assert markup.all("dialog") == []
    assert all("htmx" not in (script["src"] or "") for script in markup.all("script"))


def test_the_government_banner_is_off_unless_a_setting_says_so(visit: Callable[..., str]) -> None:
    official = replace(SETTINGS, government_banner=True)
    shows = ["official website" in visit(viewer=MEMBER, settings=one) for one in (SETTINGS, official)]
    assert shows == [False, True]


def test_a_demonstration_says_so_on_every_kind_of_page(visit: Callable[..., str]) -> None:
    demo = replace(SETTINGS, is_demo=True)
    assert all("Demo on this computer only." in visit(name, settings=demo) for name in ("404", "link"))
    assert "Demo on this computer" not in visit()


def test_a_flash_is_shown_once_and_escaped(visit: Callable[..., str]) -> None:
    html = visit(flash=Flash(sentence="Saved <b>."))
    assert html.count("Saved &lt;b&gt;.") == 1
    assert '<div id="flash"><div class="usa-alert usa-alert--success' in html
    assert 'id="heard" class="usa-sr-only" role="status"' in html


def test_a_refusal_looks_and_is_read_as_an_error(visit: Callable[..., str]) -> None:
    html = visit(flash=Flash(sentence="It changed.", is_refusal=True))
    assert '<div id="flash"><div class="usa-alert usa-alert--error' in html
    assert '<span class="usa-sr-only">Error: </span>It changed.' in html
    assert 'id="heard" class="usa-sr-only" role="alert"' in html


def test_no_page_says_why_something_was_refused_as_if_it_were_done() -> None:
    errors = re.compile(r"pages\.redirect\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\.sentence\b")
    assert [path.name for path in PAGES.rglob("*.py") if errors.search(path.read_text("utf-8"))] == []


def test_the_foot_names_the_zone_and_whom_to_ask(visit: Callable[..., str]) -> None:
    html = visit(settings=replace(SETTINGS, coordinator_address="help@agency.example", hotline="Hotline at 1-800"))
    assert "All times are Central." in html
    assert 'href="mailto:help@agency.example"' in html
    assert 'Call the Hotline at <span class="nowrap">1-800</span>.' in html


def test_one_block_can_be_replied_alone() -> None:
    assert Pages({}).render_block("core/errors/404.html", "title").content == "Page not found"


def test_a_missing_value_is_an_error_and_not_an_empty_space() -> None:
    with pytest.raises(UndefinedError):
        render("{{ nothing_of_this_name }}")


def test_an_icon_without_a_label_is_decoration() -> None:
    assert Markup(icon("lock")).all("svg")[0]["aria-hidden"] == "true"


def test_an_icon_with_a_label_is_an_image_of_that_name() -> None:
    svg = Markup(icon("lock", 'A "named" list')).all("svg")[0]
    assert (svg["role"], svg["aria-label"]) == ("img", 'A "named" list')


def test_every_icon_is_drawn_in_the_frame_of_the_others() -> None:
    files = list((FOLDER / "vendor" / "icons").glob("*.svg"))
    assert len(files) > 50
    assert [file.name for file in files if 'viewBox="0 0 24 24"' not in file.read_text()] == []
    assert [file.name for file in files if not Markup(icon(file.stem)).all("svg")] == []


def test_a_qr_code_has_a_name_and_no_inline_style() -> None:
    html = qr("webcal://tracker.example/feeds/x.ics", 'Code for "my" events')
    frame = Markup(html).all("svg")[0]
    assert (frame["role"], frame["aria-label"]) == ("img", 'Code for "my" events')
    assert "style" not in html


FIELDS = {
    "field": 'forms.field("place", "Place", "<x>", error=error, hint=hint)',
    "password": 'forms.password("place", "Place", error=error, hint=hint)',
    "textarea": 'forms.textarea("place", "Place", "<x>", error=error, hint=hint)',
    "select": 'pickers.select("place", "Place", [("a", "A"), ("b", "B")], "b", error=error, hint=hint)',
    "checkbox": 'forms.checkbox("place", "Place", error=error, hint=hint)',
    "radios": 'pickers.radios("place", "Place", [("a", "A"), ("b", "B", "note")], "b", error=error, hint=hint)',
    "checkboxes": 'pickers.checkboxes("place", "Place", [("a", "A"), ("b", "B")], ["b"], error=error, hint=hint)',
}


@pytest.mark.parametrize("call", FIELDS.values(), ids=FIELDS.keys())
@pytest.mark.parametrize(("hint", "error"), [(None, None), ("H", None), (None, "E"), ("H", "E")])
def test_a_field_is_named_and_described_by_its_label_and_notes(call: str, hint: str | None, error: str | None) -> None:
    html = render("{{ " + call + " }}", hint=hint, error=error)
    markup = Markup(html)
    described = [a["aria-describedby"] for _, a in markup.tags if "aria-describedby" in a]
    expected = [name for name, there in (("f-place-h", hint), ("f-place-e", error)) if there]
    assert [(words or "").split() for words in described] == ([expected] if expected else [])
    assert set(expected) <= set(markup.ids)
    controls = [a["id"] for tag, a in markup.tags if tag in {"input", "select", "textarea"}]
    assert [a["for"] for a in markup.all("label")] == controls
    assert controls[0] == "f-place"


@pytest.mark.parametrize("name", ["field", "textarea", "select", "checkbox", "password"])
def test_a_field_in_error_is_marked_as_such(name: str) -> None:
    html = render("{{ " + FIELDS[name] + " }}", hint=None, error="Say where.")
    control = next(a for tag, a in Markup(html).tags if tag in {"input", "select", "textarea"})
    assert control["aria-invalid"] == "true"
    assert "Error:</span> Say where." in html


@pytest.mark.parametrize("name", ["radios", "checkboxes"])
def test_a_group_of_choices_has_a_legend_and_keeps_what_was_chosen(name: str) -> None:
    markup = Markup(render("{{ " + FIELDS[name] + " }}", hint=None, error=None))
    assert len(markup.all("legend")) == 1
    assert [a["value"] for a in markup.all("input") if "checked" in a] == ["b"]


def test_what_was_typed_is_kept_and_escaped() -> None:
    assert 'value="&lt;x&gt;&#34;"' in render('{{ forms.field("a", "A", value) }}', value='<x>"')
    assert "\n\n two" in render('{{ forms.textarea("a", "A", value) }}', value="\n two")


def test_a_password_is_never_sent_back() -> None:
    assert 'value=""' in render("{{ " + FIELDS["password"] + " }}", hint=None, error=None)


def test_only_a_field_that_may_stay_empty_says_optional() -> None:
    says = [
        "(optional)" in render(source)
        for source in (
            '{{ forms.field("a", "A") }}',
            '{{ forms.field("a", "A", required=true) }}',
            '{{ forms.field("a", "A", mark=false) }}',
        )
    ]
    assert says == [True, False, False]


def test_further_attributes_are_quoted_and_escaped() -> None:
    html = render('{{ forms.field("a", "A", hx_get="/x?a=1&b=2", data_open=true, spellcheck=none) }}')
    control = Markup(html).all("input")[0]
    assert (control["hx-get"], control["data-open"], "spellcheck" in control) == ("/x?a=1&b=2", None, False)


def test_the_error_summary_links_to_each_field() -> None:
    html = render("{{ forms.error_summary(errors) }}", errors={"": "Look again.", "starts_on": "Choose a date."})
    markup = Markup(html)
    assert [a["href"] for a in markup.all("a")] == ["#f-starts-on"]
    assert markup.all("div")[0]["tabindex"] == "-1"
    assert "Look again." in html


def test_without_errors_there_is_no_summary() -> None:
    assert render("{{ forms.error_summary({}) }}").strip() == ""


def test_a_deed_is_a_form_of_its_own_with_the_token() -> None:
    html = render('{{ forms.post_button("Mark done", "/x", "t", {"v": 3}, more=": AI-1") }}')
    markup = Markup(html)
    assert markup.all("form")[0]["method"] == "post"
    assert {a["name"]: a["value"] for a in markup.all("input")} == {"_csrf": "t", "v": "3"}
    assert text_of(html) == "Mark done: AI-1"


def test_the_name_of_a_chip_holds_kind_visibility_title_day_and_times() -> None:
    html = render("{{ cal.chip(e) }}", e=Entry(visibility="law_enforcement", status="tentative"))
    assert text_of(html) == (
        "MTG Law enforcement only 2 PM Monthly task force meeting (tentative), Thursday, December 10, 2026, "
        "2:00\N{EN DASH}3:30 PM, Meeting"
    )


def test_the_chip_of_a_whole_day_has_no_clock() -> None:
    assert text_of(render("{{ cal.chip(e) }}", e=Entry(kind="deadline", is_all_day=True))) == (
        "DUE Monthly task force meeting, Thursday, December 10, 2026, All day, Deadline"
    )


def test_the_title_of_controlled_information_has_its_portion_mark() -> None:
    assert "(CUI) Monthly task force meeting" in text_of(render("{{ cal.chip(e) }}", e=Entry(is_marked=True)))


def test_a_title_cannot_bring_markup_into_a_chip() -> None:
    assert "<script>" not in render("{{ cal.chip(e) }}", e=Entry(title="<script>alert(1)</script>"))


@pytest.mark.parametrize("name", ["all", "law_enforcement", "victim_services", "committee", "agency", "named"])
def test_who_sees_an_event_is_said_in_words(name: str) -> None:
    assert text_of(render("{{ cal.vis(name) }}", name=name))


@pytest.mark.parametrize(
    ("reply", "word"), [("accepted", "Yes"), ("tentative", "Maybe"), ("declined", "No"), ("needs_action", "No reply")]
)
def test_a_reply_is_said_in_words(reply: str, word: str) -> None:
    assert text_of(render("{{ cal.rsvp(reply) }}", reply=reply)) == word


@pytest.mark.parametrize(
    ("day", "is_done", "words"),
    [
        (date(2026, 11, 27), False, "Overdue by 4 days"),
        (date(2026, 12, 1), False, "Due today"),
        (date(2026, 12, 20), False, "Due Sun, Dec 20"),
        (date(2026, 11, 27), True, "Done"),
    ],
)
def test_lateness_is_never_shown_by_color_alone(day: date, is_done: bool, words: str) -> None:
    html = render("{{ cal.due(day, today, is_done) }}", day=day, today=date(2026, 12, 1), is_done=is_done)
    assert text_of(html) == words


@pytest.mark.parametrize(("percent", "step"), [(-5, 0), (0, 0), (37, 35), (38, 40), (100, 100), (240, 100)])
def test_a_bar_has_a_name_and_a_class_for_its_length(percent: int, step: int) -> None:
    html = render('{{ cal.bar(percent, "done") }}', percent=percent)
    assert f'w-{step}"' in html
    assert Markup(html).all("span")[0]["aria-label"] == "done"


def test_the_last_crumb_is_the_page_itself() -> None:
    html = render('{{ cal.crumbs([("/calendar", "Calendar"), ("", "December")]) }}')
    assert '<li class="usa-breadcrumb__list-item usa-current" aria-current="page"><span>December</span>' in html


def test_what_is_over_needs_no_reply() -> None:
    days = [(date(2026, 12, 10), [Entry(reply="needs_action")])]
    assert "Reply needed" not in render("{{ cal.agenda(days, now) }}", days=days, now=Entry().ends)


def test_the_list_of_days_says_which_replies_are_owed() -> None:
    days = [(date(2026, 12, 10), [Entry(reply="needs_action", place="USAO"), Entry(status="canceled")])]
    html = render("{{ cal.agenda(days, now) }}", days=days, now=Entry().ends - timedelta(minutes=1))
    assert [words for words in ("Thu", "Today", "USAO", "Reply needed", "Canceled") if words not in text_of(html)] == []
    assert Markup(html).ids == ["l-2026-12-10"]


def test_a_toast_for_htmx_replaces_the_text_of_the_region_only() -> None:
    html = render('{{ cal.toast("Marked here", "/undo", "t", hx_post="/undo") }}')
    assert Markup(html).all("div")[0] == {"id": "toast", "hx-swap-oob": "innerHTML"}
    assert Markup(html).all("form")[0]["hx-post"] == "/undo"


def test_a_page_does_not_carry_the_indentation_of_its_template() -> None:
    source = "<ul>\n    <li>\n      {{ value }}\n    </li>\n\n</ul>\n<p>a  b</p>"
    assert environment().from_string(source).render(value="a  b\n  c") == ("<ul> <li> a  b\n  c </li> </ul> <p>a b</p>")


def test_only_events_that_have_all_facts_are_drawn() -> None:
    with pytest.raises(UndefinedError):
        render("{{ cal.chip(e) }}", e=SimpleNamespace(kind="meeting"))


def test_a_macro_that_no_file_has_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("{{ cal.nothing() }}")


MARKDOWN_PAGES = {"other.md": "/help/other"}
PICTURES = {"pictures/one.png": Picture("/static/one.png", 640, 480)}
READER = MarkdownReader(page=MARKDOWN_PAGES.__getitem__, picture=PICTURES.__getitem__)


def test_the_first_heading_is_the_title_and_no_part_of_the_body() -> None:
    assert READER.read("# Taking attendance\n\nOn a phone.") == ("Taking attendance", "<p>On a phone.</p>\n")


def test_a_link_leads_to_the_page_that_it_names() -> None:
    assert 'href="/help/other"' in READER.read("# A\n\n[Other](other.md)").body


def test_a_picture_has_its_address_its_size_and_its_words() -> None:
    body = READER.read("# A\n\n![What it shows](pictures/one.png)").body
    assert '<img src="/static/one.png" alt="What it shows" width="640" height="480" loading="lazy" />' in body


def test_html_in_a_page_stays_text() -> None:
    assert READER.read("# A\n\n<script>alert(1)</script>").body == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"


@pytest.mark.parametrize("text", ["# A\n\n[Gone](gone.md)", "# A\n\n![Gone](pictures/gone.png)"])
def test_what_a_page_names_and_is_not_there_is_an_error(text: str) -> None:
    with pytest.raises(LookupError):
        READER.read(text)


@pytest.mark.parametrize("text", ["", "No heading", "Words\n\n# A"])
def test_a_page_without_a_heading_at_its_start_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="begin with a heading"):
        READER.read(text)


MOVED = "This event changed on"

TERMS = {
    "r": "until the event is over or canceled",
    "u": "while the item is yours",
    "p": "until the poll is closed",
    "w": "until what your email changed is changed again",
    "n": "while you have an account",
    "e": "works for an hour",
}


@pytest.mark.parametrize("letter", TERMS)
async def test_each_kind_of_link_says_its_own_term(app: Litestar, browse: SignIn, letter: str) -> None:
    response = await (await browse(None)).get(f"/{letter}/forged")
    assert (response.status_code, TERMS[letter] in response.text) == (404, True)
    assert "This link no longer works" in response.text


async def test_a_link_from_before_a_move_says_so_until_the_person_replies_again(
    app: Litestar, sqlite_cast: Cast, browse: SignIn
) -> None:
    cast, stranger = sqlite_cast, await browse(None)
    event_id, link = await schedule_with_reply_link(app, cast, meeting(cast.kcpd_detective), cast.kcpd_detective)
    await stranger.send("POST", link, data={"reply": "yes"})
    assert MOVED not in (await stranger.get(link)).text
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(known, starts=known.starts + timedelta(days=1))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, NOW)
    page = (await stranger.get(link)).text
    assert f"{MOVED} Tue, Dec 15" in page
    assert "You replied Yes before the change." in page
    await stranger.send("POST", link, data={"reply": "no"})
    assert MOVED not in (await stranger.get(link)).text


async def test_a_link_of_someone_who_was_invited_again_says_nothing_of_an_earlier_change(
    app: Litestar, sqlite_cast: Cast, browse: SignIn
) -> None:
    cast, stranger = sqlite_cast, await browse(None)
    event_id, link = await schedule_with_reply_link(app, cast, meeting(cast.kcpd_detective), cast.kcpd_detective)
    await stranger.send("POST", link, data={"reply": "yes"})
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(known, starts=known.starts + timedelta(days=1))
    for number, invitees in enumerate(({}, known.invitees)):
        await scheduling.change_event(
            cast.coordinator, event_id, replace(later, invitees=invitees), event.version + number, NOW
        )
    page = (await stranger.get(link)).text
    assert "Will you attend?" in page
    assert (MOVED in page, "no longer counts" in page) == (False, False)
