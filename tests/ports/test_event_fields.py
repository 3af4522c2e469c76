"""No field of an event is forgotten by the form or by the API: each is shown, sent, saved, and shown again."""

from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.event_fields import another
from tests.ports.api.conftest import ALL, Program
from tests.ports.browser import Browser
from tests.ports.pages.forms import typed
from tracker.ports.pages.events.schedule_form import form_of_plan, read_event_plan
from tracker.rules.events.events import FIELDS, TEXTS, EventFields, field_values, fields_of
from tracker.rules.events.forms import Picks, texts_kept
from tracker.rules.events.plans import Plan
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


def changed(cast: Cast, name: str) -> Plan:
    """Return the usual plan with another value of one field."""
    return replace(usual(), **another(cast, name))


async def stored(cast: Cast, event_id: UUID) -> EventFields:
    return fields_of(await scheduling.event_seen_by(cast.coordinator, event_id))


@every_field
async def test_the_form_of_a_field_is_read_as_the_same_value(sqlite_cast: Cast, name: str) -> None:
    plan, offered = changed(sqlite_cast, name), await form_options.choices_in_form(sqlite_cast.coordinator)
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
    assert (await desk.post(address, typed(page, address, **{name: text, "save": "send"}))).status_code == 303
    assert await stored(sqlite_cast, event_id) == fields_of(changed(sqlite_cast, name))
    assert typed((await desk.get(address)).text, address)[name] == [text]


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
        "marking": {"marking": marked(plan)},
        "reminders": {"reminders": reminded(plan)},
    }[name]


def marked(plan: Plan) -> dict[str, Any] | None:
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
    responses = [await program.ask("POST", "/events", all_sent(plan)) for plan in (usual(), changed(sqlite_cast, name))]
    assert [one.status_code for one in responses] == [201, 201], responses[1].text
    before, after = [one.json() for one in responses]
    assert await stored(sqlite_cast, UUID(after["id"])) == fields_of(changed(sqlite_cast, name))
    assert {key for key in after if after[key] != before[key]} - IN_ANY_CASE


@every_field
async def test_a_program_changes_a_field_alone(sqlite_cast: Cast, program: Program, name: str) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, usual(), NOW)
    plan, address = changed(sqlite_cast, name), f"/events/{event_id}"
    before = (await program.get(address)).json()
    response = await program.ask("PATCH", address, as_sent(plan, name), match="*")
    assert response.status_code == 200, response.text
    assert await stored(sqlite_cast, event_id) == fields_of(plan)
    assert {key for key, value in response.json().items() if value != before[key]} - IN_ANY_CASE
