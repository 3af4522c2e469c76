"""Agendas: what a line says of its minutes."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, meeting, operation
from tests.event_fields import too_long_text
from tracker.errors import Invalid, ReauthenticationNeeded
from tracker.rules.core.clean_text import too_long_words
from tracker.rules.core.viewers import Visibility
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import (
    FIELDS,
    ONLY_HTTPS,
    TEXTS,
    Event,
    EventFields,
    agenda_items,
    field_values,
    fields_of,
    is_https,
    planned_minutes,
    where_words,
)
from tracker.rules.events.history import ChangedField, FieldChange, changes_of_event
from tracker.rules.events.plans import DateChange, Plan, plan_of_event


@pytest.mark.parametrize(
    ("line", "title", "minutes"),
    [
        ("Victim services update 20", "Victim services update", 20),
        ("Victim services update  20 min", "Victim services update", 20),
        ("Around the table 5 minutes", "Around the table", 5),
        ("Around the table", "Around the table", None),
        ("Awareness day, January 11", "Awareness day, January 11", None),
        ("Training on Sept. 9", "Training on Sept. 9", None),
        ("20", "20", None),
        ("min", "min", None),
        ("Budget 2027", "Budget 2027", None),
        ("Budget 0", "Budget 0", None),
        ("Budget ٣٠", "Budget ٣٠", None),
    ],
)
def test_minutes_are_a_plain_number_at_the_end_that_is_no_date(line: str, title: str, minutes: int | None) -> None:
    [item] = agenda_items(line)
    assert (item.title, item.minutes) == (title, minutes)


def test_empty_lines_are_no_items() -> None:
    assert [item.title for item in agenda_items("\nOne\n\n  Two 5\n")] == ["One", "Two"]


def test_items_without_minutes_do_not_count() -> None:
    assert planned_minutes(agenda_items("One 5\nTwo\nThree 10")) == 15


MIDNIGHT = datetime.fromisoformat("2027-01-12")
A_DAY = timedelta(days=1)
AN_ID = UUID(int=1)


def refused(plan: Plan) -> dict[str, str]:
    with pytest.raises(Invalid) as wrong:
        plan_rules.check_plan(plan)
    return wrong.value.fields


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_of_a_plan_is_longer_than_its_field(name: str) -> None:
    text = too_long_text(name)
    assert refused(meeting(**{name: text})) == {name: too_long_words(text, TEXTS[name].longest)}
    plan_rules.check_plan(meeting(**{name: text[:-1]}))


@pytest.mark.parametrize("name", ["title", "place", "agenda"])
def test_no_text_of_one_date_is_longer_than_its_field(name: str) -> None:
    change = DateChange(starts=MIDNIGHT, duration=A_DAY, **{name: too_long_text(name)})
    with pytest.raises(Invalid) as wrong:
        plan_rules.check_date_change(change, is_all_day=False)
    assert wrong.value.fields == {name: too_long_words(too_long_text(name), TEXTS[name].longest)}


@pytest.mark.parametrize(
    "link", ["http://video.example", "javascript:alert(1)", "https://", "https://a b", "https://["]
)
def test_a_link_is_a_whole_https_address(link: str) -> None:
    assert not is_https(link)
    assert refused(meeting(video_link=link)) == {"video_link": ONLY_HTTPS}


@pytest.mark.parametrize(("starts", "duration"), [(MIDNIGHT.replace(hour=10), A_DAY), (MIDNIGHT, A_DAY * 1.5)])
def test_an_all_day_event_starts_at_midnight_and_lasts_whole_days(starts: datetime, duration: timedelta) -> None:
    plan = meeting(starts=starts, duration=duration, is_all_day=True)
    assert refused(plan) == {"ends": plan_rules.WHOLE_DAYS}
    plan_rules.check_plan(replace(plan, is_all_day=False))
    with pytest.raises(Invalid, match=plan_rules.WHOLE_DAYS):
        plan_rules.check_date_change(DateChange(starts=starts, duration=duration), is_all_day=True)


def stored(plan: Plan) -> Event:
    """Return the event that a plan makes."""
    facts = {
        "uid": "",
        "reference": None,
        "committee": None,
        "lead": "",
        "lead_agency": "",
        "version": 1,
        "sequence": 0,
    }
    moments = {"created_at": NOW, "changed_at": NOW}
    return Event(**field_values(plan), **facts, **moments, id=AN_ID, lead_id=AN_ID, rrule=plan.rrule)


@pytest.mark.parametrize("minutes", [None, 15, 16 * 60])
def test_a_restricted_event_opens_only_after_a_fresh_confirmation(minutes: int | None) -> None:
    event, opened = stored(operation()), operation(visibility=Visibility.LAW_ENFORCEMENT)
    reauthenticated_at = None if minutes is None else NOW - timedelta(minutes=minutes)
    with pytest.raises(ReauthenticationNeeded, match=plan_rules.CONFIRM_FIRST):
        plan_rules.check_opening(opened, event, reauthenticated_at, NOW)
    plan_rules.check_opening(opened, event, NOW - timedelta(minutes=14), NOW)
    plan_rules.check_opening(operation(title="Renamed"), event, reauthenticated_at, NOW)


def test_a_plan_and_an_event_hold_the_same_fields() -> None:
    plan = meeting(video_link="https://video.example/1", agenda="One\nTwo")
    event = stored(plan)
    assert list(field_values(plan)) == list(FIELDS)
    assert fields_of(event) == fields_of(plan) == EventFields(**field_values(plan))
    assert plan_of_event(event, plan.invitees) == plan


def test_each_field_has_a_label_of_its_own() -> None:
    labels = [one.label for one in FIELDS.values()]
    assert all(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("name", TEXTS)
def test_the_history_tells_of_each_text_by_its_label(name: str) -> None:
    [change] = changes_of_event(stored(meeting()), meeting(**{name: "Another"}), ())
    assert (change.field, change.field.label) == (name, TEXTS[name].label)


def test_what_people_see_of_places_and_titles_is_told_in_words() -> None:
    found = changes_of_event(stored(meeting()), meeting(place="Annex", title="Call"), ())
    assert found == (
        FieldChange(field=ChangedField.PLACE, before="USAO conference room", after="Annex"),
        FieldChange(field=ChangedField.TITLE, before="Monthly task force meeting", after="Call"),
    )


@pytest.mark.parametrize(
    ("place", "link", "words"),
    [
        ("Room 4", "", "Room 4"),
        ("Room 4", "https://video.example/1", "Room 4, or by video"),
        ("", "https://video.example/1", "By video"),
        ("", "", ""),
    ],
)
def test_an_event_is_in_its_room_or_by_video(place: str, link: str, words: str) -> None:
    assert where_words(place, link) == words
