"""No field of an event and no limit of one is forgotten on any way in."""

from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.event_fields import another, too_long_text
from tests.ical.files import refusal, taken, vevent
from tests.ports.api.conftest import ALL, Program
from tests.ports.browser import Browser
from tests.ports.pages.forms import form_with
from tracker.ical.foreign_events import PROPERTIES
from tracker.ports.api.routes import described
from tracker.ports.pages.events.schedule_form import form_of_plan, read_event_plan
from tracker.rules.core.clean_text import too_long_words
from tracker.rules.events.events import (
    FIELDS,
    LONGEST_REASON,
    NO_TITLE,
    ONLY_HTTPS,
    TEXTS,
    EventFields,
    field_values,
    fields_of,
)
from tracker.rules.events.forms import Picks, texts_kept
from tracker.rules.events.plans import WHOLE_DAYS, Plan
from tracker.rules.events.replies import LONGEST_COMMENT
from tracker.usecases.events import form_options, scheduling
from tracker.usecases.identity import sessions

every_field = pytest.mark.parametrize("name", FIELDS)
every_text = pytest.mark.parametrize("name", TEXTS)
IN_ANY_CASE = {"id", "version", "created_at", "changed_at"}
"""What differs between any two events, or versions of one, in JSON."""


@pytest.fixture
async def program(sqlite_cast: Cast, app: Litestar) -> Program:
    """The coordinator's program."""
    return Program(app, await sessions.create_token(sqlite_cast.coordinator, "Program", ALL, NOW))


def usual() -> Plan:
    return meeting(description="Notes", agenda="One item")


def plan_with_another(cast: Cast, name: str) -> Plan:
    """Return the usual plan with another value of one field."""
    return replace(usual(), **another(cast, name))


async def stored_fields(cast: Cast, event_id: UUID) -> EventFields:
    return fields_of(await scheduling.event_seen_by(cast.coordinator, event_id))


@every_field
async def test_the_form_of_a_field_is_read_as_the_same_value(sqlite_cast: Cast, name: str) -> None:
    plan, offered = plan_with_another(sqlite_cast, name), await form_options.choices_in_form(sqlite_cast.coordinator)
    offered = await form_options.choices_with_people(
        sqlite_cast.coordinator, offered, Picks(people=frozenset(plan.invitees))
    )
    assert read_event_plan(form_of_plan(plan), offered, plan.zone) == plan


@every_text
async def test_a_text_is_typed_on_the_page_and_shown_to_be_edited(sqlite_cast: Cast, desk: Browser, name: str) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, usual(), NOW)
    address, text = f"/events/{event_id}/edit", another(sqlite_cast, name)[name]
    page = unescape((await desk.get(address)).text)
    assert f'maxlength="{TEXTS[name].longest}"' in page
    assert TEXTS[name].label in page
    assert (await desk.post(address, form_with(page, address, **{name: text, "save": "send"}))).status_code == 303
    assert await stored_fields(sqlite_cast, event_id) == fields_of(plan_with_another(sqlite_cast, name))
    assert form_with((await desk.get(address)).text, address)[name] == [text]


@every_text
def test_a_template_keeps_a_text(name: str) -> None:
    assert texts_kept({name: ["Typed"]}) == {name: ["Typed"]}


def as_sent(plan: Plan, name: str) -> dict[str, Any]:
    """Return how a program writes one field, with those that go along with it; a text goes as it is."""
    if name in TEXTS or name in ("kind", "visibility", "status"):
        return {name: field_values(plan)[name]}
    when = {"date": plan.starts.date().isoformat(), "time": f"{plan.starts:%H:%M}"}
    minutes = {"minutes": plan.duration // timedelta(minutes=1)}
    return {
        "committee_id": {"committee_id": str(plan.committee_id)},
        "starts": when,
        "duration": minutes,
        "zone": {"time_zone": plan.zone},
        "is_all_day": {"is_all_day": plan.is_all_day, **when, **minutes},
        "marking": {"marking": marking_shown(plan)},
        "reminders": {"reminders": reminded(plan)},
    }[name]


def marking_shown(plan: Plan) -> dict[str, Any] | None:
    if plan.marking is None:
        return None
    return {
        "categories": sorted(plan.marking.categories),
        "agency_id": str(plan.marking.agency_id),
        "decontrol_on": plan.marking.decontrol_on.isoformat(),
    }


def reminded(plan: Plan) -> dict[str, Any]:
    minutes = [one // timedelta(minutes=1) for one in sorted(plan.reminders.leads)]
    chosen = plan.reminders
    return {
        "minutes_before": minutes,
        "follow_up_days_before": [one.days for one in chosen.asks_before],
        "follow_up_days_after_invitation": [one.days for one in chosen.asks_after],
        "sends_thanks": chosen.sends_thanks,
    }


def all_sent(plan: Plan) -> dict[str, Any]:
    """Return the whole JSON of a new event."""
    sent = {key: value for name in FIELDS for key, value in as_sent(plan, name).items()}
    return {**sent, "committee_id": str(plan.committee_id) if plan.committee_id else None}


@every_field
async def test_a_program_schedules_an_event_with_a_field(sqlite_cast: Cast, program: Program, name: str) -> None:
    responses = [
        await program.ask("POST", "/events", all_sent(plan)) for plan in (usual(), plan_with_another(sqlite_cast, name))
    ]
    assert [one.status_code for one in responses] == [201, 201], responses[1].text
    before, after = [one.json() for one in responses]
    assert await stored_fields(sqlite_cast, UUID(after["id"])) == fields_of(plan_with_another(sqlite_cast, name))
    assert {key for key in after if after[key] != before[key]} - IN_ANY_CASE


@every_field
async def test_a_program_changes_a_field_alone(sqlite_cast: Cast, program: Program, name: str) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, usual(), NOW)
    plan, address = plan_with_another(sqlite_cast, name), f"/events/{event_id}"
    before = (await program.get(address)).json()
    response = await program.ask("PATCH", address, as_sent(plan, name), match="*")
    assert response.status_code == 200, response.text
    assert await stored_fields(sqlite_cast, event_id) == fields_of(plan)
    assert {key for key, value in response.json().items() if value != before[key]} - IN_ANY_CASE


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


async def on_the_page(desk: Browser, **fields: str) -> str:
    """Return the page that shows a refused form again."""
    form = form_with((await desk.get("/schedule")).text, "/events", **{**TYPED, **fields})
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
        name: text_field.longest for name, text_field in TEXTS.items()
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
    form = form_with((await desk.get(address)).text, address, reason=reason)
    assert sentence in unescape((await desk.post(address, form)).text)
    response = await program.ask("POST", address, {"reason": reason}, match="*")
    assert response.json()["errors"] == [{"field": "reason", "detail": sentence}]


async def test_a_note_with_a_reply_may_be_as_long_on_the_page_as_in_the_document() -> None:
    assert limit_of(SHAPES["NewReply"]["properties"]["comment"]) == LONGEST_COMMENT
