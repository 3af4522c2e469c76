"""Rows of the index of words."""

from piccolo.columns import BigInt, ForeignKey, Text
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.events import Event
from tracker.tables.schema.roster import Member


class EventText(Table):
    """The words of an event that has a date, with those that its dates, its latest order, and its sites have."""

    id = BigInt(primary_key=True)
    """Begins with the month of its last date: of too many that match, the latest are found."""
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade, unique=True)
    seen_by = Text()
    """The audiences that may see it, each a word without signs, with spaces between; of a draft, its organizer."""
    texts = Text()


class ItemText(Table):
    """The words of an action item and its notes."""

    id = BigInt(primary_key=True)
    item = ForeignKey(ActionItem, null=False, on_delete=OnDelete.cascade, unique=True)
    seen_by = Text()
    """As of the event from which it comes, or its own audience; empty while it is canceled."""
    texts = Text()


class PersonText(Table):
    """The name, title, email address, and agency of a person."""

    id = BigInt(primary_key=True)
    person = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, unique=True)
    seen_by = Text()
    """The word "present" until the person leaves, and their agency while they are active."""
    texts = Text()
