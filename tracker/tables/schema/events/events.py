"""Events, their dates, invitations, replies, and history. People read them through `visible`, never here.

The counters of a viewer's audiences make their feed's validator. Changes to events are stored as people read them; the
audit log records only that they happened, without content.
"""

from collections.abc import Iterable

from piccolo.columns import (
    UUID,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Interval,
    Text,
    Timestamp,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from tracker.database.bulk_insert import bulk_insert
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.tables.schema.core.columns import check, index, one_of, unique
from tracker.tables.schema.events.event_columns import USUAL_LEADS
from tracker.tables.schema.roster import Agency, Committee, Member


class Event(Table):
    """A meeting, operation, training, outreach or deadline; single or a series."""

    id = UUID(primary_key=True)
    uid = Varchar(length=120, unique=True)
    """iCalendar UID: random, and never changes."""
    reference = Varchar(length=12, null=True, default=None, unique=True)
    """The reference people use for an operation, for example OP-7QK4: random, so that a gap reveals nothing."""
    kind = Varchar(length=20)
    title = Varchar(length=200)
    description = Text(default="")
    place = Varchar(length=300, default="")
    video_link = Varchar(length=500, default="")
    agenda = Text(default="")
    """One item per line; a line may end with minutes."""
    visibility = Varchar(length=20)
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    lead = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    status = Varchar(length=12)
    cancel_reason = Varchar(length=500, default="")
    """The reason that invitees were given; empty unless it is canceled."""
    mark_categories = Varchar(length=60, default="")
    """As shown in its banner, for example SP-INV/LEI; empty = it is not marked."""
    mark_limit = Varchar(length=10, default="")
    mark_agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict)
    """The agency that designated it; this and the next are set exactly when it is marked."""
    mark_until = Date(null=True, default=None)
    """The day of decontrol."""
    reminder_leads = Varchar(length=60, default=USUAL_LEADS)
    """Lead times of its reminders in minutes, "10080,120"; empty = none"""
    ask_leads = Varchar(length=60, default="")
    """How long before a date people who have not replied are asked again, as above; empty = never"""
    ask_after = Varchar(length=60, default="")
    """How long after their invitation was sent people who have not replied are asked again, as above; empty = never"""
    sends_thanks = Boolean(default=False)
    """Whether people who were there are thanked once attendance is closed."""
    zone = Varchar(length=60)
    starts = Timestamp(null=False, default=None)
    """Local start of the first date, in `zone`."""
    duration = Interval(null=False)
    is_all_day = Boolean(default=False)
    rrule = Varchar(length=300, null=True, default=None)
    previous_series = ForeignKey(
        LazyTableReference("Event", module_path="tracker.tables.schema.events.events"),
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
    )
    version = Integer(default=1)
    """Rises with every edit."""
    sequence = Integer(default=0)
    """Rises with time, place, rule and cancellation (RFC 5546)."""
    created_at = Timestamptz(null=False)
    changed_at = Timestamptz(null=False)
    """Gives DTSTAMP and LAST-MODIFIED."""
    opened_at = Timestamptz(null=True, default=None)
    """When it, or the series that it continues, last opened to more people; None = never"""

    constraints = (
        one_of("kind", Kind),
        check("title <> ''"),
        one_of("visibility", Visibility),
        check("visibility <> 'committee' OR committee IS NOT NULL"),
        one_of("status", EventStatus),
        check("(mark_until IS NULL) = (mark_categories = '') AND (mark_until IS NULL) = (mark_agency IS NULL)"),
        index("event_previous_series", "previous_series", where="previous_series IS NOT NULL"),
    )


