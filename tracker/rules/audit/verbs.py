"""What an entry of the audit log says was done, and to what: each verb and each subject is declared here, once.

The values are stored, so they stay; an entry of an earlier version may have one that is declared no longer.
"""

from tracker.rules.core.viewers import Arm
from tracker.rules.core.wording import Worded

NO_EVENT = "reveals no event"
"""Marks a subject whose title any reader of the log may see; others lead to an event that the reader must see."""


class AuditGroup(Worded):
    """Entries that a reader filters for together: those with a verb of the group, or about a subject of the group."""

    DENIED = "denied", "Denied requests and failed sign-ins"
    READING = "reading", "Reading and exports"
    ACCOUNTS = "accounts", "Sign-in and security"
    EVENTS = "events", "Events and replies"
    ITEMS = "items", "Action items"
    PEOPLE = "people", "People and agencies"
    FEEDS = "feeds", "Calendars and tokens"
    MESSAGES = "messages"
    AUDIT = "audit", "The audit log"


class AuditSubject(Worded):
    """What an entry is about: its words, and whether it is `NO_EVENT`, and its group."""

    def __init__(self, _value: str, label: str = "", *marks: str) -> None:
        self.label = label or str(self)
        self.is_open = NO_EVENT in marks
        self.groups = frozenset(marks) - {NO_EVENT}

    EVENT = "event", "event", AuditGroup.EVENTS
    OCCURRENCE = "occurrence", "date", AuditGroup.EVENTS
    INVITATION = "invitation", "invitation", AuditGroup.EVENTS
    TEMPLATE = "template", "event template", AuditGroup.EVENTS, NO_EVENT
    ITEM = "item", "action item", AuditGroup.ITEMS
    MEMBER = "member", "member", AuditGroup.PEOPLE, NO_EVENT
    AGENCY = "agency", "agency", AuditGroup.PEOPLE, NO_EVENT
    COMMITTEE = "committee", "committee", AuditGroup.PEOPLE, NO_EVENT
    SEAT = "seat", "seat", AuditGroup.PEOPLE, NO_EVENT
    ROSTER = "roster", "the roster", AuditGroup.PEOPLE, NO_EVENT
    SITE = "site", "site", AuditGroup.PEOPLE, NO_EVENT
    SUBSCRIPTION = "subscription", "calendar feed", AuditGroup.FEEDS, NO_EVENT
    SHARED_CALENDAR = "shared_calendar", "shared calendar", AuditGroup.FEEDS, NO_EVENT
    API_TOKEN = "api_token", "personal token", AuditGroup.FEEDS, NO_EVENT
    MESSAGE = "message", "message", AuditGroup.MESSAGES
    OUTBOX = "outbox", "reminders", AuditGroup.MESSAGES
    AUDIT = "audit", "the audit log", AuditGroup.AUDIT, NO_EVENT
    ADDRESS = "address", "address", NO_EVENT
    CALENDAR = "calendar"
    COMMITTEE_ESCALATION = "committee_escalation", "the escalation of a committee’s action items", NO_EVENT
    COMMITTEE_PREFERENCE = "committee_preference", "reminder settings for a committee", NO_EVENT
    CONFIDENTIAL_SITE = "confidential_site", "confidential place"
    DECONFLICTION = "deconfliction", "the conflicts between operations"
    DEPLOYMENT = "deployment", "the tracker", NO_EVENT
    EMERGENCY = "emergency", "emergency access", NO_EVENT
    PREFERENCE = "preference", "reminder settings", NO_EVENT
    READINESS_NOTICE = "readiness_notice", "service-readiness notice"
    REPORT = "report", "a report", NO_EVENT
    SAVED_FILTER = "saved_filter", "saved filter", NO_EVENT
    SET_UP_LIST = "set_up_list", "the setup checklist", NO_EVENT
    USUAL_QUIET_HOURS = "usual_quiet_hours", "the task force’s quiet hours", NO_EVENT
    USUAL_REMINDERS = "usual_reminders", "the task force’s reminders", NO_EVENT


