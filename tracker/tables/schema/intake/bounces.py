"""Emails that came back, and the addresses to which nothing is sent because of it."""

from piccolo.columns import UUID, Boolean, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.intake.bounces import Cause, Fate
from tracker.tables.schema.core.constraints import index, one_of, unique_index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.core.outbox import Message
from tracker.tables.schema.roster.people import Member


class Bounce(Table):
    """What a mail server said of one message: in an email, or by refusing it. Never changed."""

    id = UUID(primary_key=True, default=NEW_ID)
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


class EmailPause(Table):
    """That nothing is sent to an address of a person, since when, and until when."""

    id = UUID(primary_key=True, default=NEW_ID)
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
