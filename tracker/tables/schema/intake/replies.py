"""Emails to reply addresses, and what became of each reply in them."""

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import Misfit, Outcome
from tracker.tables.schema.core.constraints import check, index, one_of, unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Occurrence
from tracker.tables.schema.events.invitations import Invitation, Reply
from tracker.tables.schema.roster.people import Member


class IncomingReply(Table):
    """One reply of a calendar program; of an email without one, the email itself. Never changed, but for a decision."""

    id = UUID(primary_key=True, default=NEW_ID)
    received_at = Timestamptz(null=False)
    email_hash = Varchar(length=64)
    """SHA-256 of its Message-ID and address, in hexadecimal: the same email is one email, however often it comes."""
    part = Integer()
    """Which reply of the email it is, from 0."""
    sender = Varchar(length=254)
    """The address in From; empty when there is none that could be read."""
    is_verified = Boolean(default=False)
    """Whether the mail server confirmed the domain of that address."""
    invitation = ForeignKey(Invitation, null=True, default=None, on_delete=OnDelete.cascade)
    """None when its address is no invitation's: then nothing else of the email is kept."""
    occurrence = ForeignKey(Occurrence, null=True, default=None, on_delete=OnDelete.cascade)
    """None = the whole series, or unknown."""
    reply = Varchar(length=12, null=True, default=None)
    comment = Text(default="")
    sequence = Integer(null=True, default=None)
    """Of a reply that was recorded, the one that counted for it; else as the program wrote it."""
    stamped_at = Timestamptz(null=True, default=None)
    outcome = Varchar(length=12)
    misfit = Varchar(length=16, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    """When a person decided about what was not recorded; None again when they undid it."""
    decided_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    attached = ForeignKey(Reply, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    """The reply that the decision recorded; None = it was dismissed."""

    constraints = (
        unique("email_hash", "part"),
        one_of("reply", ReplyValue),
        one_of("outcome", Outcome),
        one_of("misfit", Misfit),
        check("(misfit IS NULL) = (outcome <> 'unmatched')"),
        check("(decided_at IS NULL) = (decided_by IS NULL)"),
        check("attached IS NULL OR decided_at IS NOT NULL"),
        index("incoming_reply_sender", "sender", "received_at"),
        index("incoming_reply_invitation", "invitation", "occurrence"),
        index("incoming_reply_occurrence", "occurrence"),
        index("incoming_reply_open", "received_at", where="outcome = 'unmatched' AND decided_at IS NULL"),
    )
