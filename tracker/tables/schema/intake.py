"""Rows of received emails and of what they led to."""

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.actions import ItemStatus
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import Mismatch, ReplyOutcome
from tracker.rules.intake.received_emails import Cause, Fate
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.columns import Identified, check, index, one_of, unique, unique_index
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Invitation, Occurrence, Reply
from tracker.tables.schema.roster import Member


class IncomingReply(Identified, Table):
    """One reply of a calendar program; of an email without one, the email itself. Never changed, but for a decision."""

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
        one_of("outcome", ReplyOutcome),
        one_of("misfit", Mismatch),
        check("(misfit IS NULL) = (outcome <> 'unmatched')"),
        check("(decided_at IS NULL) = (decided_by IS NULL)"),
        check("attached IS NULL OR decided_at IS NOT NULL"),
        index("incoming_reply_sender", "sender", "received_at"),
        index("incoming_reply_invitation", "invitation", "occurrence"),
        index("incoming_reply_occurrence", "occurrence"),
        index("incoming_reply_open", "received_at", where="outcome = 'unmatched' AND decided_at IS NULL"),
    )


class TimeProposal(Identified, Table):
    """The times in one METHOD:COUNTER. Never changed, but for a decision; one of an unmatched email isn't shown."""

    reply = ForeignKey(IncomingReply, null=False, on_delete=OnDelete.cascade, unique=True)
    """The email that it came in: whose it is, for which date, and their comment."""
    starts_at = Timestamptz(null=False)
    ends_at = Timestamptz(null=False)
    was_starts_at = Timestamptz(null=False)
    was_ends_at = Timestamptz(null=False)
    made_at = Timestamptz(null=False)
    """DTSTAMP, never after it was received."""
    sequence = Integer(null=True, default=None)
    """SEQUENCE as the program wrote it; None = it left it out."""
    declined_at = Timestamptz(null=True, default=None)
    declined_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)

    constraints = (check("starts_at < ends_at"), check("(declined_at IS NULL) = (declined_by IS NULL)"))


class IncomingWords(Identified, Table):
    """One email. Its text is elsewhere, in the item's history or with the reply, unless its writer isn't known."""

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
        one_of("outcome", AnswerOutcome),
        one_of("word", AnswerWord),
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


class Bounce(Identified, Table):
    """What a mail server said of one message: in an email, or by refusing it. Never changed."""

    received_at = Timestamptz(null=False)
    email_hash = Varchar(length=64, null=True, default=None, unique=True)
    """As in `IncomingReply`; None = the mail server refused the message when it was handed over."""
    message = ForeignKey(Message, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    """None when the message is gone."""
    fate = Varchar(length=12)
    cause = Varchar(length=16)
    status = Varchar(length=12, default="")
    """An enhanced status code (RFC 3463); empty when there is none."""
    words = Varchar(length=150, default="")
    is_counted = Boolean()
    """Whether it is a permanent failure of the address."""

    constraints = (one_of("fate", Fate), one_of("cause", Cause))


class EmailPause(Identified, Table):
    """That nothing is sent to an address of a person, since when, and until when."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    address = Varchar(length=254)
    """It holds while it is the person's address: another one is not paused."""
    paused_at = Timestamptz(null=False)
    restored_at = Timestamptz(null=True, default=None)
    """None = it holds."""

    constraints = (
        index("email_pause_member", "member"),
        unique_index("email_pause_open", "member", "address", where="restored_at IS NULL"),
    )


class MailboxState(Table):
    """One row with id 1, once a process has tried to read the mailbox."""

    id = BigInt(primary_key=True)
    read_at = Timestamptz(null=True, default=None)
    """When every email in the mailbox had last been taken."""
    email_at = Timestamptz(null=True, default=None)
    """When an email was last taken from it."""
    trouble = Text(default="")
    """Why it can't be read now, in words of ours and of the mail server; empty = it can."""
    trouble_since = Timestamptz(null=True, default=None)

    constraints = (check("id = 1"), check("(trouble = '') = (trouble_since IS NULL)"))
