"""No form loses what was typed: refused for one field, it is shown again with the texts of all others."""

import re
from html import unescape

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast, everybody, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import forms_in
from tracker.rules.actions.action_items import NewItem
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.actions import action_items
from tracker.usecases.events import occurrences, scheduling

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|AI-[A-Z0-9]+|\d{4}-\d\d-\d\d")
PAGES = (
    "/schedule",
    "/events/{event}/edit",
    "/events/{event}/{key}",
    "/events/{event}/{key}/edit",
    "/events/{event}/cancellation",
    "/events/{event}/{key}/cancellation",
    "/action-items",
    "/action-items/{item}",
    "/people/new",
    "/people/{person}/edit",
    "/people/{person}/suspension",
    "/agencies/new",
    "/agencies/{agency}/edit",
    "/agencies/{agency}",
    "/committees/new",
    "/committees/{committee}/edit",
    "/sites/new",
    "/settings",
    "/settings/tokens",
    "/subscriptions",
    "/calendar?kind=training",
)


@pytest.fixture
async def places(sqlite_cast: Cast, app: Litestar) -> dict[str, object]:
    """What the pages are about."""
    cast, rule = sqlite_cast, rule_for_choice("monthly_nth", meeting().starts, count=3)
    event = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.coordinator, *everybody(cast), rule=rule), NOW
    )
    origin = await occurrences.date_seen_by(cast.coordinator, event, "2027-01-12")
    new = NewItem(title="Call", owner_id=cast.coordinator.member_id, due=NOW.date(), origin_id=origin.id)
    return {
        "event": event,
        "key": "2027-01-12",
        "item": await action_items.create_item(cast.coordinator, new, NOW, NOW.date()),
        "person": cast.fbi_lead.member_id,
        "agency": cast.agencies["FBI"],
        "committee": cast.committees["steering"],
    }


@pytest.mark.parametrize("page", PAGES)
async def test_a_form_that_is_refused_for_one_text_keeps_all_others(
    browse: SignIn, sqlite_cast: Cast, places: dict[str, object], page: str
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    forms = forms_in((await desk.get(page.format(**places))).text)
    assert forms, "the page has no form in which people type"
    for action, (fields, texts) in forms.items():
        for wrong in texts:
            await _refused(desk, action, fields, texts, wrong)


async def _refused(desk: Browser, action: str, fields: dict[str, list[str]], texts: dict[str, int], wrong: str) -> None:
    """Send a form with one text that is too long, and expect the others in the response."""
    typed = {name: f"Kept {number}"[: limit or None] for number, (name, limit) in enumerate(texts.items(), 10)}
    sent = fields | {name: [text] for name, text in typed.items()} | {wrong: ["x" * 6_000]}
    response = await desk.post(action, {**sent, "save": ["send"]})
    assert response.status_code in (409, 422), (action, wrong, response.status_code)
    shown = unescape(response.text)
    assert [(action, name) for name, text in typed.items() if name != wrong and text not in shown] == []


@pytest.mark.parametrize("page", PAGES)
async def test_a_form_of_more_than_three_texts_keeps_a_draft(
    browse: SignIn, sqlite_cast: Cast, places: dict[str, object], page: str
) -> None:
    forms = forms_in((await (await browse(sqlite_cast.coordinator)).get(page.format(**places))).text)
    long = [action for action, (fields, texts) in forms.items() if len(texts) > 3 and "_draft" not in fields]
    assert long == []
