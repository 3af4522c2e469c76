"""Plans of joint operations, conflicts between them, their day, and who may see them.

People read them through `visible`, never here. The operations order and the phases hang on a plan; so do the
confidential sites for off-site services, without coordinates, so they are never compared.
"""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.operations.check_ins import DEFAULT_RELEASE_WAIT
from tracker.rules.operations.deconfliction import Decision, Outcome
from tracker.rules.operations.plans import Disclosure, OutsideResult, SiteRole, System
from tracker.rules.operations.readiness import Minors, NoticeState
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.columns import Identified, check, index, one_of, unique, unique_index
from tracker.tables.schema.events import Event, Occurrence
from tracker.tables.schema.roster import Agency, ConfidentialSite, Member


class OperationPlan(Identified, Table):
    """The plan of one operation."""

    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade, unique=True)
    state = Varchar(length=12)
    supervisor = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    supervisor_named_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    changed_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """Who made the version as it is; None = not known, in plans from before it was kept."""
    disclosure = Varchar(length=14)
    buffer_minutes = Integer()
    version = Integer(default=1)
    kind = Varchar(length=60, default="")
    """One of the setting's kinds of operations when it was chosen; empty until then."""
    checked_start = Timestamptz(null=True, default=None)
    """Start and end at the last comparison with the others; None before the first."""
    checked_end = Timestamptz(null=True, default=None)
    was_off = Boolean(default=False)
    """Whether its event was canceled at that comparison."""
    awaits_clock = Boolean(default=False)
    """Whether it changed and has not been compared yet with the plans that show the other side nothing."""

    constraints = (
        one_of("state", OperationState),
        one_of("disclosure", Disclosure),
        check("buffer_minutes BETWEEN 0 AND 1440"),
        index("operation_plan_state", "state"),
    )


class OperationSite(Identified, Table):
    """A place of an operation, in millionths of a degree of WGS 84."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    role = Varchar(length=20)
    place = Varchar(length=200)
    latitude_e6 = Integer()
    longitude_e6 = Integer()
    radius_ft = Integer()

    constraints = (
        one_of("role", SiteRole),
        check("latitude_e6 BETWEEN -90000000 AND 90000000"),
        check("longitude_e6 BETWEEN -180000000 AND 180000000"),
    )


class OperationAgency(Identified, Table):
    """What an agency commits to an operation, and the version of the plan that it acknowledged."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    people = Integer()
    vehicles = Integer()
    skills = Varchar(length=200, default="")
    acknowledged = Integer(null=True, default=None)
    acknowledged_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    acknowledged_at = Timestamptz(null=True, default=None)

    constraints = (unique("plan", "agency"),)


class Clearance(Identified, Table):
    """A number of a deconfliction system outside, or a waiver; rows are replaced, never changed."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    system = Varchar(length=14, null=True, default=None)
    """None for a waiver."""
    number = Varchar(length=60, default="")
    result = Varchar(length=11, null=True, default=None)
    reason = Text(default="")
    starts_at = Timestamptz(null=False)
    """When the operation was to begin and end at that time; it holds for no other, give or take the buffer."""
    ends_at = Timestamptz(null=False)
    submitted_at = Timestamptz(null=False)
    submitted_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    recorded_at = Timestamptz(null=False)
    replaced_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """Whose change ended it; None = the tracker: the time moved."""

    constraints = (
        one_of("system", System),
        one_of("result", OutsideResult),
        check("(system IS NULL) = (number = '') AND (system IS NULL) = (reason <> '')"),
        check("(system IS NULL) = (result IS NULL)"),
        unique_index("clearance_current", "plan", where="replaced_at IS NULL"),
    )


class OperationApproval(Identified, Table):
    """That a supervisor approved a version of a plan."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    version = Integer()
    starts_at = Timestamptz(null=False)
    """When the operation was to begin and end as it was approved."""
    ends_at = Timestamptz(null=False)
    approved_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    approved_at = Timestamptz(null=False)
    ended_at = Timestamptz(null=True, default=None)


class DeconflictionHit(Identified, Table):
    """A conflict between two operations; `first` has the smaller id, so that a pair has one open row."""

    first = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    second = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    distance_ft = Integer()
    gap_minutes = Integer()
    facts = Varchar(length=64)
    """A hash of when and where the two are."""
    found_at = Timestamptz(null=False)
    first_knows = Boolean(default=False)
    """Whether the lead of `first` was shown it while it was open."""
    second_knows = Boolean(default=False)
    dropped_at = Timestamptz(null=True, default=None)
    """When what both sides could read of decisions ended last, because the facts changed."""
    first_lead = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """Who led `first` when the conflict ended, if the other side was shown that."""
    second_lead = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    closed_at = Timestamptz(null=True, default=None)
    outcome = Varchar(length=14, null=True, default=None)

    constraints = (
        one_of("outcome", Outcome),
        check("first < second"),
        check("(closed_at IS NULL) = (outcome IS NULL)"),
        unique_index("deconfliction_hit_open", "first", "second", where="closed_at IS NULL"),
    )


