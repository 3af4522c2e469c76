"""Events and dates as the database would give them, made by hand."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace

from tests.action_items import action_item
from tracker.ical.vevents import Organizer, feed_calendar, vevents
from tracker.rules.calendars.feeds import FeedLevel
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import Event, EventStatus, Kind, Occurrence
from tracker.rules.events.plans import rule_of, slot_at
from tracker.rules.recurrence.series import RepeatChoice, Rule, dates_by_rule, rule_for_choice, to_rrule

NOW = datetime(2026, 12, 1, 14, 40, tzinfo=UTC)
TODAY = NOW.date()
ORGANIZER = Organizer(name="Rescue Project", address="calendar@tracker.example", base_url="https://tracker.example")


def event(rule: Rule | None = None, **facts: Any) -> Event:
    """Return an event; without other words a meeting for all on Thursday, December 10, 2026, 2:00 to 3:30 PM."""
    made = Event(
        **{
            "id": uuid4(),
            "uid": str(uuid4()),
            "reference": None,
            "kind": Kind.MEETING,
            "title": "Core group",
            "description": "",
            "place": "",
            "video_link": "",
            "agenda": "",
            "visibility": Visibility.ALL,
            "committee_id": None,
            "committee": None,
            "lead_id": UUID(int=1),
            "lead": "Coordinator",
            "lead_agency": "USAO",
            "status": EventStatus.CONFIRMED,
            "zone": "America/Chicago",
            "starts": datetime(2026, 12, 10, 14),
            "duration": timedelta(minutes=90),
            "is_all_day": False,
            "rrule": None,
            "version": 1,
            "sequence": 0,
            "created_at": NOW,
            "changed_at": NOW,
            **facts,
        }
    )
    return replace(made, rrule=to_rrule(rule, made.starts, None if made.is_all_day else made.zone)) if rule else made


def date_of(of: Event, start: datetime, **facts: Any) -> Occurrence:
    """Return a date as the rule wants it, but for `facts`."""
    starts_at, ends_at = slot_at(start, of.duration, of.zone)
    return Occurrence(
        **{
            "id": uuid4(),
            "event": of,
            "original_start": start,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "title": of.title,
            "place": of.place,
            "agenda": of.agenda,
            "is_canceled": False,
            "is_changed": False,
            "version": 1,
            "sequence": 0,
            "changed_at": NOW,
            "attendance_closed_at": None,
            **facts,
        }
    )


def dates_of(of: Event) -> list[Occurrence]:
    """Return all dates that the rule gives."""
    return [date_of(of, start) for start in dates_by_rule(rule_of(of), of.starts)]


def feed_with(
    of: Event, its_dates: Sequence[Occurrence] | None = None, level: FeedLevel = FeedLevel.FULL, today: date = TODAY
) -> bytes:
    """Return a feed that holds one event."""
    body = vevents(of, dates_of(of) if its_dates is None else its_dates, level, ORGANIZER, today)
    return feed_calendar("Task force", "America/Chicago", [] if of.is_all_day else [of.zone], [body])


WEEKLY_SERIES = event(
    rule_for_choice(RepeatChoice.WEEKLY, datetime(2026, 12, 10, 14), count=4), sequence=2, place="Room 4"
)
DATES_OF_SERIES = dates_of(WEEKLY_SERIES)
ITEM_CREATED_AT = datetime(2026, 12, 16, 2, tzinfo=UTC)  # still December 15 in Chicago
MOU_ITEM = action_item(
    id=UUID(int=1),
    title="Renew the MOU; send it, signed",
    owner_id=UUID(int=2),
    owner="Ipd liaison",
    owner_email="ipd_liaison@ipd.example",
    due=date(2026, 12, 22),
    created_at=ITEM_CREATED_AT,
)
