"""What happened to an action item since someone opened it, in sentences."""

from datetime import UTC, date, datetime

from tests.cast import ZONE
from tracker.rules.actions.action_items import ItemNote, history_words

TODAY = date(2026, 12, 15)


def note(day: int, change: str, text: str = "", by: str = "Sam") -> ItemNote:
    return ItemNote(at=datetime(2026, 12, day, 16, 4, tzinfo=UTC), by=by, source="web", change=change, text=text)


def test_what_happened_is_said_by_whom_and_when_earliest_first() -> None:
    since = [note(15, "Done → Open, 0%"), note(14, "Open → Done, 100%", by="Lee"), note(14, "", "Sent.", by="")]
    assert history_words(since, ZONE, TODAY) == (
        "Someone added a note on Mon, Dec 14, at 10:04 AM."
        " Lee changed this item on Mon, Dec 14, at 10:04 AM: Open → Done, 100%."
        " Sam reopened this item at 10:04 AM."
    )


def test_a_long_story_is_cut_to_its_last_three_steps() -> None:
    since = [note(15, f"{percent}%") for percent in (75, 50, 25, 0)]
    assert history_words(since, ZONE, TODAY).count("Sam changed") == 3
    assert "0%" not in history_words(since, ZONE, TODAY).replace("50%", "")


def test_a_done_item_that_is_canceled_was_not_reopened() -> None:
    assert "reopened" not in history_words([note(15, "Done → Canceled")], ZONE, TODAY)
