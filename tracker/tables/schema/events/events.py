"""Events and their dates. People read them through `visible`, never here."""

from piccolo.columns import UUID, BigInt, Boolean, Date, Integer, Interval, Text, Timestamp, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from tracker.rules.core.audiences import Visibility
from tracker.rules.events.event import EventStatus, Kind
from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, check, index, one_of, unique
from tracker.tables.schema.events.policy_columns import USUAL_LEADS
from tracker.tables.schema.roster import Agency, Committee, Member


class Event(Table):
    """A meeting, operation, training, outreach or deadline; single or a series."""

    id = UUID(primary_key=True, default=NEW_ID)
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

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    audience = Varchar(length=60)

    constraints = (unique("event", "audience"), index("event_audience_audience", "audience", "event"))


class Occurrence(Table):
    """One date of an event; (event, original_start) is its identity and equals RECURRENCE-ID."""

    id = UUID(primary_key=True, default=NEW_ID)
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
