"""Who holds the invitation of an address, as a viewer, with every address from which their replies count."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.tables.background.events.invitees import HOLDER
from tracker.usecases.core import viewers
from tracker.usecases.roster import aliases


class Holder(NamedTuple):
    """The person of an open invitation."""

    viewer: Viewer
    addresses: frozenset[str]
    """In small letters."""


async def holder_of(invitation_id: UUID, now: datetime) -> Holder | None:
    """Return who is asked by an invitation, in one visit to the database.

    None when it was withdrawn, asks no reply, or does not exist, or when its person isn't active.
    """
    member = QueryString(HOLDER, invitation_id)
    *person, further = await engine().read_each(*viewers.person(member, now), aliases.further(member))
    try:
        viewer = viewers.viewer_in(person, now)
    except NotFound:
        return None
    return Holder(viewer, frozenset((viewer.email.lower(), *(row["address"] for row in further))))
