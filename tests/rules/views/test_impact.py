"""What a change does, in words."""

from tracker.rules.views.impact import EventSnapshot, consequences_between, no_consequences


def test_a_new_event_without_reminders_changes_none() -> None:
    assert consequences_between(EventSnapshot(), EventSnapshot(is_known=True)).reminder_words == "No reminders"


def test_an_event_that_keeps_its_reminders_says_that_none_change() -> None:
    assert no_consequences().reminder_words == "No reminders change"
