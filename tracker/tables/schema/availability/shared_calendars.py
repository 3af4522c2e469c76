"""Calendars that members share for finding a time: a sealed address and busy spans, never an event's content."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, unique
from tracker.tables.schema.roster.people import Member


class SharedCalendar(Table):
    """A calendar that a member keeps elsewhere."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, unique=True)
    address_sealed = Text(secret=True)
    host = Varchar(length=253)
    """The only part of its address that is ever shown."""
    added_at = Timestamptz(null=False)
    next_at = Timestamptz(null=False, index=True)
    """When it is read next; moved ahead before reading, so that two processes do not read it at once."""
    read_at = Timestamptz(null=True, default=None)
    failing_since = Timestamptz(null=True, default=None)
    failures = Integer(default=0)
    """How many times in a row it could not be read."""
    problem = Varchar(length=12, default="")
    unread = Integer(default=0)
    """Its entries that could not be read."""


class BusySpan(Table):
    """A time when its owner is busy."""

    id = UUID(primary_key=True, default=NEW_ID)
    calendar = ForeignKey(SharedCalendar, null=False, on_delete=OnDelete.cascade)
    starts_at = Timestamptz(null=False)
    ends_at = Timestamptz(null=False)
    kind = Varchar(length=9)
    """busy, tentative or out"""

    constraints = (unique("calendar", "starts_at", "kind"),)
