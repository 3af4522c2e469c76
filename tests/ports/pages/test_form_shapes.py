"""What forms ask for and what people type into them: each shape, and each text as it comes back."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Annotated

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast, everyone, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import forms_in
from tracker.errors import Invalid
from tracker.ports.pages import routers
from tracker.ports.pages.core.form_shapes import (
    CheckBox,
    Choice,
    DayField,
    EmailField,
    FormField,
    FormShape,
    Id,
    Ids,
    NameField,
    Text,
    TimeOfDay,
    Typed,
    Whole,
    form_context,
    form_fields,
)
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.actions import NewItem
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.actions import action_items
from tracker.usecases.events import occurrences, scheduling


def shapes_below(shape: type[FormShape]) -> Iterator[type[FormShape]]:
    """Return every form that is declared, also one that has the fields of another."""
    for declared in shape.__subclasses__():
        yield declared
        yield from shapes_below(declared)


assert routers.ROOMS  # with it, every page declares its forms
SHAPES = sorted(shapes_below(FormShape), key=lambda shape: shape.__qualname__)
NO_DAY = "Enter the date as year-month-day, for example 2027-01-14."
NO_TIME = "Enter the time as hours:minutes, for example 14:30."


def refused_texts(field: FormField) -> Iterator[tuple[str, str]]:
    """Return texts that a field refuses, each with its sentence."""
    if field.missing:
        yield "", field.missing
    match field:
        case Text(longest=longest) | NameField(longest=longest) | EmailField(longest=longest):
            yield "x" * (longest + 1), f"Use at most {longest:,} characters. This has {longest + 1:,}."
        case Whole(least=least, greatest=greatest, outside=outside):
            yield "many", field.unreadable
            yield from [(str(least - 1), outside), (str(greatest + 1), outside)] if outside else []
        case Choice(unknown=unknown, missing=missing) if unknown or missing:
            yield "lair", unknown or missing
        case Id(unknown=sentence) if sentence:
            yield "lair", sentence
        case DayField() | TimeOfDay():
            yield ("tomorrow", NO_DAY) if isinstance(field, DayField) else ("noon", NO_TIME)


REFUSED = [
    pytest.param(shape, name, text, sentence, id=f"{shape.__name__}-{name}-{text[:8]}")
    for shape in SHAPES
    for name, field in form_fields(shape).items()
    for text, sentence in refused_texts(field)
]


def refusals(shape: type[FormShape], form: dict[str, str]) -> dict[str, str]:
    """Return the sentences with which a form is refused, by field."""
    try:
        shape.read(FormValues({name: [text] for name, text in form.items()}))
    except Invalid as wrong:
        return wrong.fields
    return {}


@pytest.mark.parametrize(("shape", "name", "text", "sentence"), REFUSED)
def test_a_refused_text_gets_its_sentence_at_its_field(
    shape: type[FormShape], name: str, text: str, sentence: str
) -> None:
    assert refusals(shape, {name: text})[name] == sentence


@pytest.mark.parametrize("shape", SHAPES)
def test_all_refusals_of_a_form_come_at_once_in_the_order_of_its_fields(shape: type[FormShape]) -> None:
    wrong = {name: next(refused_texts(field), None) for name, field in form_fields(shape).items()}
    sentences = {name: refused[1] for name, refused in wrong.items() if refused}
    refused_found = refusals(shape, {name: refused[0] for name, refused in wrong.items() if refused})
    assert list({name: sentence for name, sentence in refused_found.items() if name in sentences}.items()) == list(
        sentences.items()
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_a_field_that_people_type_has_a_label_and_a_limit(shape: type[FormShape]) -> None:
    for name, field in form_fields(shape).items():
        assert field.label, name
        assert field.longest or not isinstance(field, Text | NameField | EmailField | Whole | Typed), name


class Contact(FormShape, kw_only=True):
    """A form of a test."""

    name: Annotated[str, NameField("Name", 20, of="person.name")]
    since: Annotated[date | None, DayField("Since")] = None
    groups: Annotated[frozenset[object], Ids("Groups")]
    is_open: Annotated[bool, CheckBox("Open")]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_label_is_written_in_words(shape: type[FormShape]) -> None:
    in_code = [declared.label for declared in form_fields(shape).values() if re.search(r"_|[a-z][A-Z]", declared.label)]
    assert in_code == []


def test_a_blank_field_has_its_value_or_nothing_of_its_kind() -> None:
    blank = Contact.read(FormValues({}))
    assert blank == Contact(name="", since=None, groups=frozenset(), is_open=False)


def test_a_template_gets_each_field_with_what_was_typed_and_its_error() -> None:
    form = FormValues({"name": ["Ann"], "since": ["soon"]})
    shown = form_context(form, Invalid(since=NO_DAY), Contact)
    assert (shown["status_code"], shown["fields"]["since"].error, shown["fields"]["name"].value) == (422, NO_DAY, "Ann")


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
        cast.coordinator, meeting(cast.coordinator, *everyone(cast), rule=rule), NOW
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
