"""What no event may be is said in the same sentence by the pages, the API, and the import of calendar files."""

from html import unescape
from typing import Any

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast, meeting
from tests.event_fields import too_long_text
from tests.ical.files import refusal, taken, vevent
from tests.ports.api.conftest import ALL, Program
from tests.ports.browser import Browser
from tests.ports.pages.forms import typed
from tracker.ical.foreign_events import PROPERTIES
from tracker.ports.api.routes import described
from tracker.rules.core.clean_text import too_long_words
from tracker.rules.events.events import LONGEST_REASON, NO_TITLE, ONLY_HTTPS, TEXTS
from tracker.rules.events.plans import WHOLE_DAYS
from tracker.rules.events.replies import LONGEST_COMMENT
from tracker.usecases.events import scheduling
from tracker.usecases.identity import sessions

NEW: dict[str, Any] = {
    "kind": "meeting",
    "title": "Case review",
    "visibility": "all",
    "date": "2027-01-12",
    "time": "14:00",
    "minutes": 90,
}
TYPED = {"title": "Case review", "date": "2027-01-12", "starts": "14:00", "ends": "15:30", "save": "send"}
SHAPES = described()["components"]["schemas"]


@pytest.fixture
async def program(sqlite_cast: Cast, app: Litestar) -> Program:
    """The coordinator's program."""
    return Program(app, await sessions.create_token(sqlite_cast.coordinator, "Program", ALL, NOW))


async def on_the_page(desk: Browser, **fields: str) -> str:
    """Return the page that shows a refused form again."""
    form = typed((await desk.get("/schedule")).text, "/events", **{**TYPED, **fields})
    response = await desk.post("/events", form)
    assert response.status_code == 422
    return unescape(response.text)


async def by_program(program: Program, **fields: Any) -> tuple[int, dict[str, str]]:
    """Return the status of a refused request, and what it says of each field."""
    response = await program.ask("POST", "/events", {**NEW, **fields})
    return response.status_code, {one["field"]: one["detail"] for one in response.json()["errors"]}


@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_that_is_too_long_is_refused_by_page_and_api_in_the_same_sentence(
    desk: Browser, program: Program, name: str
) -> None:
    sentence = too_long_words(too_long_text(name), TEXTS[name].longest)
    assert sentence in await on_the_page(desk, **{name: too_long_text(name)})
    assert await by_program(program, **{name: too_long_text(name)}) == (422, {name: sentence})


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_text_that_is_too_long_is_imported_up_to_the_limit_and_its_row_says_so(name: str) -> None:
    longest = TEXTS[name].longest
    [event] = taken(
        vevent(title=too_long_text(name)) if name == "title" else vevent(f"{PROPERTIES[name]}:{too_long_text(name)}")
    ).events
    assert getattr(event.plan, name) == too_long_text(name)[:longest]
    assert event.notes == (f"{TEXTS[name].label}: cut after {longest:,} characters; the file has {longest + 1:,}.",)


async def test_an_event_without_a_title_is_refused_everywhere_in_the_same_sentence(
    desk: Browser, program: Program
) -> None:
    assert NO_TITLE in await on_the_page(desk, title=" ")
    assert [await by_program(program, title=text) for text in ("", " ")] == [(422, {"title": NO_TITLE})] * 2
    assert [row.sentence for row in taken(vevent(title="")).rest] == [NO_TITLE]


@pytest.mark.parametrize("link", ["http://video.example/1", "javascript:alert(1)"])
async def test_a_link_without_https_is_refused_by_page_and_api_in_the_same_sentence(
    desk: Browser, program: Program, link: str
) -> None:
    assert ONLY_HTTPS in await on_the_page(desk, video_link=link)
    assert await by_program(program, video_link=link) == (422, {"video_link": ONLY_HTTPS})


async def test_what_fits_the_document_and_is_no_whole_link_is_refused_in_that_sentence_too(program: Program) -> None:
    assert await by_program(program, video_link="https://[") == (409, {"video_link": ONLY_HTTPS})


async def test_an_all_day_event_with_hours_is_refused_by_api_and_import_in_the_same_sentence(program: Program) -> None:
    assert await by_program(program, is_all_day=True) == (409, {"minutes": WHOLE_DAYS})
    assert refusal("DTSTART;VALUE=DATE:20270112", "DURATION:PT36H") == WHOLE_DAYS


@pytest.mark.parametrize("shape", ["NewEvent", "EventChange"])
def test_the_document_says_the_limit_of_each_text(shape: str) -> None:
    assert {name: limit_of(SHAPES[shape]["properties"][name]) for name in TEXTS} == {
        name: about.longest for name, about in TEXTS.items()
    }


def limit_of(described: dict[str, Any]) -> int:
    limit: int = described["maxLength"]
    return limit


async def test_a_reason_that_is_too_long_is_refused_by_page_and_api_in_the_same_sentence(
    sqlite_cast: Cast, desk: Browser, program: Program
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(), NOW)
    reason = "x" * (LONGEST_REASON + 1)
    sentence, address = too_long_words(reason, LONGEST_REASON), f"/events/{event_id}/cancellation"
    form = typed((await desk.get(address)).text, address, reason=reason)
    assert sentence in unescape((await desk.post(address, form)).text)
    response = await program.ask("POST", address, {"reason": reason}, match="*")
    assert response.json()["errors"] == [{"field": "reason", "detail": sentence}]


async def test_a_note_with_a_reply_may_be_as_long_on_the_page_as_in_the_document() -> None:
    assert limit_of(SHAPES["NewReply"]["properties"]["comment"]) == LONGEST_COMMENT
