"""Messages that wait to be sent, were sent, or were not and why."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.core.outbox import State
from tracker.tables.schema.actions.action_items import ActionItem
from tracker.tables.schema.core.constraints import index, one_of
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.tables.schema.roster.people import Member


class Sending(Table):
    """The messages of one kind that one deed queued about one event, date, or action item: a row of the Messages page.

    What it is about is read from its messages, because a change of a series can move messages to another event.
    """

    id = UUID(primary_key=True, default=NEW_ID)
    topic = Varchar(length=20)
    """`rules.core.outbox.Topic`: what its messages announce"""
    queued_at = Timestamptz(null=False)

    constraints = (index("sending_recent", "queued_at", "id"),)


class Message(Table):
    """One email to one person. Its content is read at the moment of sending, with the recipient as viewer."""

    id = UUID(primary_key=True, default=NEW_ID)
    key = Varchar(length=250, unique=True)
    """The same deed for the same person never makes two rows."""
    kind = Varchar(length=20)
    """`rules.core.outbox.MessageKind`: what people filter by"""
    sending = ForeignKey(Sending, null=False, on_delete=OnDelete.restrict)
    recipient = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=True, default=None, on_delete=OnDelete.restrict)
    occurrence = ForeignKey(Occurrence, null=True, default=None, on_delete=OnDelete.set_null)
    """None = the whole series"""
    item = ForeignKey(ActionItem, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    facts = Text(default="{}")
    """JSON of `rules.core.message_types`: what can't be read again later, such as the earlier time."""
    created_at = Timestamptz(null=False)
    """Gives the Date header, the same on every try."""
    due = Timestamptz(null=False)
    not_after = Timestamptz(null=True, default=None)
    """From this moment on it is no longer useful."""
    state = Varchar(length=12, default="pending")
    reason = Varchar(length=200, default="")
    attempts = Integer(default=0)
    worker = Varchar(length=40, default="")
    """The worker that has claimed it; empty = none"""
    try_after = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    sent_to = Varchar(length=254, null=True, default=None)
    """The address for which it was handed over; None = it wasn't, or by an earlier release"""
    bounced_at = Timestamptz(null=True, default=None)
    """When it came back for good after it was sent; None = as far as is known, it arrived"""
    event_version = Integer(null=True, default=None)
    """The version of its event when it was sent; None = not sent, about no event, or sent by an earlier release"""
    unconfirmed_at = Timestamptz(null=True, default=None)
    """When a try last ended without the mail server's reply, so that the email may have arrived; None = never"""
    resent_at = Timestamptz(null=True, default=None)
    """When a person sent it again, as another message of the same sending; None = it is the last try to reach them"""

    constraints = (
        one_of("state", State),
        index("message_waiting", "due", where="state = 'pending'"),
        index("message_sending", "sending", "recipient"),
        index("message_state", "state", "due", "id"),
        index("message_to", "recipient", "due", "id"),
        index("message_recipient", "recipient", "event"),
        index("message_event", "event", "due"),
        index("message_bounced", "bounced_at", where="bounced_at IS NOT NULL"),
        index("message_email_test", "created_at", where="kind = 'email_test'"),
    )


class Watermark(Table):
    """How far a planner has run: everything due up to `until` has its row."""

    name = Varchar(length=20, primary_key=True)
    until = Timestamptz(null=False)
