"""Two people edit at once: what is shown to the second, and what their form then holds."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.sheets import flat_form, form_record, merge_edits, recorded_form

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n"), max_size=5)
FORM = st.fixed_dictionaries({"title": TEXT, "place": TEXT, "agenda": TEXT})


def form(**fields: str) -> FormValues:
    return FormValues({name: (text,) for name, text in fields.items()})


@given(FORM, FORM, FORM)
def test_what_this_person_typed_stays_and_what_they_left_follows_the_other(
    was: dict[str, str], typed: dict[str, str], now: dict[str, str]
) -> None:
    both, changes = merge_edits(was, form(**typed), form(**now))
    for name, before in was.items():
        assert both[name] == (now[name] if typed[name] == before else typed[name])
    told = {change.name for change in changes}
    assert told == {name for name in was if now[name] not in (was[name], typed[name])}


@given(FORM)
def test_a_record_comes_back_as_it_was(fields: dict[str, str]) -> None:
    assert recorded_form(form_record(form(**fields))) == fields


def test_line_ends_of_a_browser_are_no_change() -> None:
    assert flat_form(form(agenda="a\r\nb")) == flat_form(form(agenda="a\nb"))


def test_people_are_merged_one_by_one() -> None:
    was = FormValues({"person": ["a", "b"], "role-a": ["required"], "role-b": ["optional"]})
    typed = FormValues({"person": ["a", "c"], "role-a": ["chair"], "role-b": ["optional"], "role-c": ["required"]})
    now = FormValues({"person": ["b", "d"], "role-b": ["optional"], "role-d": ["required"]})
    both, changes = merge_edits(recorded_form(form_record(was)), typed, now)
    assert sorted(both.all("person")) == ["a", "c", "d"]  # a was changed here, b taken off here, d added there
    assert {change.name: change.is_taken for change in changes} == {"person:a": False, "person:d": True}


def test_weekdays_stay_several() -> None:
    was, now = FormValues({"weekdays": ["1"]}), FormValues({"weekdays": ["1", "3"]})
    both, _ = merge_edits(recorded_form(form_record(was)), was, now)
    assert both.all("weekdays") == ("1", "3")


def test_a_record_that_is_not_ours_says_nothing() -> None:
    for text in ("", "{", "[]", "7", json.dumps({"a": 1}), "[" * 100_000, "x" * 300_000):
        assert recorded_form(text) == {}
