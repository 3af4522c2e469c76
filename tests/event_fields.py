"""Another value for each field of an event, for tests that no field is forgotten anywhere."""

from datetime import datetime, timedelta
from typing import Any

from tests.cast import Cast, marking, meeting
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import TEXTS, EventStatus, Kind
from tracker.rules.roster.meetings import ReminderPolicy


def another(cast: Cast, name: str) -> dict[str, Any]:
    """Return facts of a plan by which this field differs from the usual meeting's; others change where they must.

    A new text needs no line here; a field of another type does.
    """
    if name in TEXTS:
        return {name: "https://video.example/another" if TEXTS[name].is_link else f"Another {name}"}
    whole_day = {"starts": datetime.fromisoformat("2027-01-12"), "duration": timedelta(days=1), "is_all_day": True}
    reminders = ReminderPolicy(
        leads=frozenset({timedelta(days=3)}),
        asks_before=frozenset({timedelta(days=10)}),
        asks_after=frozenset({timedelta(days=5)}),
        sends_thanks=True,
    )
    return {
        "kind": {"kind": Kind.TRAINING},
        "visibility": {"visibility": Visibility.LAW_ENFORCEMENT},
        "committee_id": {"committee_id": cast.committees["steering"]},
        "starts": {"starts": meeting().starts + timedelta(hours=1)},
        "duration": {"duration": timedelta(hours=2)},
        "zone": {"zone": "America/Denver"},
        "is_all_day": whole_day,
        "status": {"status": EventStatus.TENTATIVE},
        "marking": {"marking": marking(cast)},
        "reminders": {"reminders": reminders},
    }[name]


def too_long_text(name: str) -> str:
    """Return a text of a field that is one character longer than it may be."""
    start = "https://video.example/" if TEXTS[name].is_link else ""
    return start + "x" * (TEXTS[name].longest + 1 - len(start))
