"""What changes to events replaced, kept for as long as they can be undone."""

from collections.abc import Mapping

from piccolo.columns import UUID, Column, ForeignKey, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import index
from tracker.tables.schema.events.events import (
    Event,
    EventAudience,
    EventChange,
    Invitation,
    InvitationGap,
    Occurrence,
    Reply,
)
from tracker.tables.schema.intake import IncomingReply, IncomingWords, TimeProposal
from tracker.tables.schema.operations.records import BriefCopy, OperationGrant
from tracker.tables.schema.roster import Member

PUT_BACK: Mapping[type[Table], Column] = {
    Event: Event.id,
    EventAudience: EventAudience.event,
    Occurrence: Occurrence.event,
    Invitation: Invitation.event,
    InvitationGap: InvitationGap.invitation.event,
    Reply: Reply.invitation.event,
    EventChange: EventChange.event,
    OperationGrant: OperationGrant.event,
    BriefCopy: BriefCopy.occurrence.event,
    IncomingReply: IncomingReply.invitation.event,
    TimeProposal: TimeProposal.reply.invitation.event,  # type: ignore[union-attr]  # Piccolo types one step
    IncomingWords: IncomingWords.reply.invitation.event,  # type: ignore[union-attr]  # Piccolo types one step
}
"""The tables that undo puts back, with the column that leads to the event; each after those to which it refers."""


class UndoSnapshot(Table):
    """One change to an event, by the person who can undo it."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    actor = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    at = Timestamptz(null=False)
    replaced = Text()
    """JSON of `rules.events.undo.ReplacedRows`: earlier rows, and the ids of new ones"""

    constraints = (index("undo_snapshot_event", "event", "at"), index("undo_snapshot_at", "at"))
