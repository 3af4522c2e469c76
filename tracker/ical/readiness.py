"""The VEVENT of a service-readiness notice: a neutral title and its window, and nothing else of it."""

from tracker.ical import lines, times
from tracker.ical.vevent import CANCELED, Organizer
from tracker.rules.calendars.feeds import APPOINTMENT
from tracker.rules.operations.readiness import SERVICE_READINESS, Notice, NoticeState


def notice_vevent(notice: Notice, organizer: Organizer, *, is_discreet: bool) -> bytes:
    """Return one component. It takes none of the reader's time, and it has no link, place, or description.

    `is_discreet` is for readers who chose time-only feeds.
    """
    is_off = notice.state is NoticeState.STOOD_DOWN
    title = APPOINTMENT if is_discreet else SERVICE_READINESS
    parts = (
        lines.text("UID", notice.uid),
        times.stamp("DTSTAMP", notice.changed_at),
        times.stamp("LAST-MODIFIED", notice.changed_at),
        lines.plain("SEQUENCE", str(notice.sequence)),
        times.stamp("DTSTART", notice.text.starts_at),
        times.stamp("DTEND", notice.text.ends_at),
        lines.text("SUMMARY", f"{CANCELED if is_off else ''}{title}"),
        lines.plain("CLASS", "CONFIDENTIAL"),
        lines.plain("STATUS", "CANCELLED" if is_off else "CONFIRMED"),
        lines.plain("TRANSP", "TRANSPARENT"),
        lines.address("ORGANIZER", organizer.address, organizer.name),
    )
    return b"".join((b"BEGIN:VEVENT\r\n", *parts, b"END:VEVENT\r\n"))
