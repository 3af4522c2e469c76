"""VEVENT (RFC 5545 §3.6.1): an event as bytes, in full or with only its time; and the personal feed that joins them.

An event is its series, and one more VEVENT for each date that differs from the rule. Each is made once for a version.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from tracker.ical import lines
from tracker.ical.lines import vtimezone
from tracker.rules.calendars.feeds import (
    APPOINTMENT,
    NO_ALARMS,
    Alarms,
    FeedLevel,
    is_date_gone,
    is_over_and_gone,
    neutral_title,
)
from tracker.rules.core.wording import zone_of
from tracker.rules.events.events import BY_VIDEO, Event, EventStatus, Kind, Occurrence
from tracker.rules.events.plans import rule_of
from tracker.rules.operations.readiness import SERVICE_READINESS, Notice, NoticeState
from tracker.rules.recurrence.series import dates_by_rule

CANCELED = "Canceled: "


class Organizer(Struct, frozen=True, kw_only=True):
    """The address that a calendar program writes to about the event."""

    name: str
    address: str
    base_url: str = ""
    """The base address of event pages, without a trailing slash; empty = events have no link."""


class CalendarEntry(Struct, frozen=True, kw_only=True):
    """A VEVENT before it is written. A naive time is on the clocks of the event's zone, an aware one is a moment."""

    event: Event
    zone: ZoneInfo
    starts: datetime
    ends: datetime
    title: str
    place: str
    agenda: str
    is_off: bool
    sequence: int
    changed_at: datetime
    joined_or_left_at: datetime | None = None
    """When its one reader last came on the list, or off it; None in a feed."""
    recurrence_id: datetime | None = None
    """Naive: the start that the rule gives this date."""
    rrule: str | None = None
    exdates: tuple[datetime, ...] = ()
    rdates: tuple[datetime, ...] = ()


def vevent(
    entry: CalendarEntry,
    level: FeedLevel,
    organizer: Organizer,
    attendees: Iterable[bytes] = (),
    alarms: Alarms = NO_ALARMS,
    *,
    marks_canceled: bool,
    is_free: bool = False,
) -> bytes:
    """Return one component; `attendees` are its ATTENDEE lines. A canceled entry has no alarm.

    `marks_canceled` puts "Canceled: " before the title, as feeds need: many programs do not show STATUS. An entry that
    `is_free` takes none of the reader's time. Errors: Invalid for text that a calendar can't hold.
    """
    event, is_full = entry.event, level is FeedLevel.FULL
    title = entry.title if is_full else neutral_title(event.kind, level)
    prefix = CANCELED if entry.is_off and marks_canceled else ""
    is_tentative = event.status is EventStatus.TENTATIVE
    takes_no_time = is_free or entry.is_off or event.kind is Kind.DEADLINE
    parts = (
        lines.text_line("UID", event.uid),
        # Never now: the bytes stay the same until something changes. Of two messages with one SEQUENCE the later counts
        # (RFC 5546 §2.1.5), such as an invitation after a removal from an event that stayed as it was.
        lines.utc_line("DTSTAMP", max(entry.changed_at, entry.joined_or_left_at or entry.changed_at)),
        lines.utc_line("LAST-MODIFIED", entry.changed_at),
        lines.plain_line("SEQUENCE", str(entry.sequence)),
        *_times(entry),
        lines.text_line("SUMMARY", prefix + title),
        *(_details(entry, organizer.base_url) if is_full else (lines.plain_line("CLASS", "CONFIDENTIAL"),)),
        lines.plain_line("STATUS", "CANCELLED" if entry.is_off else "TENTATIVE" if is_tentative else "CONFIRMED"),
        lines.plain_line("TRANSP", "TRANSPARENT" if takes_no_time else "OPAQUE"),
        lines.address_line("ORGANIZER", organizer.address, organizer.name),
        *attendees,
        *_alarm(entry, title, alarms),
    )
    return b"".join((b"BEGIN:VEVENT\r\n", *parts, b"END:VEVENT\r\n"))


