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
