"""Date polls about drafts of events, and the dates that they propose. People read them through `visible`."""

from piccolo.columns import UUID, Timestamp, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import index, unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Event


class Poll(Table):
    """The poll of an event, of which it has one at a time; its people are those on the list of the event."""

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade, unique=True)
    reply_by = Timestamptz(null=False)
    opened_at = Timestamptz(null=False)
    canceled_at = Timestamptz(null=True, default=None)

    constraints = (index("poll_open", "reply_by", where="canceled_at IS NULL"),)


class EarlierPoll(Table):
    """A canceled poll in whose place its organizer asked again: links in emails still name it."""

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)

    constraints = (index("earlier_poll_event", "event"),)


class PollOption(Table):
    """One proposed date."""

    id = UUID(primary_key=True, default=NEW_ID)
    poll = ForeignKey(Poll, null=False, on_delete=OnDelete.cascade)
    starts = Timestamp(null=False, default=None)
    """Local start, in the event's zone."""

    constraints = (unique("poll", "starts"),)