def _times(entry: CalendarEntry) -> Iterator[bytes]:
    """Yield the times, all in the form of DTSTART: Outlook and Google ignore any other form of the same moment."""
    is_all_day, zone = entry.event.is_all_day, entry.zone
    line = lines.day_line if is_all_day else lines.time_line
    ends = lines.first_day_after(entry.starts, entry.ends, zone) if is_all_day else entry.ends
    if entry.recurrence_id:
        yield line("RECURRENCE-ID", entry.recurrence_id, zone)
    yield line("DTSTART", entry.starts, zone)
    if ends != entry.starts:
        yield line("DTEND", ends, zone)
    if entry.rrule:
        yield lines.plain_line("RRULE", entry.rrule)
    yield from (line("EXDATE", exdate, zone) for exdate in entry.exdates)
    yield from (line("RDATE", rdate, zone) for rdate in entry.rdates)


def _details(entry: CalendarEntry, base_url: str) -> Iterator[bytes]:
    event = entry.event
    video, marking = event.video_link, event.marking
    if marking:
        yield lines.plain_line("CLASS", "CONFIDENTIAL")
        yield lines.text_line("X-CUI-MARKING", marking.banner)
    agenda = [line for line in entry.agenda.split("\n") if line.strip()]
    parts = (
        f"{marking.banner}\n{marking.indicator}" if marking else "",
        event.description,
        f"Video: {video}" if video else "",
        "\n".join(["Agenda", *(f"- {line}" for line in agenda)]) if agenda else "",
    )
    if description := "\n\n".join(part for part in parts if part):
        yield lines.text_line("DESCRIPTION", description)
    if place := entry.place or (BY_VIDEO if video else ""):
        yield lines.text_line("LOCATION", place)
    yield lines.text_line("CATEGORIES", event.kind.replace("_", " ").capitalize())
    yield lines.utc_line("CREATED", event.created_at)
    if base_url:
        yield lines.link_line("URL", f"{base_url}/events/{event.id}")
    if lines.is_web_address(video):
        yield lines.link_line("CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=Video", video)  # RFC 7986 §5.11


def _alarm(entry: CalendarEntry, title: str, alarms: Alarms) -> Iterator[bytes]:
    """Yield a DISPLAY alarm (§3.6.6), which shows the title and no more than that."""
    trigger = alarms.trigger(is_all_day=entry.event.is_all_day)
    if trigger is None or entry.is_off:
        return
    yield b"BEGIN:VALARM\r\n"
    yield lines.plain_line("ACTION", "DISPLAY")
    yield lines.plain_line("TRIGGER", lines.duration_value(trigger))
    yield lines.text_line("DESCRIPTION", title)
    yield b"END:VALARM\r\n"


def calendar_entries(
    event: Event,
    dates: Sequence[Occurrence],
    is_gone: Callable[[Occurrence], bool],
    *,
    alone: Container[datetime] = frozenset(),
) -> list[CalendarEntry]:
    """Return the series first, then the dates that differ; none when all dates are gone.

    A date that `is_gone` becomes an EXDATE, and never an override too: Google refuses both. The dates with a
    RECURRENCE-ID in `alone` have an entry of their own too. Errors: Invalid for a rule or a zone that the product does
    not support.
    """
    shown = [occurrence for occurrence in dates if not is_gone(occurrence)]
    if not shown:
        return []
    if not event.is_series and len(dates) == 1:
        return [replace(of_date(shown[0]), recurrence_id=None)]
    pattern = _Pattern(event)
    kept = {occurrence.original_start for occurrence in shown}
    series = replace(
        of_series(event),
        exdates=tuple(start for start in pattern.starts if start not in kept),
        rdates=tuple(sorted(kept - set(pattern.starts))),
    )
    differ = (
        occurrence for occurrence in shown if occurrence.original_start in alone or pattern.is_left_by(occurrence)
    )
    return [series, *(of_date(occurrence) for occurrence in differ)]


def of_date(occurrence: Occurrence) -> CalendarEntry:
    """Return the entry of one date alone, identified by its RECURRENCE-ID. Errors as in `calendar_entries`."""
    event = occurrence.event
    return CalendarEntry(
        event=event,
        zone=zone_of(event.zone),
        starts=occurrence.starts_at,
        ends=occurrence.ends_at,
        title=occurrence.title,
        place=occurrence.place,
        agenda=occurrence.agenda,
        is_off=occurrence.is_off,
        sequence=max(event.sequence, occurrence.sequence),
        changed_at=max(event.changed_at, occurrence.changed_at),
        recurrence_id=occurrence.original_start,
    )


