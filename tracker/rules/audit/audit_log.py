"""The entries of the audit log in words, one by one and by deed, the groups for filtering, and what a reader asks for.

The entries of one request or one run of the clock are one deed: a row with a sentence for all.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, TypeVar
from uuid import UUID

from msgspec import Struct

from tracker.rules.audit import facts as audit_facts
from tracker.rules.core.viewers import Origin
from tracker.rules.core.wording import plural
from tracker.rules.events.markings import Marking

READ = "read"
DENIED = frozenset({"denied", "not_found", "sign_in_failed", "locked"})
"""Denied requests."""

VERBS = {
    "not_found": "Requested a missing or restricted page:",
    "denied": "Access refused:",
    "sign_in_failed": "Failed to sign in:",
    "locked": "Sign-in paused after failed attempts:",
    "released": "Ended the sign-in pause of",
    "signed_in": "Signed in",
    "signed_out": "Signed out",
    "link_issued": "Created a link for",
    "invited": "Emailed an invitation to",
    "email_tested": "Sent a test email to",
    "password_changed": "Set a new password:",
    "authenticator_added": "Added an authenticator:",
    "authenticator_replaced": "Replaced an authenticator:",
    "authenticator_removed": "Removed the authenticator of",
    "recovery_codes_made": "Created new recovery codes:",
    "recovery_code_used": "Used a recovery code:",
    "session_ended": "Ended a session:",
    "signed_out_everywhere": "Ended all sessions of",
    "phone_lost": "Reported a lost device:",
    "feeds_revoked": "Turned off all feeds of",
    "tokens_revoked": "Revoked all tokens of",
    "profile_changed": "Changed the profile of",
    "suspended": "Suspended the account of",
    "reopened": "Reopened the account of",
    "reviewed": "Confirmed the account of",
    "address_added": "Added another address to reply from:",
    "address_confirmed": "Confirmed another address to reply from:",
    "address_removed": "Removed another address to reply from:",
    "address_restored": "Restored another address to reply from:",
    "email_paused": "Paused sending email to",
    "email_resumed": "Resumed sending email to",
    "departed": "Removed from the task force:",
    "restored": "Restored",
    "seated": "Added a seat on",
    "unseated": "Removed a seat on",
    "blackout_named": "Added blackout days for",
    "blackout_taken_back": "Removed blackout days for",
    "audit_read": "Read",
    "audit_exported": "Exported",
    "audit_verified": "Verified",
    "item_created": "Assigned",
    "item_updated": "Updated",
    "item_handed_over": "Reassigned",
    "reminded": "Sent reminders for",
    "undone": "Undid a change to",
    "reminders_undone": "Undid reminders about",
    "thanked": "Sent a thank-you for",
    "thanks_undone": "Undid a thank-you for",
    "replied": "Replied to an",
    "date_added": "Added a date to",
    "ended": "Canceled the following dates of",
    "replied_for": "Recorded a reply to an",
    "reply_attached": "Attached an email as the reply to an",
    "reply_dismissed": "Dismissed an email that replied to an",
    "refusal_undone": "Undid a substitute’s No to an",
    "reply_decision_undone": "Undid a decision about an email that replied to an",
    "item_email_attached": "Attached an email as a reply about",
    "item_email_dismissed": "Dismissed an email about",
    "item_email_undone": "Undid a decision on an email about",
    "proposal_declined": "Declined a proposed time for",
    "proposal_decline_undone": "Undid declining a proposed time for",
    "attendance_marked": "Marked attendance of",
    "brief_printed": "Issued a copy of the brief of",
    "plan_begun": "Started the plan of",
    "plan_changed": "Changed the plan of",
    "operation_draft": "Returned to draft:",
    "operation_planning": "Started planning",
    "operation_submitted": "Submitted the plan of",
    "operation_approved": "Approved the plan of",
    "plan_returned": "Sent back the plan of",
    "operation_briefed": "Marked as briefed:",
    "operation_executing": "Began the operation:",
    "operation_released": "Marked as released:",
    "operation_debriefed": "Marked as debriefed:",
    "operation_closed": "Closed the operation:",
    "operation_stood_down": "Stood down the operation:",
    "operation_aborted": "Aborted the operation:",
    "operation_kind_chosen": "Set the operation type of",
    "order_saved": "Saved the operations order of",
    "phase_added": "Added a phase to",
    "phase_changed": "Changed a phase of",
    "phase_removed": "Removed a phase from",
    "phase_timed": "Recorded when a phase started or ended in",
    "plan_acknowledged": "Acknowledged the plan of",
    "site_added": "Added a site to",
    "site_removed": "Removed a site from",
    "agency_committed": "Recorded an agency’s resources for",
    "agency_withdrew": "Removed an agency’s resources from",
    "outside_number_recorded": "Recorded a deconfliction number for",
    "outside_check_waived": "Waived the deconfliction number of",
    "checked_in": "Recorded a check-in at",
    "checked_out": "Recorded a check-out at",
    "walk_in_checked_in": "Checked in a walk-in at",
    "check_in_corrected": "Corrected a check-in at",
    "log_entry_added": "Added to the activity log of",
    "log_entry_corrected": "Corrected the activity log of",
    "everyone_released": "Released everyone from",
    "release_withdrawn": "Undid the release of",
    "check_in_undone": "Undid a check-in or check-out at",
    "access_given": "Gave access to",
    "access_requested": "Requested access to",
    "access_approved": "Approved access to",
    "access_declined": "Declined access to",
    "access_ended": "Ended access to",
    "access_expired": "Access expired:",
    "after_action_added": "Added an after-action item to",
    "after_action_assigned": "Assigned an after-action item of",
    "after_action_removed": "Removed an after-action item from",
    "lesson_added": "Added a lesson to",
    "lesson_changed": "Changed a lesson of",
    "lesson_removed": "Removed a lesson from",
    "lesson_released": "Released a lesson of",
    "lesson_withdrawn": "Withdrew a lesson of",
    "hot_wash_saved": "Saved the hot wash of",
    "emergency_begun": "Started",
    "emergency_opened": "Opened with emergency access:",
    "emergency_read": "Read a page with",
    "emergency_ended": "Ended",
    "poll_opened": "Sent the date poll of",
    "poll_added_to": "Sent more people the date poll of",
    "poll_replied": "Replied to the date poll of",
    "poll_reminded": "Sent reminders about the date poll of",
    "poll_reminders_undone": "Undid reminders about the date poll of",
    "poll_canceled": "Canceled the date poll of",
    "poll_restored": "Restored the date poll of",
    "poll_scheduled": "Chose a date for",
    "conflict_decided": "Recorded a decision about a conflict of",
    "conflicts_read": "Read",
    "off_site_added": "Added a place for off-site services to",
    "off_site_removed": "Removed a place for off-site services from",
    "readiness_saved": "Saved a service-readiness notice of",
    "readiness_discarded": "Deleted the draft of a service-readiness notice of",
    "readiness_scheduled": "Scheduled a service-readiness notice of",
    "readiness_unscheduled": "Unscheduled a service-readiness notice of",
    "readiness_activated": "Activated services for",
    "readiness_closed": "Closed the service-readiness notice of",
    "readiness_stood_down": "Stood down services for",
    "readiness_released": "Released",
    "readiness_called_off": "Stood down with the operation:",
    "readiness_acknowledged": "Acknowledged",
    "attendance_closed": "Closed attendance of",
    "attendance_reopened": "Reopened attendance of",
    "caught_up": "Caught up after a pause:",
    "backed_up": "Backed up",
    "backup_restored": "Restored from a backup:",
    "secret_replaced": "Replaced the secret of",
    "resumed_sending": "Resumed sending from a restored copy:",
    "hidden": "Hid",
    "shown_again": "Showed again",
}
"""Verb → how a sentence begins; one that is not listed is used as it is ("scheduled" → "Scheduled")."""
WHOLE = {
    ("shared", "shared_calendar"): "Started sharing a calendar",
    ("emergency_expired", "emergency"): "Emergency access expired",
    ("comparisons_limited", "deconfliction"): "Reached the limit of site comparisons",
}
"""Verb and subject → a sentence whose words the two of them would repeat."""

THINGS = {
    "occurrence": "date",
    "item": "action item",
    "subscription": "calendar feed",
    "api_token": "personal token",
    "audit": "the audit log",
    "outbox": "reminders",
    "invitation": "invitation",
    "roster": "the roster",
    "template": "event template",
    "saved_filter": "saved filter",
    "shared_calendar": "shared calendar",
    "report": "a report",
    "deployment": "the tracker",
    "set_up_list": "the setup checklist",
    "deconfliction": "the conflicts between operations",
    "readiness_notice": "service-readiness notice",
    "emergency": "emergency access",
    "confidential_site": "confidential place",
    "preference": "reminder settings",
    "committee_preference": "reminder settings for a committee",
    "committee_escalation": "the escalation of a committee’s action items",
    "usual_quiet_hours": "the task force’s quiet hours",
    "usual_reminders": "the task force’s reminders",
}
"""Subject → its label; one that is not listed is used as it is."""

BEFORE_TITLE = {"event": "", "occurrence": "a date of", "invitation": "invitation to"}
"""Subject → what comes before its title, where that isn't its label: "Canceled a date of Steering Committee"."""
MANY = {"agency": "agencies", "address": "addresses"}
"""More than one of a thing; of the others it ends in s."""
UNCOUNTED = frozenset(thing for thing in THINGS.values() if thing.startswith(("the ", "a ", "reminder")))
"""Things of which no sentence gives a number."""

