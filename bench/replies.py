"""1,000 replies of calendar programs, from the bytes of each email to its row, in processor time.

They come over several connections at once, as a mail server hands over what waits.

The floor reads as many emails of the same people with the standard library and icalendar, and keeps nothing. They are
made again for it: the pattern of a boundary that was read before is compiled already.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.parser import BytesParser
from itertools import cycle
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import uvloop
from icalendar import Calendar

from bench.figures import Figure, middle
from bench.stock import SECRET, ZONE, with_old_dates
from tests.cast import NOW, Cast, everyone, meeting
from tests.ical.client_replies import CLIENTS
from tracker.crypto import keys
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.demo_emails import PROGRAMS, ReplyEnvelope
from tracker.ports.mail.received_emails import EmailParser, Intake
from tracker.tables.schema.events import Invitation
from tracker.usecases.events import scheduling

REPLIES, AT_A_TIME = 1_000, 50  # at a time, and in an hour: fewer than a sender may send
CONNECTIONS = 5  # over which the emails come, as many as Postfix opens at first
STORED = 2_000  # dates that are there already
TARGET = 3  # times the floor
SERVER = "mx.tracker.example"


class Invited(NamedTuple):
    """An invitation, the address of its person, and the program that they reply with."""

    id: UUID
    address: str
    uid: str
    program: str


class Reply(NamedTuple):
    """An email on its way in."""

    to: str
    content: bytes


def measure() -> Sequence[Figure]:
    """Take the emails in turns with the floor, a few at a time."""
    with tempfile.TemporaryDirectory() as folder:
        taken, parsed = middle(uvloop.run(_measured(Path(folder))))
    return (
        Figure(
            name=f"{REPLIES:,} replies by email taken",
            value=taken / AT_A_TIME * REPLIES,
            unit="s",
            floor=parsed / AT_A_TIME * REPLIES,
            target=TARGET,
            more_is_better=False,
        ),
    )


async def _measured(folder: Path) -> list[tuple[float, float]]:
    async with with_old_dates(folder / "replies.sqlite", STORED) as cast:
        keys.use_secret(SECRET)
        addresses = ReplyAddresses("reply@tracker.example", keys.every("replies"))
        intake = Intake(EmailParser(addresses=addresses, authserv_id=SERVER, zone=ZONE))
        invited = await _invited(cast)
        emails, others = ([_email(addresses, one) for one in invited] for _ in range(2))
        return [
            (
                await _taken(intake, emails[first : first + AT_A_TIME], NOW + timedelta(hours=number)),
                _parsed(others[first : first + AT_A_TIME]),
            )
            for number, first in enumerate(range(0, REPLIES, AT_A_TIME))
        ]


async def _invited(cast: Cast) -> list[Invited]:
    """Invite everyone to so many meetings that each person's program has one reply to each of them."""
    addressed = {one.member_id: one.email for one in everyone(cast)}
    for number in range(REPLIES // len(addressed) + 1):
        plan = meeting(*everyone(cast), starts=meeting().starts + timedelta(days=number))
        await scheduling.schedule_event(cast.coordinator, plan, NOW)
    rows = await Invitation.select(Invitation.id, Invitation.member, Invitation.event.uid).where(
        Invitation.member.is_in([*addressed]), Invitation.added_at == NOW
    )
    return [
        Invited(row["id"], addressed[row["member"]], row["event.uid"], program)
        for row, program in zip(rows[:REPLIES], cycle(PROGRAMS), strict=False)
    ]


def _email(addresses: ReplyAddresses, of: Invited) -> Reply:
    to = addresses.of(of.id)
    envelope = ReplyEnvelope(sender=of.address, to=to, subject="Accepted: Meeting", sent_at=NOW, authserv_id=SERVER)
    calendar = CLIENTS[of.program](of.uid, of.address, stamp=f"{NOW:%Y%m%dT%H%M%SZ}")
    return Reply(to, PROGRAMS[of.program](envelope, "Accepted", calendar))


async def _taken(intake: Intake, emails: Sequence[Reply], now: datetime) -> float:
    waiting, outcomes = list(emails), list[Sequence[str]]()

    async def connection() -> None:
        while waiting:
            reply = waiting.pop()
            outcomes.append(await intake.take(reply.content, reply.to, now))

    began = time.process_time()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    taken = time.process_time() - began
    if wrong := [outcome for outcome in outcomes if list(outcome) != ["recorded"]]:
        raise RuntimeError(f"{len(wrong)} replies were not recorded: {wrong[0]}.")
    return taken


def _parsed(emails: Sequence[Reply]) -> float:
    began = time.process_time()
    for reply in emails:
        message = BytesParser().parsebytes(reply.content)
        part = next(part for part in message.walk() if part.get_content_type() in {"text/calendar", "application/ics"})
        Calendar.from_ical(bytes(part.get_payload(decode=True)))
    return time.process_time() - began