class HitDecision(Identified, Table):
    """What one side of a conflict decided; rows are replaced, never changed."""

    hit = ForeignKey(DeconflictionHit, null=False, on_delete=OnDelete.cascade)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    decision = Varchar(length=14)
    reason = Text(default="")
    decided_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    decided_at = Timestamptz(null=False)
    replaced_at = Timestamptz(null=True, default=None)
    """When the side decided something else, or the facts changed."""

    constraints = (
        one_of("decision", Decision),
        unique_index("hit_decision_current", "hit", "plan", where="replaced_at IS NULL"),
    )


class ComparedPlaces(Identified, Table):
    """Places of a plan that a person had compared with other operations at one moment."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.cascade)
    """That of the person at that time."""
    places = Integer()
    compared_at = Timestamptz(null=False)

    constraints = (
        index("compared_places_member", "member", "compared_at"),
        index("compared_places_agency", "agency", "compared_at"),
    )


class OperationReturn(Identified, Table):
    """One submission that was sent back to planning; it is never changed."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    version = Integer()
    """The version of the plan that was submitted."""
    comment = Text()
    returned_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    returned_at = Timestamptz(null=False)

    constraints = (check("comment <> ''"),)


class OperationOrder(Identified, Table):
    """The order as it was saved once; a column for each of `rules.operations.orders.Paragraph`."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    version = Integer()
    """The version of the plan that this order made."""
    situation = Text(default="")
    mission = Text(default="")
    execution = Text(default="")
    administration = Text(default="")
    command = Text(default="")
    saved_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    saved_at = Timestamptz(null=False)

    constraints = (unique("plan", "version"),)


class OperationPhase(Identified, Table):
    """One phase; its planned times are counted from the start of the operation, so that they move with it."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    name = Varchar(length=60)
    start_minutes = Integer()
    """From the start of the operation; negative before it."""
    end_minutes = Integer(null=True, default=None)
    """None for a phase that is a moment."""
    begun_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    """Rises each time it is recorded when the phase began or ended."""

    constraints = (
        check("end_minutes IS NULL OR end_minutes > start_minutes"),
        check("ended_at IS NULL OR begun_at IS NOT NULL"),
    )


class OperationOffSite(Identified, Table):
    """A confidential site that a plan names; its public name is read from the site."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    site = ForeignKey(ConfidentialSite, null=False, on_delete=OnDelete.restrict, index=True)

    constraints = (unique("plan", "site"),)


class OperationCheckIn(Table):
    """What was recorded about one person; a later row replaces it, and it stays."""

    id = UUID(primary_key=True)
    """Made of the tap: sent twice, it is the same row."""
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    person = UUID()
    """The member, or the walk-in, whose id was made with their first row."""
    member = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    guest = Varchar(length=120, default="")
    """The name of a walk-in; empty for members."""
    guest_agency = Varchar(length=120, default="")
    """The agency of a walk-in in words, when it isn't in the directory."""
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict)
    """The agency served at that time."""
    contact = Varchar(length=120, default="")
    assignment = Varchar(length=120, default="")
    time_in = Timestamptz(null=True, default=None)
    time_out = Timestamptz(null=True, default=None)
    tapped_at = Timestamptz(null=True, default=None)
    recorded_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    recorded_at = Timestamptz(null=False)
    replaced_by = UUID(null=True, default=None)
    """The row that counts in its place."""

    constraints = (
        check("(member IS NULL) = (guest <> '')"),
        check("time_out IS NULL OR (time_in IS NOT NULL AND time_out >= time_in)"),
        unique_index("operation_check_in_current", "plan", "person", where="replaced_by IS NULL"),
    )


class OperationRelease(Identified, Table):
    """That everyone was released, and whether the lead was notified of people who aren't out."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    wait_minutes = Integer(default=DEFAULT_RELEASE_WAIT)
    ordered_at = Timestamptz(null=False)
    ordered_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    withdrawn_at = Timestamptz(null=True, default=None)
    notified_at = Timestamptz(null=True, default=None)

    constraints = (
        check("wait_minutes BETWEEN 5 AND 240"),
        unique_index("operation_release_current", "plan", where="withdrawn_at IS NULL"),
    )


class OperationLogEntry(Table):
    """One version of an entry; rows are added, never changed."""

    id = UUID(primary_key=True)
    """Made of the tap: sent twice, it is the same row."""
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    entry = UUID()
    """The first version of the entry; its own id for that one."""
    happened_at = Timestamptz(null=False)
    text = Varchar(length=500)
    written_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    written_at = Timestamptz(null=False)


class OperationStateChange(Identified, Table):
    """When an operation entered a state, and who took it there."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    was = Varchar(length=12)
    state = Varchar(length=12)
    entered_at = Timestamptz(null=False)
    entered_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """None = the tracker: a moved time took the plan back, or the last person checked out."""

    constraints = (one_of("was", OperationState), one_of("state", OperationState))


