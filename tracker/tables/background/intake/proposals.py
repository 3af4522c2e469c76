"""Whether a proposal of another time is already known."""

from uuid import UUID

from tracker.rules.intake.calendar_replies import Outcome
from tracker.rules.intake.proposals import NewProposal
from tracker.tables.schema.intake.proposals import TimeProposal


async def is_known(invitation_id: UUID, occurrence_id: UUID, new: NewProposal) -> bool:
    """Return whether the person proposed the same times for a date at the same moment."""
    email = TimeProposal.reply
    theirs = (email.invitation == invitation_id) & (email.occurrence == occurrence_id)
    same = (TimeProposal.starts_at == new.times[0]) & (TimeProposal.ends_at == new.times[1])
    is_matched = email.outcome != Outcome.UNMATCHED
    return bool(await TimeProposal.exists().where(theirs & same & (TimeProposal.made_at == new.made_at) & is_matched))