SOURCES = {
    "page": "Web",
    "link": "Email link",
    "email": "Email",
    "feed": "Calendar feed",
    "api": "API",
    "cli": "Command line",
    "clock": "System",
}
LAW_ENFORCEMENT_ONLY = frozenset(
    {
        "conflict_decided",
        "checked_in",
        "checked_out",
        "walk_in_checked_in",
        "check_in_corrected",
        "check_in_undone",
        "everyone_released",
        "release_withdrawn",
        "log_entry_added",
        "log_entry_corrected",
    }
)
"""Deeds about an operation of which victim services on it see nothing on its pages either."""
OPEN_SUBJECTS = frozenset(
    {
        "member",
        "agency",
        "committee",
        "seat",
        "roster",
        "subscription",
        "api_token",
        "audit",
        "address",
        "report",
        "deployment",
        "set_up_list",
        "preference",
        "committee_preference",
        "committee_escalation",
        "usual_quiet_hours",
        "usual_reminders",
        "template",
        "site",
        "emergency",
        "saved_filter",
        "shared_calendar",
    }
)
"""Subjects that reveal no event. Others are hidden unless they lead to an event that the reader sees."""
AnyRow = TypeVar("AnyRow")


class AuditGroup(NamedTuple):
    """Entries that a reader filters for together: those with one of these verbs, or about one of these subjects."""

    label: str
    verbs: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


