"""A delegation by email that was written before its substitute's No, and came after it: the No still counts."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.tables.background.events.invitees import GivenReply
from tracker.tables.background.events.substitutes import ever_principals
from tracker.tables.background.intake import replies as known
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import substitute_replies
from tracker.usecases.roster import aliases


class Refusal(NamedTuple):
    """A No of the person whom an email names as the substitute, from after it was written."""

    substitute: Viewer
    said: GivenReply | None
    """The last one that was recorded; None if they weren't named when it came."""


async def newer_refusal(
    substitute_id: UUID, invitation_id: UUID, date: Occurrence, made_at: datetime, now: datetime
) -> Refusal | None:
    """Return the No of a person to a date that is newer than an email that names them; None when there is none.

    One from before they last undid a No says nothing.
    """
    try:
        who = await viewer_for(substitute_id, now)
    except NotFound:
        return None
    by_email = dict(await known.noes_by(await aliases.addresses_of(who), invitation_id, date.id))
    of_invitation = [one for one in await ever_principals(date.event.id) if one.invitation_id == invitation_id]
    said = [no for one in of_invitation for no in one.refusals(substitute_id, date.id)]
    undone = [at for one in of_invitation if (at := one.renewed_at(substitute_id, date.id))]
    written = [*by_email.values(), *(by_email.get(one.replied_at, one.replied_at) for one in said)]
    since = max([made_at, *undone])
    is_newer = any(at >= since for at in written)
    return Refusal(who, said[-1] if said else None) if is_newer else None


async def refuse_again(found: Refusal, invitation_id: UUID, date: Occurrence, now: datetime) -> None:
    """Let the No count again, now that the email is recorded. The caller is inside `writing()`."""
    who = found.substitute
    if found.said:
        await substitute_replies.repeat(who.member_id, invitation_id, date, found.said, now)
    else:
        await substitute_replies.release(who, [invitation_id], date, "", now, knowing={who.member_id})
