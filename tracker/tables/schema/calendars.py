"""Rows of subscriptions: the feeds of members and their tokens."""

from piccolo.columns import Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.calendars.feeds import AllDayAlarm, FeedScope
from tracker.rules.events.events import Kind
from tracker.tables.schema.core.columns import Identified, check, one_of
from tracker.tables.schema.roster import Committee, Member


class Subscription(Identified, Table):
    """One address for one device of one member."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, index=True)
    name = Varchar(length=60)
    token_hash = Varchar(length=64, unique=True, secret=True)
    token_sealed = Text(secret=True)
    scope = Varchar(length=8, default="all")
    """all = everything the member may see; mine = what they are invited to or organize"""
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.cascade)
    """The only committee whose events it shows, while its owner is on it; None = any, or none."""
    kind = Varchar(length=20, null=True, default=None)
    """The only kind of event that it shows; None = any."""
    alarm_minutes = Integer(null=True, default=None)
    """How long before an event with a time programs may remind; None = not at all."""
    all_day_alarm = Varchar(length=8, null=True, default=None)
    """When programs may remind of an event that lasts all day; None = not at all."""
    shows_operations = Boolean(default=False)
    """Named events, discreet: "Operational period", time only."""
    created_at = Timestamptz(null=False)
    replaced_at = Timestamptz(null=True, default=None)
    """When its address was last replaced; None = it still has the first one."""
    revoked_at = Timestamptz(null=True, default=None)
    fetched_at = Timestamptz(null=True, default=None)
    client = Varchar(length=120, default="")
    fetches = Integer(default=0)
    body_hash = Varchar(length=64, default="")
    """SHA-256 of the calendar that was served last, and since when it is served: gives Last-Modified."""
    body_since = Timestamptz(null=True, default=None)

    constraints = (
        one_of("scope", FeedScope),
        one_of("kind", Kind),
        one_of("all_day_alarm", AllDayAlarm),
        check("alarm_minutes > 0"),
    )
