"""Drafts of forms: what one person has typed and not saved, read by that person alone."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.core.drafts import LONGEST_SUBJECT, DraftForm
from tracker.tables.schema.core.constraints import index, one_of, unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Event
from tracker.tables.schema.roster.people import Member


class Draft(Table):
    """One draft; a person has one for each form and what it is about."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    form = Varchar(length=20)
    """`rules.core.drafts.DraftForm`"""
    subject = Varchar(length=LONGEST_SUBJECT)
    """What the form is about; empty for something new."""
    event = ForeignKey(Event, null=True, default=None, on_delete=OnDelete.cascade)
    """The event whose texts it may hold: it is read only with a viewer who may see that event."""
    texts = Text(default="{}")
    """The texts of its fields, as JSON."""
    tab = UUID(default=NEW_ID)
    """The page that saved it last."""
    version = Integer(default=1)
    saved_at = Timestamptz(null=False)
    discarded_at = Timestamptz(null=True, default=None)
    """None = it is shown; otherwise it can be restored for a minute."""

    constraints = (unique("member", "form", "subject"), one_of("form", DraftForm), index("draft_saved", "saved_at"))
