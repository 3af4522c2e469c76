"""The email about emergency access, as long as it concerns the recipient."""

from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import discreet, emergency
from tracker.rules.emails.content import Letter
from tracker.rules.emails.facts import Footer
from tracker.tables.visible.events import events

PAGE = "/admin"
"""It leads to emergency access; the address of the email doesn't say what it is about."""
NOT_THEIRS = Skip(state=State.SUPPRESSED, reason="The recipient is no longer a coordinator, or no longer leads it.")


async def emergency_letter(message: Message, reader: Viewer) -> Letter | Skip:
    """Return the email to a coordinator, or to the lead of the operation that was opened, or why it is not sent."""
    page, footer = await _page_for(message, reader), Footer.OPERATION if message.event_id else Footer.COORDINATOR
    if page is None:
        return NOT_THEIRS
    letter = emergency.used(reader, page, footer)
    return discreet.of_nothing_more(letter) if reader.is_discreet else letter


async def _page_for(message: Message, reader: Viewer) -> str | None:
    if message.event_id is None:
        return PAGE if reader.is_coordinator and (reader.beside is None or reader.beside.is_coordinator) else None
    event = await events.event_by_id(reader, message.event_id)
    return f"/events/{event.id}" if event and event.lead_id == reader.member_id else None
