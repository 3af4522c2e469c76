"""Rows of action items, their history, and their origin."""

from piccolo.columns import Date, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.actions import ItemStatus
from tracker.tables.schema.core.columns import Identified, check, index, one_of
from tracker.tables.schema.events import Occurrence
from tracker.tables.schema.roster import Agency, Committee, Member


class ActionItem(Identified, Table):
    """A task that one accountable person must finish by a day."""

    uid = Varchar(length=120, unique=True)
    reference = Varchar(length=12, unique=True)
    """The reference people use, for example AI-7QK4: random, so that a gap reveals nothing."""
    title = Varchar(length=200)
    owner = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    """The owner's agency when the item was assigned."""
    due = Date(null=False, default=None)
    origin = ForeignKey(Occurrence, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    """The date on which it was decided; people who may see that event may see the item."""
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    """The committee whose next meeting lists it while it is open."""
    audience = Varchar(length=60, default="all")
    """Who may see an item without an origin."""
    status = Varchar(length=12, default="open")
    progress = Integer(default=0)
    """Percent"""
    created_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    created_at = Timestamptz(null=False)
    changed_at = Timestamptz(null=False)
    closed_at = Timestamptz(null=True, default=None)
    blocked_at = Timestamptz(null=True, default=None)
    """Since when it is blocked; the first note since then says why."""
    version = Integer(default=1)
    sequence = Integer(default=0)

    constraints = (
        check("title <> ''"),
        one_of("status", ItemStatus),
        check("progress BETWEEN 0 AND 100"),
        check("(status = 'blocked') = (blocked_at IS NOT NULL)"),
        index("action_item_due", "due", where="closed_at IS NULL"),
    )


class ActionNote(Identified, Table):
    """One step in the life of an item, never changed; its author can remove the text of a note that came by email."""

    item = ForeignKey(ActionItem, null=False, on_delete=OnDelete.cascade)
    at = Timestamptz(null=False)
    by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    source = Varchar(length=12)
    """site, link, email, api, attached"""
    change = Varchar(length=200, default="")
    """What changed, in words: "Open → Done, 100%"."""
    text = Text(default="")

    constraints = (index("action_note_item", "item", "at"),)
