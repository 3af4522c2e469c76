"""VTODO (RFC 5545 §3.6.2): an action item as a task that its owner may add to their task list."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import icalendar

from tracker.ical import lines
from tracker.ical.vevents import PRODUCT, Organizer
from tracker.rules.actions.action_items import ActionItem, ItemStatus

STATUSES = {
    ItemStatus.OPEN: "NEEDS-ACTION",
    ItemStatus.IN_PROGRESS: "IN-PROCESS",
    ItemStatus.BLOCKED: "NEEDS-ACTION",
    ItemStatus.DONE: "COMPLETED",
    ItemStatus.CANCELED: "CANCELLED",
}
"""RFC 5545 §3.8.1.11, which has no word for a blocked task."""
DAY = timedelta(days=1)


def vtodo_calendar(item: ActionItem, organizer: Organizer, zone: str, *, is_withdrawn: bool = False) -> bytes:
    """Return METHOD:PUBLISH with one task (RFC 5546 §3.4.1); the same bytes until the item changes.

    PUBLISH, because a REQUEST makes programs ask people to accept or to decline, which changes nothing here. `zone` is
    the task force's; `is_withdrawn` cancels the task of an earlier owner. Errors: Invalid for text that a calendar
    can't hold.
    """
    parts = (
        lines.text_line("UID", item.uid),
        lines.utc_line("DTSTAMP", item.changed_at),
        lines.utc_line("LAST-MODIFIED", item.changed_at),
        lines.plain_line("SEQUENCE", str(item.sequence)),
        lines.text_line("SUMMARY", item.title),
        *_days(item, ZoneInfo(zone)),
        lines.plain_line("PRIORITY", "0"),
        *_state(item, is_withdrawn=is_withdrawn),
        lines.link_line("URL", f"{organizer.base_url}/action-items/{item.reference}"),
        lines.address_line("ORGANIZER", organizer.address, organizer.name),
    )
    begin = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + lines.text_line("PRODID", PRODUCT)
    message = b"".join((begin, b"METHOD:PUBLISH\r\nBEGIN:VTODO\r\n", *parts, b"END:VTODO\r\nEND:VCALENDAR\r\n"))
    tasks = icalendar.Calendar.from_ical(message).walk("VTODO")
    read_back = [(str(task["UID"]), str(task["SUMMARY"]), bool(task.errors)) for task in tasks]
    if read_back != [(item.uid, item.title, False)]:  # another program would read it differently: it is never sent
        raise ValueError("The task doesn't read back unchanged.")
    return message


def _days(item: ActionItem, zone: ZoneInfo) -> Iterator[bytes]:
    """Yield when it starts, which PUBLISH must have, and when it is due, which is after that (RFC 5545 §3.8.2.3)."""
    starts = min(item.created_at.astimezone(zone).date(), item.due - DAY)
    yield _day("DTSTART", starts)
    yield _day("DUE", item.due)


def _day(name: str, day: date) -> bytes:
    return lines.plain_line(f"{name};VALUE=DATE", f"{day:%Y%m%d}")


def _state(item: ActionItem, *, is_withdrawn: bool) -> Iterator[bytes]:
    status = ItemStatus.CANCELED if is_withdrawn else item.status
    yield lines.plain_line("STATUS", STATUSES[status])
    yield lines.plain_line("PERCENT-COMPLETE", str(item.progress))
    if status is ItemStatus.DONE and item.closed_at:
        yield lines.utc_line("COMPLETED", item.closed_at)
