"""Drafts and saved filters: their keys, limits, and names."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import NOW
from tracker.errors import Invalid
from tracker.rules.core.drafts import (
    KEPT_FOR,
    LARGEST,
    DraftForm,
    draft_text,
    is_draft_over,
    kept_query,
    kept_texts,
    read_draft,
    saved_words,
)

SCHEDULE = DraftForm.SCHEDULE
MORNING = datetime(2026, 12, 10, 14, 40, tzinfo=UTC)  # 8:40 AM Central


def test_a_draft_keeps_every_text_of_a_form() -> None:
    form = {"title": ["Briefing"], "person": ["a", "b"], "agenda": [""]}
    assert read_draft(draft_text(SCHEDULE, form)) == form


@pytest.mark.parametrize("secret", ["_csrf", "_draft", "password", "repeated", "proof", "file"])
def test_a_draft_keeps_neither_passwords_nor_tokens(secret: str) -> None:
    assert kept_texts(SCHEDULE, {"title": ["Briefing"], secret: ["hunter2"]}) == {"title": ["Briefing"]}


@pytest.mark.parametrize(("form", "right"), [(DraftForm.PEOPLE, "roles"), (DraftForm.COMMITTEES, "chair")])
def test_a_draft_keeps_no_choice_that_gives_a_right(form: DraftForm, right: str) -> None:
    assert kept_texts(form, {"name": ["HSI liaison"], right: ["coordinator"]}) == {"name": ["HSI liaison"]}


def test_a_draft_keeps_what_narrows_access() -> None:
    form = {"guest": ["1"], "ends": ["2027-01-31"], "visibility": ["named"]}
    assert kept_texts(DraftForm.PEOPLE, form) == form


def test_a_form_beyond_the_limit_is_no_draft() -> None:
    with pytest.raises(Invalid):
        draft_text(SCHEDULE, {"agenda": ["a" * LARGEST]})


def test_a_form_up_to_the_limit_is_a_draft() -> None:
    assert len(draft_text(SCHEDULE, {"agenda": ["a" * (LARGEST - len('{"agenda":[""]}'))]})) == LARGEST


def test_a_draft_is_over_after_fourteen_days() -> None:
    assert timedelta(days=14) == KEPT_FOR
    assert [is_draft_over(NOW - KEPT_FOR + age, NOW) for age in (timedelta(0), timedelta(seconds=1))] == [True, False]


def test_a_draft_of_today_names_the_time_on_a_twelve_hour_clock() -> None:
    assert saved_words(MORNING, MORNING + timedelta(hours=8), "America/Chicago") == "8:40 AM"


def test_a_draft_of_another_day_names_the_day_too() -> None:
    assert saved_words(MORNING, MORNING + timedelta(days=1), "America/Chicago") == "Thu, Dec 10, 8:40 AM"


def test_a_filter_keeps_what_narrows_and_neither_the_day_nor_the_page() -> None:
    assert (
        kept_query("calendar", "month=2027-01&kind=training&kind=meeting&mine=1&committee=")
        == "kind=training&kind=meeting&mine=1"
    )
    assert kept_query("messages", "state=failed&after=2027-01-12_x&event=1") == "state=failed"


def test_what_means_the_same_is_kept_the_same() -> None:
    assert kept_query("people", "left=1&q=a+b") == kept_query("people", "q=a%20b&left=1") == "q=a+b&left=1"


def test_an_address_that_narrows_nothing_leaves_nothing_to_keep() -> None:
    assert kept_query("audit", "before=2027-01-12&who=") == ""
