"""The thank-you after a date, as long as its reader counts as present and may see it."""

from datetime import date

from tracker.rules.attendance.thanks import is_thanked_for
from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import thanks
from tracker.rules.emails.content import Letter
from tracker.rules.events.events import Occurrence
from tracker.tables.background import attendance
from tracker.tables.visible import actions
from tracker.tables.visible.events import events
from tracker.usecases.emails.preferences import preferences_of

NOT_AUTHORIZED = Skip(state=State.SUPPRESSED, reason="The recipient can no longer see it.")
NOT_THANKED = Skip(state=State.SUPPRESSED, reason="Attendance was reopened, or the event was canceled or restricted.")
NOT_PRESENT = Skip(state=State.SUPPRESSED, reason="The recipient is no longer marked present.")
STOPPED = Skip(state=State.SUPPRESSED, reason="The recipient turned thank-yous off.")


async def thanks_letter(message: Message, reader: Viewer, today: date, *, is_sent: bool) -> Letter | Skip:
    """Return the email, or why it is not sent; `today` is that of the task force, for due dates."""
    occurrence = await events.date_by_id(reader, message.occurrence_id) if message.occurrence_id else None
    if occurrence is None:
        return NOT_AUTHORIZED
    if not is_thanked_for(occurrence):
        return NOT_THANKED
    if is_sent and (skip := await _why_not(occurrence, reader)):
        return skip
    return thanks.thank_you(reader, occurrence, await actions.items_from_date(reader, occurrence.id), today)


async def _why_not(occurrence: Occurrence, reader: Viewer) -> Skip | None:
    if reader.member_id not in await attendance.present_members(occurrence.id):
        return NOT_PRESENT
    return None if (await preferences_of(reader)).thank_yous else STOPPED