class AuditVerb(Worded):
    """What was done: how its sentence begins ("Scheduled" without words of its own), and marks.

    A mark is a group, or `Arm.LAW_ENFORCEMENT` for deeds about an operation of which victim services on it see nothing
    on its pages either.
    """

    def __init__(self, _value: str, _label: str = "", *marks: AuditGroup | Arm) -> None:
        self.groups = frozenset(marks)
        self.is_law_enforcement_only = Arm.LAW_ENFORCEMENT in marks

    ADDED = "added"
    CANCELED = "canceled"
    CHANGED = "changed"
    COMPARISONS_LIMITED = "comparisons_limited"
    CREATED = "created"
    DISCARDED = "discarded"
    EMERGENCY_EXPIRED = "emergency_expired"
    EXPORTED = "exported", "Exported", AuditGroup.READING
    IMPORTED = "imported"
    MOVED = "moved"
    READ = "read", "Read", AuditGroup.READING
    REMOVED = "removed"
    REPLANNED = "replanned"
    RESENT = "resent"
    REVOKED = "revoked"
    ROTATED = "rotated"
    SAVED = "saved"
    SCHEDULED = "scheduled"
    SHARED = "shared"
    UPDATED = "updated"
    NOT_FOUND = "not_found", "Requested a missing or restricted page:", AuditGroup.DENIED
    DENIED = "denied", "Access refused:", AuditGroup.DENIED
    SIGN_IN_FAILED = "sign_in_failed", "Failed to sign in:", AuditGroup.DENIED, AuditGroup.ACCOUNTS
    LOCKED = "locked", "Sign-in paused after failed attempts:", AuditGroup.DENIED, AuditGroup.ACCOUNTS
    RELEASED = "released", "Ended the sign-in pause of", AuditGroup.ACCOUNTS
    SIGNED_IN = "signed_in", "Signed in", AuditGroup.ACCOUNTS
    SIGNED_OUT = "signed_out", "Signed out", AuditGroup.ACCOUNTS
    LINK_ISSUED = "link_issued", "Created a link for", AuditGroup.ACCOUNTS
    INVITED = "invited", "Emailed an invitation to", AuditGroup.ACCOUNTS
    EMAIL_TESTED = "email_tested", "Sent a test email to"
    PASSWORD_CHANGED = "password_changed", "Set a new password:", AuditGroup.ACCOUNTS
    AUTHENTICATOR_ADDED = "authenticator_added", "Added an authenticator:", AuditGroup.ACCOUNTS
    AUTHENTICATOR_REPLACED = "authenticator_replaced", "Replaced an authenticator:", AuditGroup.ACCOUNTS
    AUTHENTICATOR_REMOVED = "authenticator_removed", "Removed the authenticator of", AuditGroup.ACCOUNTS
    RECOVERY_CODES_MADE = "recovery_codes_made", "Created new recovery codes:", AuditGroup.ACCOUNTS
    RECOVERY_CODE_USED = "recovery_code_used", "Used a recovery code:", AuditGroup.ACCOUNTS
    SESSION_ENDED = "session_ended", "Ended a session:", AuditGroup.ACCOUNTS
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere", "Ended all sessions of", AuditGroup.ACCOUNTS
    PHONE_LOST = "phone_lost", "Reported a lost device:", AuditGroup.ACCOUNTS
    FEEDS_REVOKED = "feeds_revoked", "Turned off all feeds of", AuditGroup.ACCOUNTS
    TOKENS_REVOKED = "tokens_revoked", "Revoked all tokens of", AuditGroup.ACCOUNTS
    PROFILE_CHANGED = "profile_changed", "Changed the profile of"
    SUSPENDED = "suspended", "Suspended the account of"
    REOPENED = "reopened", "Reopened the account of"
    REVIEWED = "reviewed", "Confirmed the account of"
    ADDRESS_ADDED = "address_added", "Added another address to reply from:"
    ADDRESS_CONFIRMED = "address_confirmed", "Confirmed another address to reply from:"
    ADDRESS_REMOVED = "address_removed", "Removed another address to reply from:"
    ADDRESS_RESTORED = "address_restored", "Restored another address to reply from:"
    EMAIL_PAUSED = "email_paused", "Paused sending email to"
    EMAIL_RESUMED = "email_resumed", "Resumed sending email to"
    DEPARTED = "departed", "Removed from the task force:"
    RESTORED = "restored"
    SEATED = "seated", "Added a seat on"
    UNSEATED = "unseated", "Removed a seat on"
    BLACKOUT_NAMED = "blackout_named", "Added blackout days for"
    BLACKOUT_TAKEN_BACK = "blackout_taken_back", "Removed blackout days for"
    AUDIT_READ = "audit_read", "Read", AuditGroup.READING
    AUDIT_EXPORTED = "audit_exported", "Exported", AuditGroup.READING
    AUDIT_VERIFIED = "audit_verified", "Verified"
    ITEM_CREATED = "item_created", "Assigned"
    ITEM_UPDATED = "item_updated", "Updated"
    ITEM_HANDED_OVER = "item_handed_over", "Reassigned"
    REMINDED = "reminded", "Sent reminders for"
    UNDONE = "undone", "Undid a change to"
    REMINDERS_UNDONE = "reminders_undone", "Undid reminders about"
    THANKED = "thanked", "Sent a thank-you for"
    THANKS_UNDONE = "thanks_undone", "Undid a thank-you for"
    REPLIED = "replied", "Replied to an"
    DATE_ADDED = "date_added", "Added a date to"
    ENDED = "ended", "Canceled the following dates of"
    REPLIED_FOR = "replied_for", "Recorded a reply to an"
    REPLY_ATTACHED = "reply_attached", "Attached an email as the reply to an"
    REPLY_DISMISSED = "reply_dismissed", "Dismissed an email that replied to an"
    REFUSAL_UNDONE = "refusal_undone", "Undid a substitute’s No to an"
    REPLY_DECISION_UNDONE = "reply_decision_undone", "Undid a decision about an email that replied to an"
    ITEM_EMAIL_ATTACHED = "item_email_attached", "Attached an email as a reply about"
    ITEM_EMAIL_DISMISSED = "item_email_dismissed", "Dismissed an email about"
    ITEM_EMAIL_UNDONE = "item_email_undone", "Undid a decision on an email about"
    PROPOSAL_DECLINED = "proposal_declined", "Declined a proposed time for"
    PROPOSAL_DECLINE_UNDONE = "proposal_decline_undone", "Undid declining a proposed time for"
    ATTENDANCE_MARKED = "attendance_marked", "Marked attendance of"
    BRIEF_PRINTED = "brief_printed", "Issued a copy of the brief of"
    PLAN_BEGUN = "plan_begun", "Started the plan of"
    PLAN_CHANGED = "plan_changed", "Changed the plan of"
    OPERATION_DRAFT = "operation_draft", "Returned to draft:"
    OPERATION_PLANNING = "operation_planning", "Started planning"
    OPERATION_SUBMITTED = "operation_submitted", "Submitted the plan of"
    OPERATION_APPROVED = "operation_approved", "Approved the plan of"
    PLAN_RETURNED = "plan_returned", "Sent back the plan of"
    OPERATION_BRIEFED = "operation_briefed", "Marked as briefed:"
    OPERATION_EXECUTING = "operation_executing", "Began the operation:"
    OPERATION_RELEASED = "operation_released", "Marked as released:"
    OPERATION_DEBRIEFED = "operation_debriefed", "Marked as debriefed:"
    OPERATION_CLOSED = "operation_closed", "Closed the operation:"
    OPERATION_STOOD_DOWN = "operation_stood_down", "Stood down the operation:"
    OPERATION_ABORTED = "operation_aborted", "Aborted the operation:"
    OPERATION_KIND_CHOSEN = "operation_kind_chosen", "Set the operation type of"
    ORDER_SAVED = "order_saved", "Saved the operations order of"
    PHASE_ADDED = "phase_added", "Added a phase to"
    PHASE_CHANGED = "phase_changed", "Changed a phase of"
    PHASE_REMOVED = "phase_removed", "Removed a phase from"
    PHASE_TIMED = "phase_timed", "Recorded when a phase started or ended in"
    PLAN_ACKNOWLEDGED = "plan_acknowledged", "Acknowledged the plan of"
    SITE_ADDED = "site_added", "Added a site to"
    SITE_CHANGED = "site_changed", "Changed a site of"
    SITE_REMOVED = "site_removed", "Removed a site from"
    AGENCY_COMMITTED = "agency_committed", "Recorded an agency’s resources for"
    AGENCY_WITHDREW = "agency_withdrew", "Removed an agency’s resources from"
    OUTSIDE_NUMBER_RECORDED = "outside_number_recorded", "Recorded a deconfliction number for"
    OUTSIDE_CHECK_WAIVED = "outside_check_waived", "Waived the deconfliction number of"
    CHECKED_IN = "checked_in", "Recorded a check-in at", Arm.LAW_ENFORCEMENT
    CHECKED_OUT = "checked_out", "Recorded a check-out at", Arm.LAW_ENFORCEMENT
    WALK_IN_CHECKED_IN = "walk_in_checked_in", "Checked in a walk-in at", Arm.LAW_ENFORCEMENT
    CHECK_IN_CORRECTED = "check_in_corrected", "Corrected a check-in at", Arm.LAW_ENFORCEMENT
    LOG_ENTRY_ADDED = "log_entry_added", "Added to the activity log of", Arm.LAW_ENFORCEMENT
    LOG_ENTRY_CORRECTED = "log_entry_corrected", "Corrected the activity log of", Arm.LAW_ENFORCEMENT
    EVERYONE_RELEASED = "everyone_released", "Released everyone from", Arm.LAW_ENFORCEMENT
    RELEASE_WITHDRAWN = "release_withdrawn", "Undid the release of", Arm.LAW_ENFORCEMENT
    CHECK_IN_UNDONE = "check_in_undone", "Undid a check-in or check-out at", Arm.LAW_ENFORCEMENT
    ACCESS_GIVEN = "access_given", "Gave access to"
    ACCESS_REQUESTED = "access_requested", "Requested access to"
    ACCESS_APPROVED = "access_approved", "Approved access to"
    ACCESS_DECLINED = "access_declined", "Declined access to"
    ACCESS_ENDED = "access_ended", "Ended access to"
    ACCESS_EXPIRED = "access_expired", "Access expired:"
    AFTER_ACTION_ADDED = "after_action_added", "Added an after-action item to"
    AFTER_ACTION_ASSIGNED = "after_action_assigned", "Assigned an after-action item of"
    AFTER_ACTION_REMOVED = "after_action_removed", "Removed an after-action item from"
    LESSON_ADDED = "lesson_added", "Added a lesson to"
    LESSON_CHANGED = "lesson_changed", "Changed a lesson of"
    LESSON_REMOVED = "lesson_removed", "Removed a lesson from"
    LESSON_RELEASED = "lesson_released", "Released a lesson of"
    LESSON_WITHDRAWN = "lesson_withdrawn", "Withdrew a lesson of"
    HOT_WASH_SAVED = "hot_wash_saved", "Saved the hot wash of"
    EMERGENCY_BEGUN = "emergency_begun", "Started"
    EMERGENCY_OPENED = "emergency_opened", "Opened with emergency access:"
    EMERGENCY_READ = "emergency_read", "Read a page with"
    EMERGENCY_ENDED = "emergency_ended", "Ended"
    POLL_OPENED = "poll_opened", "Sent the date poll of"
    POLL_ADDED_TO = "poll_added_to", "Sent more people the date poll of"
    POLL_REPLIED = "poll_replied", "Replied to the date poll of"
    POLL_REMINDED = "poll_reminded", "Sent reminders about the date poll of"
    POLL_REMINDERS_UNDONE = "poll_reminders_undone", "Undid reminders about the date poll of"
    POLL_CANCELED = "poll_canceled", "Canceled the date poll of"
    POLL_RESTORED = "poll_restored", "Restored the date poll of"
    POLL_SCHEDULED = "poll_scheduled", "Chose a date for"
    CONFLICT_DECIDED = "conflict_decided", "Recorded a decision about a conflict of", Arm.LAW_ENFORCEMENT
    CONFLICTS_READ = "conflicts_read", "Read", AuditGroup.READING
    OFF_SITE_ADDED = "off_site_added", "Added a place for off-site services to"
    OFF_SITE_REMOVED = "off_site_removed", "Removed a place for off-site services from"
    READINESS_SAVED = "readiness_saved", "Saved a service-readiness notice of"
    READINESS_DISCARDED = "readiness_discarded", "Deleted the draft of a service-readiness notice of"
    READINESS_SCHEDULED = "readiness_scheduled", "Scheduled a service-readiness notice of"
    READINESS_UNSCHEDULED = "readiness_unscheduled", "Unscheduled a service-readiness notice of"
    READINESS_ACTIVATED = "readiness_activated", "Activated services for"
    READINESS_CLOSED = "readiness_closed", "Closed the service-readiness notice of"
    READINESS_STOOD_DOWN = "readiness_stood_down", "Stood down services for"
    READINESS_RELEASED = "readiness_released", "Released"
    READINESS_CALLED_OFF = "readiness_called_off", "Stood down with the operation:"
    READINESS_ACKNOWLEDGED = "readiness_acknowledged", "Acknowledged"
    ATTENDANCE_CLOSED = "attendance_closed", "Closed attendance of"
    ATTENDANCE_REOPENED = "attendance_reopened", "Reopened attendance of"
    CAUGHT_UP = "caught_up", "Caught up after a pause:"
    BACKED_UP = "backed_up"
    BACKUP_RESTORED = "backup_restored", "Restored from a backup:"
    SECRET_REPLACED = "secret_replaced", "Replaced the secret of"
    RESUMED_SENDING = "resumed_sending", "Resumed sending from a restored copy:"
    HIDDEN = "hidden", "Hid"
    SHOWN_AGAIN = "shown_again", "Showed again"


DENIED = frozenset(verb for verb in AuditVerb if AuditGroup.DENIED in verb.groups)
"""Denied requests."""
LAW_ENFORCEMENT_ONLY = frozenset(verb for verb in AuditVerb if verb.is_law_enforcement_only)
OPEN_SUBJECTS = frozenset(subject for subject in AuditSubject if subject.is_open)


def verb_words(verb: str) -> str:
    """Return how the sentence of an entry begins."""
    known = AuditVerb.known(verb)
    return known.label if known else verb.replace("_", " ").capitalize()


def subject_words(subject: str) -> str:
    """Return the label of what an entry is about."""
    known = AuditSubject.known(subject)
    return known.label if known else subject