def of_series(event: Event) -> CalendarEntry:
    """Return the entry of the rule alone, without its exceptions. Errors as in `calendar_entries`."""
    return CalendarEntry(
        event=event,
        zone=zone_of(event.zone),
        starts=event.starts,
        ends=event.starts + event.duration,
        title=event.title,
        place=event.place,
        agenda=event.agenda,
        is_off=event.status is EventStatus.CANCELED,
        sequence=event.sequence,
        changed_at=event.changed_at,
        rrule=event.rrule,
    )


class _Pattern:
    """How a reader computes dates from DTSTART, DTEND and RRULE."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.starts = dates_by_rule(rule_of(event), event.starts)
        self.zone = zone_of(event.zone)
        self.elapsed = self._utc(event.starts + event.duration) - self._utc(event.starts)

    def is_left_by(self, occurrence: Occurrence) -> bool:
        """Return whether the date needs a VEVENT of its own, even if its row is unchanged.

        RFC 5545 §3.8.5.3 repeats the elapsed time, many programs the wall clock time. Where the clocks change in
        between, the two differ, and only an override means the same to all.
        """
        if occurrence.is_changed or occurrence.is_canceled:
            return True
        starts_at = self._utc(occurrence.original_start)
        by_wall_clock = self._utc(occurrence.original_start + self.event.duration)
        return not (occurrence.starts_at == starts_at and occurrence.ends_at == by_wall_clock) or (
            not self.event.is_all_day and by_wall_clock - starts_at != self.elapsed
        )

    def _utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)


PRODUCT = "-//Task Force Tracker//Calendar//EN"
REFRESH = "PT1H"


def vevents(
    event: Event,
    dates: Sequence[Occurrence],
    level: FeedLevel,
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
        for entry in calendar_entries(event, dates, lambda occurrence: is_date_gone(occurrence, today))
    )


def feed_calendar(name: str, zone: str, zones: Iterable[str], events: Iterable[bytes]) -> bytes:
    """Return the whole calendar: its header, the zones in use, then the events.

    `zone` is the task force's own. Errors: Invalid, ZoneInfoNotFoundError.
    """
    head = (
        b"BEGIN:VCALENDAR\r\n",
        lines.plain_line("VERSION", "2.0"),
        lines.text_line("PRODID", PRODUCT),
        lines.plain_line("CALSCALE", "GREGORIAN"),
        lines.plain_line("METHOD", "PUBLISH"),
        lines.text_line("NAME", name),
        lines.text_line("X-WR-CALNAME", name),
        lines.text_line("X-WR-TIMEZONE", zone),
        lines.plain_line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH),
        lines.plain_line("X-PUBLISHED-TTL", REFRESH),
    )
    return b"".join((*head, *(vtimezone(zone) for zone in sorted(set(zones))), *events, b"END:VCALENDAR\r\n"))


def notice_vevent(notice: Notice, organizer: Organizer, *, is_discreet: bool) -> bytes:
    """Return one component. It takes none of the reader's time, and it has no link, place, or description.

    `is_discreet` is for readers who chose time-only feeds.
    """
    is_off = notice.state is NoticeState.STOOD_DOWN
    title = APPOINTMENT if is_discreet else SERVICE_READINESS
    parts = (
        lines.text_line("UID", notice.uid),
        lines.utc_line("DTSTAMP", notice.changed_at),
        lines.utc_line("LAST-MODIFIED", notice.changed_at),
        lines.plain_line("SEQUENCE", str(notice.sequence)),
        lines.utc_line("DTSTART", notice.text.starts_at),
        lines.utc_line("DTEND", notice.text.ends_at),
        lines.text_line("SUMMARY", f"{CANCELED if is_off else ''}{title}"),
        lines.plain_line("CLASS", "CONFIDENTIAL"),
        lines.plain_line("STATUS", "CANCELLED" if is_off else "CONFIRMED"),
        lines.plain_line("TRANSP", "TRANSPARENT"),
        lines.address_line("ORGANIZER", organizer.address, organizer.name),
    )
    return b"".join((b"BEGIN:VEVENT\r\n", *parts, b"END:VEVENT\r\n"))
