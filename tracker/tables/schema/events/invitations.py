"""Invitees of an event and their replies."""

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, index, one_of, unique
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.tables.schema.roster import Member


class Invitation(Table):
    """One person's invitation to an event, for all its dates."""

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    role = Varchar(length=12, default="required")
    by_seat = Boolean(default=False)
    """Whether they are on the list as primary of a seat on the committee that meets, and not by name."""
    added_at = Timestamptz(null=False)
    """When it was first made: attendance counts from here (`visible.attendance.sheet.WAS_INVITED`)"""
    again_at = Timestamptz(null=True, default=None)
    """When a person who had been taken off the list was last invited again; None = never"""
    withdrawn_at = Timestamptz(null=True, default=None)

    constraints = (
        unique("event", "member"),
        one_of("role", AttendeeRole),
        index("invitation_member", "member", "event"),
    )


class InvitationGap(Table):
    """A time during which a person who was invited again later was off the list: dates within it don't count."""

    id = UUID(primary_key=True, default=NEW_ID)
    invitation = ForeignKey(Invitation, null=False, on_delete=OnDelete.cascade, index=True)
    withdrawn_at = Timestamptz(null=False)
    again_at = Timestamptz(null=False)


class Reply(Table):
    """One reply, never changed: the last for a date counts, else the last for the series."""

    id = UUID(primary_key=True, default=NEW_ID)
    invitation = ForeignKey(Invitation, null=False, on_delete=OnDelete.cascade)
    occurrence = ForeignKey(Occurrence, null=True, default=None, on_delete=OnDelete.cascade)
    """None = for the whole series"""
    reply = Varchar(length=12)
    """accepted, tentative, declined; needs_action when people are asked again after a change"""
    comment = Text(default="")
    source = Varchar(length=12)
    """`rules.events.replies.ReplySource`: how it came"""
    entered_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    substitute = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """The substitute; the reply itself is declined"""
    number = Integer()
    """Its place among the replies to this invitation, from 1, as they were committed; no clock decides what counts."""
    sequence = Integer(default=0)
    replied_at = Timestamptz(null=False)
    renewed_at = Timestamptz(null=True, default=None)
    """When it was written once more, because the No of the substitute whom it names was undone"""

    constraints = (
        unique("invitation", "number"),
        one_of("reply", ReplyValue),
        one_of("source", ReplySource),
        index("reply_invitation", "invitation", "occurrence", "number"),
        index("reply_substitute", "occurrence", where="substitute IS NOT NULL"),
    )
