"""No byte of an email about a restricted event says what it is, where, when, or with whom (headers and parts)."""

import re
from datetime import datetime, timedelta
from email import message_from_bytes, policy

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, operation
from tests.faults.server import MailServer
from tests.ports.mail.sending import delivery
from tracker.rules.core.outbox import MessageState
from tracker.tables.schema.core.tables import Message
from tracker.usecases.emails import nudges
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling

KEY = "2027-01-16"
EVENING_BEFORE = NOW + timedelta(days=31, hours=8)
LATER_ON_THE_DAY = timedelta(hours=3)
TITLE_PLACE_AND_TEXTS = ("Bluestem", "Larkspur", "Lot B", "Canary", "secret-room")
PEOPLE = ("Fbi lead", "Kcpd detective", "fbi.lead", "kcpd.detective", "fbi_lead")
AGENCIES = ("FBI", "KCPD", "HSI")
OWN = ("Date", "To")
DATES = ("2027", "January", "Jan ", "Saturday", "Sat,", "6:00", "9:00", "06:00", "09:00", "T060000", "T120000")


async def dispatch(server: MailServer, now: datetime) -> None:
    sending = delivery(server.port, now)
    await sending.dispatch()
    await sending.stop()


def read(mail: bytes) -> str:
    """Return all that a program could read in an email, undone from its encoding, but when and to whom it went."""
    message = message_from_bytes(mail, policy=policy.default)
    parts = [str(one.get_content()) for one in message.walk() if not one.is_multipart()]
    kinds = [f"{one.get_content_type()} {one.get_filename()}" for one in message.walk()]
    return "\n".join([*(f"{name}: {value}" for name, value in message.items() if name not in OWN), *kinds, *parts])


def has(canary: str, text: str) -> bool:
    """Return whether a text has a canary; an agency only as a word, because three letters come up in random tokens."""
    return bool(re.search(rf"(?<![\w-]){canary}(?![\w-])", text)) if canary in AGENCIES else canary in text


async def test_no_email_about_an_operation_from_invitation_to_cancellation_says_anything_of_it(
    sqlite_cast: Cast, server: MailServer
) -> None:
    cast, lead, now = sqlite_cast, sqlite_cast.fbi_lead, NOW
    plan = operation(cast.hsi_liaison, cast.kcpd_detective, video_link="https://video.example/secret-room")
    event_id = await scheduling.schedule_event(lead, plan, now)
    await dispatch(server, now := now + timedelta(minutes=5))
    event, plan = await scheduling.plan_to_change(lead, event_id)
    moved = replace(plan, starts=plan.starts + LATER_ON_THE_DAY, place="Lot B", title="Operation Bluestem again")
    await scheduling.change_event(lead, event_id, moved, event.version, now)
    await dispatch(server, now := now + timedelta(minutes=5))
    await nudges.nudge_people(lead, event_id, KEY, now, ZONE, confirmations=True)
    await dispatch(server, now := now + timedelta(minutes=5))
    for moment in (now, EVENING_BEFORE):  # what becomes due between the two
        await queue_due_messages(moment, ZONE)
    await dispatch(server, EVENING_BEFORE)
    event = await scheduling.event_seen_by(lead, event_id)
    await scheduling.cancel_event(lead, event_id, event.version, "Canary: called off", EVENING_BEFORE)
    await dispatch(server, EVENING_BEFORE + timedelta(minutes=5))
    sent = await Message.select(Message.kind).where(Message.state == MessageState.SENT).output(as_list=True)
    assert set(sent) == {"invitation", "update", "no_reply", "reminder", "cancellation"}
    said = {
        canary
        for canary in (*TITLE_PLACE_AND_TEXTS, *PEOPLE, *AGENCIES, *DATES)
        for one in server.accepted
        if has(canary, read(one))
    }
    assert said == set()
    assert not any(canary.encode() in one for canary in TITLE_PLACE_AND_TEXTS for one in server.accepted)
    assert not any("text/calendar" in read(one) or ".ics" in read(one) for one in server.accepted)
