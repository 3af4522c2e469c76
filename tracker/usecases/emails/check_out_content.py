"""The email about someone who hasn't checked out of an operation, as long as that is so and the recipient leads it."""

from datetime import datetime

from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import check_out, discreet
from tracker.rules.emails.content import Letter
from tracker.tables.visible.events import events
from tracker.usecases.operations.check_ins import is_anyone_missing

HOME = "/"
"""It names who is missing, and leads to the check-in."""
NOT_THEIRS = Skip(state=State.SUPPRESSED, reason="The recipient no longer leads that operation.")
ALL_OUT = Skip(state=State.SUPERSEDED, reason="Everyone has checked out.")


async def check_out_letter(message: Message, reader: Viewer, now: datetime) -> Letter | Skip:
    """Return the email, or why it is not sent. It names no one: the page does, after sign-in."""
    event = await events.event_by_id(reader, message.event_id) if message.event_id else None
    if event is None or event.lead_id != reader.member_id:
        return NOT_THEIRS
    if not await is_anyone_missing(reader, event.id, now):
        return ALL_OUT
    letter = check_out.missing(reader, HOME)
    return discreet.of_nothing_more(letter) if reader.is_discreet else letter
