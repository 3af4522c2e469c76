"""What holds for every route alike: who may come in, what no cache keeps, that no text becomes markup."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from piccolo.columns import Text, Varchar
from piccolo.querystring import QueryString

from tests.ports.browser import Browser, app_settings
from tests.ports.test_nothing_leaks import NOWHERE, responses_seen
from tests.ports.worlds import Worlds, build, open_world
from tests.processor_time import Turns
from tracker.app import create_app
from tracker.database import engine
from tracker.ports.http.guards import GUARDS, bearer, signed_in
from tracker.tables.piccolo_app import APP_CONFIG

WITHOUT_SIGN_IN = {
    "/healthz": "public",
    "/static/{name:path}": "public",
    "/sign-in": "public",
    "/sign-in/code": "public",
    "/sign-in/enrollment": "public",
    "/sign-in/recovery": "public",
    "/sign-in/link/{token:str}": "link",
    "/sign-in/reset/{token:str}": "link",
    "/r/{token:str}": "link",
    "/p/{token:str}": "link",
    "/u/{token:str}": "link",
    "/n/{token:str}": "link",
    "/w/{token:str}": "link",
    "/e/{token:str}": "link",
    "/api/v1/openapi.json": "public",
    "/api/v1/docs": "public",
    "/feeds": "feed",
}
"""Everything that responds to a stranger, or to a person with a link or an address (SP 800-53 AC-14)."""
MOST_APART = 2  # yardsticks of work between what is hidden and what never was
ROUNDS = 20
HOSTILE = "\"><img src=x onerror=alert(1)>'{{7919*104729}}</textarea></title><script>alert(2)</script>"
TEXTS = {
    "event": "title description place video_link agenda cancel_reason",
    "occurrence": "title place agenda cancel_reason",
    "member": "title phone mobile name email",
    "email_alias": "address",
    "agency": "name code contact_name contact_phone contact_email address",
    "committee": "name place",
    "site": "name address equipment",
    "confidential_site": "name address directions",
    "blackout": "reason",
    "action_item": "title",
    "action_note": "text change",
    "reply": "comment",
    "incoming_reply": "sender comment",
    "incoming_words": "sender text",
    "mailbox_state": "trouble",
    "bounce": "words",
    "attendance_mark": "guest guest_agency",
    "subscription": "name client",
    "saved_filter": "name",
    "shared_calendar": "host",
    "api_token": "name",
    "event_change": "reason",
    "operation_site": "place",
    "operation_phase": "name",
    "operation_order": "situation mission execution administration command",
    "after_action": "title",
    "lesson": "text edition_title edition_text",
    "released_lesson": "title text",
    "hot_wash": "went_well to_improve",
    "operation_agency": "skills",
    "operation_log_entry": "text",
    "operation_check_in": "guest guest_agency contact assignment",
    "clearance": "number reason",
    "operation_return": "comment",
    "operation_grant": "reason",
    "emergency_access": "reason",
    "hit_decision": "reason",
    "readiness_notice": "languages needs place contact",
    "event_template": "name",
    "message": "reason sent_to",
    "email_pause": "address",
    "session": "client",
}
"""What people type, or programs say of themselves, by table and column."""
OURS = frozenset(
    "id uid reference kind status role arm level scope scopes visibility audience zone rrule purpose listing"
    " reply source state problem verb fields replaced facts form query leads quiet_from quiet_until key worker"
    " account actor misfit email_hash subject subject_id previous hash seal body_hash token_hash password_hash"
    " totp_sealed token_sealed address_sealed mark_categories mark_limit texts all_day_alarm topic disclosure"
    " system outcome decision result minors fit word status_before fate cause was reminder_leads ask_leads ask_after"
    " seen_by".split()
)
"""Columns of letters that hold what we write, choose from or take apart: choices, keys, hashes, JSON."""
NAMED_BY_US = {"watermark.name", "emergency_access.session"} | {
    f"audit_entry.{name}" for name in ("agency", "address", "session", "request")
}
SPOIL = """UPDATE "{table}" SET "{column}" = {{}} || (SELECT COUNT(*) FROM "{table}" o WHERE o.id < "{table}".id)
 WHERE "{column}" IS NOT NULL AND '{column}' || "{column}" NOT IN ('guest', 'guest_agency')"""


class Markup(HTMLParser):
    """Collects what a browser would run or fetch of a page that was written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        handlers = [name for name in given if name.startswith("on")]
        if handlers or (tag == "img" and given.get("src") == "x") or (tag == "script" and "src" not in given):
            self.found.append(self.get_starttag_text() or tag)


