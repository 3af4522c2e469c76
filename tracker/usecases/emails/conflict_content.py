"""The emails about a conflict between operations, as long as they concern the recipient."""

from uuid import UUID

from tracker.rules.core.message_types import ConflictEnded, ConflictFound, DecisionDropped
from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import conflict, discreet
from tracker.rules.emails.content import Letter
from tracker.rules.events.events import Event
from tracker.tables.background.operations import plans
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.operations.officer import is_officer

NOT_THEIRS = Skip(state=State.SUPPRESSED, reason="The recipient no longer leads that operation.")
NOT_THE_READER_S = Skip(
    state=State.SUPPRESSED, reason="Only its recipient and a deconfliction officer can read an email about a conflict."
)
NOT_AN_OFFICER = Skip(state=State.SUPPRESSED, reason="The recipient is no longer a deconfliction officer.")
AboutConflict = ConflictFound | ConflictEnded | DecisionDropped
OFFICERS_PAGE = "/admin"
"""It leads to the conflicts; an address that says what it is about would be read with the email."""
ENDED = Skip(state=State.SUPERSEDED, reason="The conflict has ended.")


async def conflict_letter(content: AboutConflict, message: Message, reader: Viewer) -> Letter | Skip:
    """Return the email, or why it is not sent.

    To another person who reads it, unless they are an officer, it says the same whether or not the conflict is open.
    """
    if reader.beside and not is_officer(reader.beside):
        return NOT_THE_READER_S
    page = await _page(content, message, reader)
    if isinstance(page, Skip):
        return page
    letter = _written(content, reader, page)
    return discreet.of_nothing_more(letter) if reader.is_discreet else letter


def _written(content: AboutConflict, reader: Viewer, page: str) -> Letter:
    match content:
        case ConflictFound():
            return conflict.found(reader, content, page)
        case ConflictEnded():
            return conflict.ended(reader, page)
        case DecisionDropped():
            return conflict.changed(reader, page)


def comparisons_letter(reader: Viewer) -> Letter | Skip:
    """Return the email about many comparisons, or why it is not sent: only officers get it, and only they read it."""
    if not is_officer(reader) or (reader.beside and not is_officer(reader.beside)):
        return NOT_AN_OFFICER
    letter = conflict.many_comparisons(reader, OFFICERS_PAGE)
    return discreet.of_nothing_more(letter) if reader.is_discreet else letter


async def _page(content: AboutConflict, message: Message, reader: Viewer) -> str | Skip:
    if isinstance(content, ConflictFound) and content.for_officer:
        is_open = content.hit in {pair.id for pair in await plans.every_open_pair()}
        return (OFFICERS_PAGE if is_open else ENDED) if is_officer(reader) else NOT_THEIRS
    event = await events.event_by_id(reader, message.event_id) if message.event_id else None
    if event is None or event.lead_id != reader.member_id:
        return NOT_THEIRS
    shown = await _shown(reader, event)
    if not isinstance(content, ConflictEnded) and not shown.get(content.hit):
        return ENDED
    if content.hit not in shown:
        return NOT_THEIRS
    return f"/events/{event.id}"


async def _shown(reader: Viewer, event: Event) -> dict[UUID, bool]:
    """Return the conflicts that the reader is shown, and whether each is open."""
    operation = await visible.operation_plan(reader, event)
    return {hit.id: hit.is_open for hit in await visible.plan_hits(reader, operation)} if operation else {}