GROUPS = {
    "denied": AuditGroup("Denied requests and failed sign-ins", verbs=DENIED),
    "reading": AuditGroup(
        "Reading and exports", verbs=frozenset({READ, "exported", "audit_read", "audit_exported", "conflicts_read"})
    ),
    "accounts": AuditGroup(
        "Sign-in and security",
        verbs=frozenset(
            {
                "signed_in",
                "signed_out",
                "sign_in_failed",
                "locked",
                "released",
                "link_issued",
                "invited",
                "password_changed",
                "authenticator_added",
                "authenticator_replaced",
                "authenticator_removed",
                "recovery_codes_made",
                "recovery_code_used",
                "session_ended",
                "signed_out_everywhere",
                "phone_lost",
                "feeds_revoked",
                "tokens_revoked",
            }
        ),
    ),
    "events": AuditGroup("Events and replies", subjects=frozenset({"event", "occurrence", "invitation", "template"})),
    "items": AuditGroup("Action items", subjects=frozenset({"item"})),
    "people": AuditGroup(
        "People and agencies", subjects=frozenset({"member", "agency", "committee", "seat", "roster", "site"})
    ),
    "feeds": AuditGroup("Calendars and tokens", subjects=frozenset({"subscription", "shared_calendar", "api_token"})),
    "messages": AuditGroup("Messages", subjects=frozenset({"message", "outbox"})),
    "audit": AuditGroup("The audit log", subjects=frozenset({"audit"})),
}


