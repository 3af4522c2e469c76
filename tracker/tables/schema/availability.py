"""Rows of blackout days and of calendars that members share."""

from piccolo.columns import Date, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import Identified, check, index, unique
from tracker.tables.schema.roster import Agency, Member


class Blackout(Identified, Table):
    """A day or a span of days, both ends included."""

    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.cascade)
    first = Date(null=False, default=None)
    last = Date(null=False, default=None)
    reason = Varchar(length=60, default="")

    constraints = (check("last >= first"), index("blackout_agency", "agency", "last"))


class SharedCalendar(Identified, Table):
    """A calendar that a member keeps elsewhere."""

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


class BusySpan(Identified, Table):
    """A time when its owner is busy."""

    calendar = ForeignKey(SharedCalendar, null=False, on_delete=OnDelete.cascade)
    starts_at = Timestamptz(null=False)
    ends_at = Timestamptz(null=False)
    kind = Varchar(length=9)
    """busy, tentative or out"""

    constraints = (unique("calendar", "starts_at", "kind"),)