class EventAudience(Table):
    """One audience that may see an event."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    audience = Varchar(length=60)

    constraints = (unique("event", "audience"), index("event_audience_audience", "audience", "event"))


class Occurrence(Table):
    """One date of an event; (event, original_start) is its identity and equals RECURRENCE-ID."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    original_start = Timestamp(null=False, default=None)
    """Local start by the rule, in the event's zone."""
    starts_at = Timestamptz(null=False)
    ends_at = Timestamptz(null=False)
    title = Varchar(length=200, null=True, default=None)
    place = Varchar(length=300, null=True, default=None)
    agenda = Text(null=True, default=None)
    """title, place, agenda: None = the series' own"""
    is_canceled = Boolean(default=False)
    cancel_reason = Varchar(length=500, default="")
    is_changed = Boolean(default=False)
    """Whether it differs from the rule, and so is an override in feeds."""
    is_moved = Boolean(default=False)
    """Whether a person chose its time: new time zone data leaves it there."""
    version = Integer(default=1)
    sequence = Integer(default=0)
    changed_at = Timestamptz(null=False)
    attendance_closed_at = Timestamptz(null=True, default=None)
    is_off_record = Boolean(default=False)
    """Whether it was canceled because it didn't take place, although its attendance is closed."""

    constraints = (unique("event", "original_start"), index("occurrence_starts_at", "starts_at", "event"))


class AudienceVersion(Table):
    """A counter for each audience: rises when something that the audience may see changes.

    A feed's ETag is made of the counters of its owner's audiences, so a change that a person may not see does not alter
    their feed's ETag.
    """

    audience = Varchar(length=60, primary_key=True)
    version = BigInt(default=0)


class Invitation(Table):
    """One person's invitation to an event, for all its dates."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    role = Varchar(length=12, default="required")
    by_seat = Boolean(default=False)
    """Whether they are on the list as primary of a seat on the committee that meets, and not by name."""
    added_at = Timestamptz(null=False)
    """When it was first made: attendance counts from here (`visible.attendance.WAS_INVITED`)"""
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

    id = UUID(primary_key=True)
    invitation = ForeignKey(Invitation, null=False, on_delete=OnDelete.cascade, index=True)
    withdrawn_at = Timestamptz(null=False)
    again_at = Timestamptz(null=False)


class Reply(Table):
    """One reply, never changed: the last for a date counts, else the last for the series."""

    id = UUID(primary_key=True)
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


class EventChange(Table):
    """One change to an event or to one of its dates."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    occurrence = ForeignKey(Occurrence, null=True, default=None, on_delete=OnDelete.cascade)
    """None = the whole event"""
    actor = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz(null=False)
    verb = Varchar(length=20)
    """sent, changed, canceled, restored, date_added, ended, went_on, continued"""
    visibility = Varchar(length=20)
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.restrict)
    """visibility, committee: who could see the event when it was changed; for a change of visibility, afterward"""
    fields = Text(default="[]")
    """JSON: rows [field, before, after] in words"""
    reason = Text(default="")
    """Why, as the person who made the change said"""

    constraints = (index("event_change_event", "event", "at"),)


class EventTemplate(Table):
    """One template; its name is unique per person."""

    id = UUID(primary_key=True)
    owner = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    name = Varchar(length=80)
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.cascade)
    """People who may schedule for it may use the template; None = the owner alone."""
    form = Text(default="{}")
    """The texts of its fields, as JSON, as a person would type them into the form."""
    created_at = Timestamptz(null=False)

    constraints = (unique("owner", "name"),)


class ImportedEvent(Table):
    """One imported event; its own UID is random like any other, so that other systems' invitations never match it."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, null=False, unique=True, on_delete=OnDelete.cascade)
    source = Varchar(length=64, index=True)
    """SHA-256 of the UID in the file, in hex: foreign UIDs have any length, and may contain email addresses."""


_ONE_MORE = " ON CONFLICT (audience) DO UPDATE SET version = audience_version.version + 1"


async def raise_audience_versions(audiences: Iterable[str]) -> None:
    """Count a change for each audience, inside the caller's transaction.

    Pass the audiences that lose visibility of a thing as well as those that gain it. Always in the same order, so that
    two writers that lock the same rows cannot deadlock.
    """
    made = [{"audience": audience, "version": 1} for audience in sorted(set(audiences))]
    await bulk_insert(AudienceVersion, made, _ONE_MORE)