class AuditLine(Struct, frozen=True, kw_only=True):
    """One entry as one reader sees it."""

    seq: int
    """Its number in the chain; only readers of the whole log see it, because gaps reveal what is left out."""
    at: datetime
    actor_id: UUID | None
    actor: str
    """Name and agency at that time, "System", or a note that the id no longer exists."""
    origin: Origin
    verb: str
    subject: str
    subject_id: str
    title: str = ""
    """Label of the subject; empty if the reader may not open it."""
    address: str = ""
    """The address of the subject; empty when it has no page, or none for the reader."""
    facts: Mapping[str, object]
    is_open: bool
    """Whether the reader may open the subject; otherwise they see only ids and verbs."""
    marking: Marking | None = None
    """The marking of the event that the subject is or comes from, when the reader may see it."""

    @property
    def is_denied(self) -> bool:
        """Return whether it records a denied request."""
        return self.verb in DENIED

    @property
    def words(self) -> str:
        """Return what happened, as the beginning of a sentence that the subject's title or id completes."""
        return WHOLE.get((self.verb, self.subject)) or f"{self._did} {self._thing}".strip().rstrip(":")

    @property
    def words_before_title(self) -> str:
        """Return what happened, as the beginning of a sentence that ends with the subject's title."""
        before = BEFORE_TITLE.get(self.subject)
        return self.words if before is None or not self.title else f"{self._did} {before}".strip()

    @property
    def words_with_title(self) -> str:
        """Return what happened to what, as far as the reader may know its title."""
        title = "" if self.is_about_actor else self.title
        return f"{self.words_before_title} {'(CUI) ' if title and self.marking else ''}{title}".strip()

    def words_of(self, count: int) -> str:
        """Return what happened to so many things in one deed: "Emailed an invitation to 24 members"."""
        if not self._thing or self._thing in UNCOUNTED or (self.verb, self.subject) in WHOLE:
            return f"{self.words} ({count} entries)"
        return f"{self._did.removesuffix(' an')} {plural(count, self._thing, MANY.get(self._thing))}"

    @property
    def said(self) -> str:
        """Return the facts in one line: "Changed place and title; version 3"."""
        return audit_facts.facts_in_words(self.facts)

    @property
    def where(self) -> str:
        """Return the request source in words."""
        return SOURCES.get(self.origin.source, self.origin.source.capitalize())

    @property
    def in_session(self) -> str:
        """Return the session or token, in the characters that the audit log keeps."""
        word = "Token" if self.origin.source == "api" else "Session"
        return f"{word} {self.origin.session}" if self.origin.session else ""

    @property
    def is_about_actor(self) -> bool:
        """Return whether people changed their own account."""
        return self.subject == "member" and self.subject_id == str(self.actor_id)

    @property
    def _did(self) -> str:
        return VERBS.get(self.verb) or self.verb.replace("_", " ").capitalize()

    @property
    def _thing(self) -> str:
        return "" if self.is_about_actor else THINGS.get(self.subject, self.subject)


class DeedEntries(Struct, frozen=True, kw_only=True):
    """The entries of one deed, newest first; at least one."""

    entries: Sequence[AuditLine]

    @property
    def newest(self) -> AuditLine:
        """Return its last entry; who did it, when, and from where is the same in all of them."""
        return self.entries[0]

    @property
    def is_one(self) -> bool:
        """Return whether it is one entry, which has a sentence of its own."""
        return len(self.entries) == 1

    @property
    def has_denied(self) -> bool:
        """Return whether an entry records a denied request."""
        return any(entry.is_denied for entry in self.entries)

    @property
    def words(self) -> tuple[str, ...]:
        """Return what happened, in the order in which it did: "Emailed an invitation to 24 members"."""
        alike: dict[tuple[str, str], list[AuditLine]] = {}
        for entry in reversed(self.entries):
            alike.setdefault((entry.verb, entry.subject), []).append(entry)
        return tuple(map(_sentence_of, alike.values()))


def _sentence_of(alike: Sequence[AuditLine]) -> str:
    """Return the sentence of entries that say the same, of one thing or of several."""
    first = alike[0]
    if len({audit_line.subject_id for audit_line in alike}) > 1:
        return first.words_of(len(alike))
    return first.words_with_title if len(alike) == 1 else f"{first.words_with_title} ({len(alike)} times)"


def whole_deeds(rows: Sequence[AnyRow], keys: Iterable[Hashable], most: int, *, has_more: bool) -> list[list[AnyRow]]:
    """Return rows that follow each other and have one key as one list each, `most` lists at most.

    With `has_more`, rows are missing at the end: the last list is left out, unless it is the only one.
    """
    paired = groupby(zip(keys, rows, strict=True), key=lambda pair: pair[0])
    found = [[row for _, row in pairs] for _, pairs in paired]
    if has_more and len(found) > 1:
        found.pop()
    return found[:most]


class AuditFilter(Struct, frozen=True, kw_only=True):
    """The entries a reader asks for: those in [since, until], newest first, after skipping `skip` of them."""

    since: datetime
    until: datetime
    skip: int = 0
    actor_id: UUID | None = None
    only_system: bool = False
    group: AuditGroup | None = None
    about: str = ""
    """Id of a subject; empty = any."""
    via: str = ""
    """A network address, or the log's name for a session or a token; empty = any."""
