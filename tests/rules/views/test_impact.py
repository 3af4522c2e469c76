"""What a change does, in words."""

from tracker.rules.views.impact import Standing, between, of_nothing


def test_a_new_event_without_reminders_changes_none() -> None:
    assert between(Standing(), Standing(is_known=True)).reminder_words == "No reminders"


def test_an_event_that_keeps_its_reminders_says_that_none_change() -> None:
    assert of_nothing().reminder_words == "No reminders change"