def guarded(app: Litestar) -> set[tuple[str, str]]:
    """Return every route that needs no session, with its guard; OPTIONS, which lists the methods, aside."""
    return {
        (route.path, guard.__name__)
        for route in app.routes
        for handler in (route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler])
        if getattr(handler, "http_methods", None) != {"OPTIONS"}
        for guard in handler.resolve_guards()
        if guard in GUARDS and guard not in {signed_in, bearer}
    }


def test_what_can_be_asked_without_a_sign_in_is_a_short_list() -> None:
    assert guarded(create_app(app_settings())) == set(WITHOUT_SIGN_IN.items())


def test_no_address_names_a_thing_by_a_number_that_could_be_counted_on() -> None:
    assert [route.path for route in create_app(app_settings()).routes if ":int}" in route.path] == []


def test_every_column_of_letters_is_attacked_or_is_ours() -> None:
    typed = {f"{table}.{column}" for table, columns in TEXTS.items() for column in columns.split()}
    letters = {
        f"{table._meta.tablename}.{column._meta.db_column_name}"
        for table in APP_CONFIG.table_classes
        for column in table._meta.columns
        if isinstance(column, Text | Varchar) and column._meta.db_column_name not in OURS
    }
    assert letters - NAMED_BY_US == typed


@pytest.fixture
async def hostile(tmp_path: Path) -> Worlds:
    """A world in which every text that someone typed, or was sent by, is one that attacks."""
    worlds = await build(tmp_path)
    async with open_world(worlds.secret):
        for table, columns in TEXTS.items():
            for column in columns.split():
                await engine().run_querystring(QueryString(SPOIL.format(table=table, column=column), HOSTILE))
    return worlds


@pytest.mark.parametrize("viewer", ["coordinator", "kcpd_detective"])
async def test_no_text_of_anyone_becomes_markup_and_no_response_is_kept_by_a_cache(
    hostile: Worlds, viewer: str
) -> None:
    responses = await responses_seen(hostile.secret, hostile, viewer)
    pages = [
        (ask, committee.decode())
        for ask, _, headers, committee in responses
        if "text/html" in dict(headers)["content-type"]
    ]
    assert sum("alert(1)" in committee for _, committee in pages) > 50
    assert {ask: markup for ask, committee in pages if (markup := markup_of(committee))} == {}
    assert [ask for ask, committee in pages if str(7919 * 104_729) in committee] == []
    kept = {ask for ask, _, headers, _ in responses if "no-store" not in dict(headers)["cache-control"]}
    assert {one.split("?")[0] for one in kept} <= {"GET feed"}


@pytest.mark.parametrize("viewer", ["caht_lead", "harbor_advocate"])
async def test_what_is_hidden_takes_no_longer_than_what_is_not_there(tmp_path: Path, viewer: str) -> None:
    worlds = await build(tmp_path)
    hidden = worlds.places
    pairs = [
        (f"/events/{hidden.secret_event}/{hidden.secret_key}", f"/events/{NOWHERE}/{hidden.secret_key}"),
        (f"/action-items/{hidden.secret_item}", "/action-items/AI-ZZZZ"),
        (f"/people/{hidden.secret_person}", f"/people/{NOWHERE}"),
        (f"/messages?event={hidden.secret_event}", f"/messages?event={NOWHERE}"),
        (f"/schedule?like={hidden.secret_event}", f"/schedule?like={NOWHERE}"),
        ("/search?q=canary", "/search?q=zanzibar"),
    ]
    async with open_world(worlds.secret) as app:
        browser = Browser(app, worlds.sessions[viewer])
        turns: Turns[str] = Turns()
        for path in [path for pair in pairs for path in pair] * ROUNDS:
            await turns.take(path, browser.get(path))
    assert [(one, other) for one, other in pairs if abs(turns.least(one) - turns.least(other)) > MOST_APART] == []


@cache
def markup_of(page: str) -> list[str]:
    """Return what of a page would run or be fetched though we did not write it; most answers are pages seen before."""
    reader = Markup()
    reader.feed(page)
    return reader.found
