"""Emails that people wrote back to an email of ours, what was understood of each, and what undoes it."""

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.core.answers import Taken, Word
from tracker.tables.schema.actions.action_items import ActionItem
from tracker.tables.schema.core.constraints import check, index, one_of
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.invitations import Reply
from tracker.tables.schema.roster.people import Member


class IncomingWords(Table):
    """One email. Its text is elsewhere, in the item's history or with the reply, unless its writer isn't known."""

    id = UUID(primary_key=True, default=NEW_ID)
    received_at = Timestamptz(null=False)
    email_hash = Varchar(length=64, unique=True)
    """SHA-256 of its Message-ID and address, in hexadecimal: the same email is one email, however often it comes."""
    sender = Varchar(length=254)
    """The address in From; empty when there is none that could be read."""
    is_verified = Boolean(default=False)
    """Whether the mail server confirmed the domain of that address."""
    member = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """Whose email it is; None when that could not be confirmed."""
    outcome = Varchar(length=12)
    word = Varchar(length=12, null=True, default=None)
    item = ForeignKey(ActionItem, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    reply = ForeignKey(Reply, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    """The reply that it recorded."""
    status_before = Varchar(length=12, null=True, default=None)
    progress_before = Integer(null=True, default=None)
    blocked_before = Timestamptz(null=True, default=None)
    """How far the item was before the email changed it, and since when it was blocked."""
    undone_at = Timestamptz(null=True, default=None)
    claimed = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """Who got our email about the item, when the reply didn't come from them: people decide whether it is theirs."""
    text = Text(default="")
    """What such a reply says beside its word."""
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)

    constraints = (
        one_of("outcome", Taken),
        one_of("word", Word),
        one_of("status_before", ItemStatus),
        check("(status_before IS NULL) = (progress_before IS NULL)"),
        check("status_before IS NULL OR item IS NOT NULL"),
        check("(blocked_before IS NOT NULL) = (status_before IS NOT NULL AND status_before = 'blocked')"),
        check("claimed IS NULL OR item IS NOT NULL"),
        check("(decided_at IS NULL) = (decided_by IS NULL)"),
        index("incoming_words_claimed", "received_at", where="claimed IS NOT NULL"),
        index("incoming_words_sender", "sender", "received_at"),
        index("incoming_words_member", "member", "received_at"),
    )