class HotWash(Identified, Table):
    """What went well in an operation, and what to improve."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, unique=True)
    went_well = Text(default="")
    to_improve = Text(default="")
    version = Integer(default=1)
    saved_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    saved_at = Timestamptz(null=False)


class AfterAction(Identified, Table):
    """What a hot wash asks for, and the action item that it became."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    title = Varchar(length=200)
    item = ForeignKey(ActionItem, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    """None until it has an owner and a due date."""
    added_at = Timestamptz(null=False)

    constraints = (check("title <> ''"),)


class ReleasedLesson(Identified, Table):
    """What everyone reads: a title and a text, and nothing that leads back, not even a time."""

    title = Varchar(length=120)
    text = Text()

    constraints = (check("title <> '' AND text <> ''"),)


class Lesson(Identified, Table):
    """What was learned from an operation, and the edition of it that could be released."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    text = Text()
    edition_title = Varchar(length=120, default="")
    edition_text = Text(default="")
    version = Integer(default=1)
    released = ForeignKey(ReleasedLesson, null=True, default=None, on_delete=OnDelete.set_null, unique=True)
    added_at = Timestamptz(null=False)

    constraints = (check("text <> ''"),)


class OperationGrant(Identified, Table):
    """Access of one person, requested or given; it ends, and is never deleted."""

    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    giver = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    reason = Text(default="")
    requested_at = Timestamptz(null=False)
    granted_at = Timestamptz(null=True, default=None)
    """None while it waits for a second person"""
    approver = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    until = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """None when it ended by itself"""

    constraints = (
        check("approver IS NULL OR granted_at IS NOT NULL"),
        check("approver <> giver"),
        check("ended_by IS NULL OR ended_at IS NOT NULL"),
        unique_index("operation_grant_open", "event", "member", where="ended_at IS NULL"),
        index("operation_grant_until", "member", "until", where="until IS NOT NULL AND ended_at IS NULL"),
    )


class EmergencyAccess(Identified, Table):
    """One emergency access, of one session."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    session = Varchar(length=64)
    """The id of the session: a hash of its cookie. The access ends with it."""
    reason = Text()
    began_at = Timestamptz(null=False)
    until = Timestamptz(null=False)
    ended_at = Timestamptz(null=True, default=None)
    """When it was ended, by its person or by the clock"""

    constraints = (check("reason <> ''"), index("emergency_access_session", "session", where="ended_at IS NULL"))


class EmergencyOpening(Identified, Table):
    """One operation that was opened."""

    access = ForeignKey(EmergencyAccess, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade, index=True)
    opened_at = Timestamptz(null=False)

    constraints = (unique("access", "event"),)


class BriefCopy(Identified, Table):
    """One copy of a brief."""

    occurrence = ForeignKey(Occurrence, null=False, on_delete=OnDelete.cascade)
    number = Integer(default=1)
    """From 1 on for each date."""
    issued_to = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    issued_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    issued_at = Timestamptz(null=False)
    version = Integer(null=True, default=None)
    """Of the plan that the copy shows; None for an operation without a plan."""

    constraints = (unique("occurrence", "number"),)


class ReadinessNotice(Identified, Table):
    """What victim services are given; recipients read it once it is released."""

    uid = Varchar(length=36, unique=True)
    state = Varchar(length=12)
    starts_at = Timestamptz(null=False)
    ends_at = Timestamptz(null=False)
    fewest = Integer()
    most = Integer()
    languages = Varchar(length=200, default="")
    minors = Varchar(length=8)
    needs = Text(default="")
    place = Varchar(length=200, default="")
    contact = Varchar(length=200)
    release_at = Timestamptz(null=False)
    released_at = Timestamptz(null=True, default=None)
    """None = its recipients can't know of it."""
    changed_at = Timestamptz(null=False)
    """When its calendar entry last changed."""
    sequence = Integer(default=0)

    constraints = (
        one_of("state", NoticeState),
        one_of("minors", Minors),
        check("starts_at < ends_at"),
        check("fewest BETWEEN 0 AND most"),
        check("(released_at IS NULL) = (state IN ('draft', 'scheduled'))"),
        index("readiness_notice_due", "release_at", where="state = 'scheduled'"),
    )


class ReadinessRecipient(Identified, Table):
    """A person who gets a notice, and when they acknowledged it."""

    notice = ForeignKey(ReadinessNotice, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    acknowledged_at = Timestamptz(null=True, default=None)

    constraints = (unique("notice", "member"),)


class OperationReadiness(Identified, Table):
    """Which operation a notice is for: the only way from one to the other, and it begins at the operation."""

    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    notice = ForeignKey(ReadinessNotice, null=False, on_delete=OnDelete.cascade, unique=True)
    made_at = Timestamptz(null=False)
