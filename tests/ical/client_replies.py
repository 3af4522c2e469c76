"""Replies of calendar programs to the monthly meeting, for the tests; their shapes are in `tracker.ical`."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from tracker.ical import client_replies as programs
from tracker.ical.client_replies import CENTRAL, PROGRAMS, WINDOWS_ZONE, Answer, Invitation


def _reply(
    write: Callable[[Invitation, Answer], bytes],
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
    of = Invitation(
        uid=uid,
        title="Monthly meeting",
        organizer="reply@example.test",
        url="",
        starts=datetime(2027, 1, 12, 16, tzinfo=UTC),
        ends=datetime(2027, 1, 12, 17, 30, tzinfo=UTC),
        sequence=sequence,
        date=_moment(date) if date else None,
    )
    return write(of, Answer(who=who, said=said, stamped_at=_moment(stamp), note=note))


def _moment(text: str) -> datetime:
    zone = UTC if text.endswith("Z") else CENTRAL
    return datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone)


outlook = partial(_reply, programs.outlook)
google = partial(_reply, programs.google)
apple = partial(_reply, programs.apple)
thunderbird = partial(_reply, programs.thunderbird)
nextcloud = partial(_reply, programs.nextcloud)


def proposal(uid: str, who: str, *, stamp: str = "20261201T160400Z") -> bytes:
    """Return METHOD:COUNTER as Outlook writes it: another time, and the one that it replaces."""
    event = (
        f"ATTENDEE;PARTSTAT=TENTATIVE;CN=Liaison:mailto:{who}\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\nSEQUENCE:0\r\n"
        "DTSTART;TZID=Central Standard Time:20270112T130000\r\nDTEND;TZID=Central Standard Time:20270112T143000\r\n"
        "X-MS-OLK-ORIGINALSTART;TZID=Central Standard Time:20270112T100000\r\n"
        "X-MS-OLK-ORIGINALEND;TZID=Central Standard Time:20270112T113000\r\n"
    )
    return programs.calendar("Microsoft Exchange Server 2010", WINDOWS_ZONE, [event.encode()], method="COUNTER")


CLIENTS = {name: partial(_reply, write) for name, write in PROGRAMS.items()}
