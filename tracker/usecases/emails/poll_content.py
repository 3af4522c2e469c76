"""The emails about a date poll, as long as their reader may see it and is asked in it."""

from datetime import datetime

from tracker.rules.core.message_types import PollCanceled, PollContent
from tracker.rules.core.outbox import Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import poll as poll_emails
from tracker.rules.emails.content import Letter
from tracker.rules.polls.polls import Poll, PollState, Respondent
from tracker.tables.visible import polls

NOT_AUTHORIZED = Skip(state=State.SUPPRESSED, reason="The recipient can no longer see it.")
NOT_ASKED = Skip(state=State.SUPPRESSED, reason="The recipient is no longer asked.")
OPEN_AGAIN = Skip(state=State.SUPERSEDED, reason="It has since been restored.")
CANCELED = Skip(state=State.SUPERSEDED, reason="It has since been canceled.")
ASKED_AGAIN = Skip(state=State.SUPERSEDED, reason="People have since been asked again.")
SCHEDULED = Skip(state=State.SUPERSEDED, reason="The date is set.")
REPLIED = Skip(state=State.SUPERSEDED, reason="The recipient has replied.")
OVER = Skip(state=State.TOO_LATE, reason="It was over before it could be sent.")


async def poll_letter(content: PollContent, reader: Viewer, now: datetime, *, is_sent: bool) -> Letter | Skip:
    """Return the email, or why it is not sent; one that is only read (`is_sent` False) need not be current."""
    poll = await polls.poll_by_id(reader, content.poll)
    if poll is None:
        return ASKED_AGAIN if await polls.poll_in_place_of(reader, content.poll) else NOT_AUTHORIZED
    asked = {person.member_id: person for person in await polls.poll_people(reader, poll) if person.role.is_asked}
    own = asked.get(reader.member_id)
    if own is None:
        return NOT_ASKED
    if is_sent and (skip := _why_not(content, poll, own, now)):
        return skip
    return poll_emails.letter(content, poll, reader, own.fits, now)


def _why_not(content: PollContent, poll: Poll, own: Respondent, now: datetime) -> Skip | None:
    if isinstance(content, PollCanceled):
        return None if poll.state is PollState.CANCELED else OPEN_AGAIN
    if poll.state is not PollState.OPEN:
        return CANCELED if poll.state is PollState.CANCELED else SCHEDULED
    if own.has_replied:
        return REPLIED
    return None if poll.ahead(now) else OVER
