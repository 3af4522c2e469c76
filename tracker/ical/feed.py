"""A personal feed: the VEVENTs of each event, made once, and the calendar that joins them.

RFC 5545 and 7986, and METHOD:PUBLISH of RFC 5546 §3.2.1.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from tracker.ical import lines
from tracker.ical.entries import entries
from tracker.ical.timezones import vtimezone
from tracker.ical.vevent import Organizer, vevent
from tracker.rules.calendars.alarms import NO_ALARMS, Alarms
from tracker.rules.calendars.feeds import Level, is_date_gone, is_over_and_gone
from tracker.rules.events.event import Event, Occurrence

PRODUCT = "-//Task Force Tracker//Calendar//EN"
REFRESH = "PT1H"


def vevents(
    event: Event,
    dates: Sequence[Occurrence],
    level: Level,
    organizer: Organizer,
    today: date,
    alarms: Alarms = NO_ALARMS,
    *,
    is_free: bool = False,
) -> bytes:
    """Return the series and its overrides; empty when none of it is shown any longer on the UTC day `today`.

    `organizer` is the task force's mailbox, the same for every event, so that it reveals no name. `is_free`: its
    owner is only informed of it. Errors: Invalid for
    values that a calendar can't hold.
    """
    if is_over_and_gone(event, today):
        return b""
    # PUBLISH has exactly one ORGANIZER and no ATTENDEE (RFC 5546 §3.2.1).
    return b"".join(
        vevent(entry, level, organizer, alarms=alarms, marks_canceled=True, is_free=is_free)
        for entry in entries(event, dates, lambda one: is_date_gone(one, today))
    )


def calendar(name: str, zone: str, zones: Iterable[str], events: Iterable[bytes]) -> bytes:
    """Return the whole calendar: its header, the zones in use, then the events.

    `zone` is the task force's own. Errors: Invalid, ZoneInfoNotFoundError.
    """
    head = (
        b"BEGIN:VCALENDAR\r\n",
        lines.plain("VERSION", "2.0"),
        lines.text("PRODID", PRODUCT),
        lines.plain("CALSCALE", "GREGORIAN"),
        lines.plain("METHOD", "PUBLISH"),
        lines.text("NAME", name),
        lines.text("X-WR-CALNAME", name),
        lines.text("X-WR-TIMEZONE", zone),
        lines.plain("REFRESH-INTERVAL;VALUE=DURATION", REFRESH),
        lines.plain("X-PUBLISHED-TTL", REFRESH),
    )
    return b"".join((*head, *(vtimezone(one) for one in sorted(set(zones))), *events, b"END:VCALENDAR\r\n"))
