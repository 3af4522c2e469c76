"""The email about a service-readiness notice, as long as the recipient has it and it still is what the email says."""

from tracker.rules.core.message_types import ReadinessNews
from tracker.rules.core.outbox import Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import discreet, readiness
from tracker.rules.emails.content import Letter
from tracker.rules.operations.readiness import NoticeState
from tracker.tables.visible.operations.access import given_notice

NOT_THEIRS = Skip(state=State.SUPPRESSED, reason="Only its recipients can read an email about a notice.")
HAS_CHANGED = Skip(state=State.SUPERSEDED, reason="The notice has changed since.")
ACKNOWLEDGED = {NoticeState.ACKNOWLEDGED: NoticeState.RELEASED}
"""To a recipient, a notice that all have acknowledged is a released one."""


async def readiness_letter(content: ReadinessNews, reader: Viewer) -> Letter | Skip:
    """Return the email, or why it is not sent."""
    notice = None if reader.beside else await given_notice(reader, content.notice)
    if notice is None:
        return NOT_THEIRS
    if ACKNOWLEDGED.get(notice.state, notice.state).value != content.state:
        return HAS_CHANGED
    letter = readiness.letter(reader, notice)
    return discreet.of_nothing_more(letter) if reader.is_discreet else letter
