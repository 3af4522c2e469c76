"""Events, their dates, invitations, replies, history, and what can be undone: the tables, and an event's columns.

People read them through `visible`, never here. The counters of a viewer's audiences make their feed's validator.
Changes to events are stored as people read them; the audit log records only that they happened, without content.
What a change replaced is kept for as long as it can be undone.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from piccolo.columns import BigInt, Boolean, Date, ForeignKey, Integer, Interval, Text, Timestamp, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from tracker.database.binding import bulk_insert
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import FIELDS, EventFields, EventStatus, Kind, field_values
from tracker.rules.events.markings import Category, Limit, Marking
from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.rules.roster.meetings import LEAD_TIMES, ReminderPolicy, minutes_of
from tracker.tables.schema.core.columns import Identified, check, index, one_of, unique
from tracker.tables.schema.roster import Agency, Committee, Member

BETWEEN_LEADS = ","


def text_of_leads(leads: Iterable[timedelta]) -> str:
    """Return lead times as a column holds them, longest first."""
    return BETWEEN_LEADS.join(minutes_of(lead) for lead in sorted(leads, reverse=True))


USUAL_LEADS = text_of_leads(LEAD_TIMES)


class Event(Identified, Table):
    """A meeting, operation, training, outreach or deadline; single or a series."""

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
        LazyTableReference("Event", module_path="tracker.tables.schema.events"),
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


class EventAudience(Identified, Table):
    """One audience that may see an event."""

    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    audience = Varchar(length=60)

    constraints = (unique("event", "audience"), index("event_audience_audience", "audience", "event"))


class Occurrence(Identified, Table):
    """One date of an event; (event, original_start) is its identity and equals RECURRENCE-ID."""

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


class Invitation(Identified, Table):
    """One person's invitation to an event, for all its dates."""

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


class InvitationGap(Identified, Table):
    """A time during which a person who was invited again later was off the list: dates within it don't count."""

    invitation = ForeignKey(Invitation, null=False, on_delete=OnDelete.cascade, index=True)
    withdrawn_at = Timestamptz(null=False)
    again_at = Timestamptz(null=False)


class Reply(Identified, Table):
    """One reply, never changed: the last for a date counts, else the last for the series."""

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


class EventChange(Identified, Table):
    """One change to an event or to one of its dates."""

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


class EventTemplate(Identified, Table):
    """One template; its name is unique per person."""

    owner = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    name = Varchar(length=80)
    committee = ForeignKey(Committee, null=True, default=None, on_delete=OnDelete.cascade)
    """People who may schedule for it may use the template; None = the owner alone."""
    form = Text(default="{}")
    """The texts of its fields, as JSON, as a person would type them into the form."""
    created_at = Timestamptz(null=False)

    constraints = (unique("owner", "name"),)


class ImportedEvent(Identified, Table):
    """One imported event; its own UID is random like any other, so that other systems' invitations never match it."""

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


_OTHER_NAMES = {"committee_id": "committee"}
"""Fields whose column has another name."""
_COLUMNS = {name: _OTHER_NAMES.get(name, name) for name in FIELDS if name not in ("marking", "reminders")}
"""Each field that is one column; a marking is four, and reminders are three."""
POLICY = "e.reminder_leads, e.ask_leads, e.ask_after, e.sends_thanks"
"""What `policy_in_row` reads of event `e`."""
FIELDS_OF_EVENT = ", ".join([*(f"e.{column} AS {name}" for name, column in _COLUMNS.items()), POLICY])
"""The fields of event `e`, besides what `MARKING` and `MARK_AGENCY` read."""


def columns_of_event(event_fields: EventFields, rrule: str | None) -> dict[str, Any]:
    """Return the columns for an event's fields and its recurrence rule."""
    values = field_values(event_fields)
    plain = {column: values[name] for name, column in _COLUMNS.items()}
    return {
        **plain,
        "rrule": rrule,
        **columns_of_marking(event_fields.marking),
        **columns_of_policy(event_fields.reminders),
    }


MARKING = "e.mark_categories, e.mark_limit, e.mark_agency, e.mark_until"
"""What `marking_in` reads of event `e`; a reader may add the agency's name, with the next two."""
MARK_AGENCY = "k.name AS mark_agency_name"
MARKED_BY = " LEFT JOIN agency k ON k.id = e.mark_agency"
BETWEEN_CATEGORIES = "/"


def marking_in(row: Mapping[str, Any]) -> Marking | None:
    """Return the marking in a row of `MARKING`; None where there is no event."""
    if not row["mark_categories"]:
        return None
    return Marking(
        categories=frozenset(Category(category) for category in row["mark_categories"].split(BETWEEN_CATEGORIES)),
        limit=Limit(row["mark_limit"]) if row["mark_limit"] else None,
        agency_id=row["mark_agency"],
        agency=row.get("mark_agency_name", ""),
        decontrol_on=row["mark_until"],
    )


def columns_of_marking(marking: Marking | None) -> dict[str, Any]:
    """Return the columns for a marking, or for none."""
    return {
        "mark_categories": BETWEEN_CATEGORIES.join(sorted(marking.categories)) if marking else "",
        "mark_limit": (marking.limit or "") if marking else "",
        "mark_agency": marking.agency_id if marking else None,
        "mark_until": marking.decontrol_on if marking else None,
    }


@cache
def leads_in_text(text: str) -> frozenset[timedelta]:
    """Return the lead times in a column: "10080,120", in minutes."""
    return frozenset(timedelta(minutes=int(lead)) for lead in text.split(BETWEEN_LEADS) if lead)


def policy_in_row(row: Mapping[str, Any]) -> ReminderPolicy:
    """Return the policy in a row of `POLICY`."""
    return ReminderPolicy(
        leads=leads_in_text(row["reminder_leads"]),
        asks_before=leads_in_text(row["ask_leads"]),
        asks_after=leads_in_text(row["ask_after"]),
        sends_thanks=bool(row["sends_thanks"]),
    )


def columns_of_policy(policy: ReminderPolicy) -> dict[str, Any]:
    """Return the columns of an event for its policy."""
    return {
        "reminder_leads": text_of_leads(policy.leads),
        "ask_leads": text_of_leads(policy.asks_before),
        "ask_after": text_of_leads(policy.asks_after),
        "sends_thanks": policy.sends_thanks,
    }


class UndoSnapshot(Identified, Table):
    """One change to an event, by the person who can undo it."""

    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    actor = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    at = Timestamptz(null=False)
    replaced = Text()
    """JSON of `rules.events.undo.ReplacedRows`: earlier rows, and the ids of new ones"""

    constraints = (index("undo_snapshot_event", "event", "at"), index("undo_snapshot_at", "at"))
