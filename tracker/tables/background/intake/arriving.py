"""What is asked of every email that comes in: whether it came before, and how many of its sender were taken lately."""

from datetime import datetime
from typing import NamedTuple

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.intake.emails import ReceivedEmail

_KNOWN = (
    "SELECT 1 AS one FROM incoming_reply n WHERE n.email_hash = {} UNION ALL"
    " SELECT 1 FROM incoming_words w WHERE w.email_hash = {} UNION ALL SELECT 1 FROM bounce b WHERE b.email_hash = {}"
)
# An email that was recorded in two places counts once.
_FROM = (
    "SELECT COUNT(*) AS emails FROM ("
    "SELECT n.email_hash FROM incoming_reply n WHERE n.sender = {} AND n.is_verified = {} AND n.received_at > {}"
    " UNION SELECT w.email_hash FROM incoming_words w WHERE w.sender = {} AND w.is_verified = {} AND w.received_at > {}"
    ") AS taken"
)
_TO = "SELECT COUNT(*) AS emails FROM incoming_reply WHERE invitation = {} AND NOT is_verified AND received_at > {}"
# A message asks its recipient about an item, or for a reply to an invitation.
_ABOUT_ITEM = (
    "SELECT COUNT(*) AS emails FROM message m"
    " JOIN incoming_words w ON w.item = m.item AND w.claimed = m.recipient AND NOT w.is_verified"
    " WHERE m.id = {} AND w.received_at > {}"
)
_ABOUT_EVENT = (
    "SELECT COUNT(*) AS emails FROM message m JOIN invitation i ON i.event = m.event AND i.member = m.recipient"
    " JOIN incoming_reply n ON n.invitation = i.id AND NOT n.is_verified WHERE m.id = {} AND n.received_at > {}"
)
_OF_MESSAGE = "SELECT COUNT(*) AS emails FROM bounce WHERE message = {} AND received_at > {}"


class Arrival(NamedTuple):
    """What is known of an email before it is taken."""

    is_known: bool
    """Whether the same email came before."""
    lately: int
    """How many were taken since a moment: bounces of its message; else emails of its sender, and of unconfirmed senders
    to its invitation, or to that of its message, or to a person about the item of its message, whichever are more."""


async def arrival(email: ReceivedEmail, since: datetime) -> Arrival:
    """Return what is known of an email, in one visit to the database."""
    known = QueryString(_KNOWN, email.name, email.name, email.name)
    found, *counted = await engine().read_each(known, *_counts(email, since))
    return Arrival(is_known=bool(found), lately=max(int(row["emails"]) for [row] in counted))


def _counts(email: ReceivedEmail, since: datetime) -> list[QueryString]:
    if email.bounced_id is not None:
        return [QueryString(_OF_MESSAGE, email.bounced_id, since)]
    about = (email.sender.address, email.sender.is_verified, since)
    of_sender = QueryString(_FROM, *about, *about)
    return [of_sender] if email.sender.is_verified else [of_sender, *_to_same(email, since)]


def _to_same(email: ReceivedEmail, since: datetime) -> list[QueryString]:
    """Return the counts of unconfirmed emails that wait where this one would."""
    if email.invitation_id is not None:
        return [QueryString(_TO, email.invitation_id, since)]
    if email.message_id is None:
        return []
    return [QueryString(about, email.message_id, since) for about in (_ABOUT_ITEM, _ABOUT_EVENT)]
