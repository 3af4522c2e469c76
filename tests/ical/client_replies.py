"""Replies of calendar programs to the monthly meeting, for the tests; their shapes are in `tracker.ical`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec.structs import replace

from tracker.ical import client_replies as programs
from tracker.ical.client_replies import CENTRAL, PROGRAMS, ClientInvitation, ClientReply


def _reply(
    write: Callable[[ClientInvitation, ClientReply], bytes],
    uid: str,
    who: str,
    said: str = "ACCEPTED",
    *,
    date: str = "",
    stamp: str = "20261201T160400Z",
    sequence: int | None = 0,
    note: str = "",
) -> bytes:
    """Return what a program writes; `date` is a local time like 20270511T100000, or in UTC with a Z."""
    starts = datetime(2027, 1, 12, 16, tzinfo=UTC)
    of = ClientInvitation(
        uid=uid,
        title="Monthly meeting",
        organizer="reply@example.test",
        url="",
        starts=_moment(date) if date else starts,
        ends=(_moment(date) if date else starts) + timedelta(minutes=90),
        sequence=sequence,
        date=_moment(date) if date else None,
    )
    return write(of, ClientReply(who=who, said=said, stamped_at=_moment(stamp), note=note))


def _moment(text: str) -> datetime:
    zone = UTC if text.endswith("Z") else CENTRAL
    return datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone)


outlook = partial(_reply, programs.outlook)
google = partial(_reply, programs.google)
apple = partial(_reply, programs.apple)
thunderbird = partial(_reply, programs.thunderbird)
nextcloud = partial(_reply, programs.nextcloud)


def _at_one(
    write: Callable[[ClientInvitation, ClientReply], bytes],
) -> Callable[[ClientInvitation, ClientReply], bytes]:
    """Return how a program proposes one o'clock on the first date."""
    times = _moment("20270112T130000"), _moment("20270112T143000")
    return lambda of, answer: write(of, replace(answer, proposed=times))


proposal = partial(_reply, _at_one(programs.outlook), said="TENTATIVE")
google_proposal = partial(_reply, _at_one(programs.google), said="NEEDS-ACTION")
CLIENTS = {name: partial(_reply, write) for name, write in PROGRAMS.items()}
EVENT_UID = "9a0c@tracker.example"
ATTENDEE = "liaison@kcpd.example"


def nested_reply() -> bytes:
    return b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + b"BEGIN:VEVENT\r\n" * 40_000


def folded_reply() -> bytes:
    return b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nCOMMENT:x" + b"\r\n y" * 240_000


def reply_with_zones() -> bytes:
    zone = b"BEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\n"
    return google(EVENT_UID, ATTENDEE).replace(b"BEGIN:VEVENT", zone * 20_000 + b"BEGIN:VEVENT")


def reply_with_alarms() -> bytes:
    alarm = b"BEGIN:VALARM\r\nTRIGGER:-PT1S\r\nREPEAT:999999999\r\nDURATION:PT1S\r\nEND:VALARM\r\n"
    return google(EVENT_UID, ATTENDEE).replace(b"CREATED:", b"RRULE:FREQ=SECONDLY\r\n" + alarm * 12_000 + b"CREATED:")


TASK_UID = "5f2c@tracker.example"
KORGANIZER_HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//K Desktop Environment//NONSGML KOrganizer 6.2//EN\r\n"


def task_reply(*lines: str, method: str = "REPLY", count: int = 1) -> bytes:
    """Return what RFC 5546 §4.5.3 shows of a program that updates a task."""
    task = ("BEGIN:VTODO", f"UID:{TASK_UID}", "DTSTAMP:20261216T020000Z", "SEQUENCE:0", *lines, "END:VTODO")
    return f"{KORGANIZER_HEAD}METHOD:{method}\r\n{chr(10).join(task * count)}\r\nEND:VCALENDAR\r\n".encode()
