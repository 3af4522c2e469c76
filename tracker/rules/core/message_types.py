"""The messages that wait in the outbox: each is a small struct with a tag, stored as JSON in its row.

A struct holds only what can't be read again when the email is sent, such as the time that people knew before.
Everything else is read when the email is sent, as the recipient may see it then.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.email_declarations import Content, MessageKind, email


class KnownBefore(Struct, frozen=True, kw_only=True):
    """What the reader last heard about an event or one of its dates."""

    starts_at: datetime
    ends_at: datetime
    place: str
    repeats: str = ""
    """The rule of a series in words; empty when the message isn't about a whole series."""
    until: date | None = None
    """The last date under that rule."""
    was_tentative: bool = False
    details: dict[str, str] = {}
    """Hashes of its texts beside the place, by their fields (`notifications.detail_hashes`)."""


EntryUid = NewType("EntryUid", str)
"""The UID of an event: random, and reveals nothing about it."""


class EmailedEntry(Struct, frozen=True, kw_only=True):
    """An entry that earlier emails put into the reader's calendar and that is removed whatever they may see now.

    `sequence` is higher than in every earlier email (RFC 5546 §2.1.4); `at` is when they lost access to the event.
    """

    uid: str
    sequence: int
    at: datetime


class AlsoWhat(StrEnum):
    """What else happened to a date."""

    ADDED = "added"
    CHANGED = "changed"
    CANCELED = "canceled"
    RESTORED = "restored"


class Also(Struct, frozen=True, kw_only=True):
    """What a message says beside its subject, because a waiting message that it replaces would have said it."""

    what: AlsoWhat
    date: UUID | None = None
    """The occurrence; None = the subject itself, or for a cancellation the rest of the series."""
    reason: str = ""
    """Why, as the organizer wrote it for a change or a cancellation."""


class EventAnnouncement(Content, frozen=True, kw_only=True):
    """A message about an event that the person already knows."""

    entry: EmailedEntry | None = None
    """The calendar entry to remove, when the event became restricted or the reader lost access to it."""
    also: tuple[Also, ...] = ()


class EventUpdate(EventAnnouncement, frozen=True, kw_only=True):
    """A change to an event or date that takes place."""

    before: KnownBefore | None = None


@email(MessageKind.INVITATION)
class Invited(Content, frozen=True, kw_only=True, tag="invited"):
    """The reader is invited to an event."""

    also: tuple[Also, ...] = ()
    """Why its dates changed before the reader was notified, and what happened to those of the series it continues."""


@email(MessageKind.UPDATE, "Changed")
class Changed(EventUpdate, frozen=True, kw_only=True, tag="changed"):
    """An event or date has a new time, place or detail; which one is read when the email is sent."""

    reason: str = ""
    since: datetime | None = None
    """The local start of the date from which a series changed; None = the whole event, or one date."""
    is_moved: bool = False
    """Whether the time changed; the list of messages says so, the email compares the times."""


@email(MessageKind.UPDATE, "Date added")
class DateAdded(EventUpdate, frozen=True, kw_only=True, tag="date_added"):
    """A series has one more date, the occurrence `date`; `starts` is on the wall clock of the event."""

    starts: datetime
    date: UUID


@email(MessageKind.UPDATE, "Restored")
class Restored(EventUpdate, frozen=True, kw_only=True, tag="restored"):
    """A canceled event or date is restored."""


class SeriesEnd(EventAnnouncement, frozen=True, kw_only=True):
    """A running series ends for its reader; no other message says so."""


@email(MessageKind.UPDATE, "Series ended")
class SeriesEnded(SeriesEnd, frozen=True, kw_only=True, tag="series_ended"):
    """The upcoming dates of a series are canceled."""

    reason: str = ""


@email(MessageKind.UPDATE, "Continued as a new series")
class SeriesContinued(SeriesEnd, frozen=True, kw_only=True, tag="series_continued"):
    """A series ends and another one continues it; the reader gets an invitation to the new one."""

    since: datetime | None = None
    """The local start in the series from which the other one replaces it."""


@email(MessageKind.UPDATE, "Continued without them")
class RemovedFromSeries(SeriesEnd, frozen=True, kw_only=True, tag="removed_from_series"):
    """A series continues as another one, to which its reader is not invited."""


@email(MessageKind.CANCELLATION, "Canceled")
class Canceled(EventAnnouncement, frozen=True, kw_only=True, tag="canceled"):
    """An event or date does not take place."""

    reason: str = ""
    unsent: KnownBefore | None = None
    """What the reader knew before a change that waited and was never sent."""


@email(MessageKind.WITHDRAWAL, "Removed from the list")
class Removed(EventAnnouncement, frozen=True, kw_only=True, tag="removed"):
    """The reader is no longer invited, or no longer a substitute; the event takes place."""


@email(MessageKind.SUBSTITUTE)
class SubstituteNamed(Content, frozen=True, kw_only=True, tag="substitute_named"):
    """The reader is asked to substitute for another person."""


@email(MessageKind.SUBSTITUTE_DECLINED)
class SubstituteDeclined(Content, frozen=True, kw_only=True, tag="substitute_declined"):
    """The person named to come in the reader's place can't; `at` is when the reply that says so was given."""

    at: datetime


@email(MessageKind.REMINDER)
class ReminderDue(Content, frozen=True, kw_only=True, tag="reminder_due"):
    """A date is near; it began at `starts_at` when the reminder became due."""

    starts_at: datetime
    lead: int  # seconds before the start
    is_late: bool = False


@email(MessageKind.NO_REPLY)
class ReplyNudge(Content, frozen=True, kw_only=True, tag="reply_nudge"):
    """The reader has not replied to a date."""


@email(MessageKind.THANK_YOU)
class Thanked(Content, frozen=True, kw_only=True, tag="thanked"):
    """The reader was at a date, whose attendance is closed."""


@email(MessageKind.NO_REPLY, "Request to confirm a change")
class ConfirmationNudge(Content, frozen=True, kw_only=True, tag="confirmation_nudge"):
    """The reader has not confirmed a change: `what` names it in words, `since` is when it changed."""

    since: datetime
    what: str


@email(MessageKind.ITEM_ASSIGNED)
class ItemAssigned(Content, frozen=True, kw_only=True, tag="item_assigned"):
    """An action item has a new owner."""


@email(MessageKind.ITEM_BLOCKED)
class ItemBlocked(Content, frozen=True, kw_only=True, tag="item_blocked"):
    """An action item is blocked since this moment; its reader can help or reassign it."""

    since: datetime


@email(MessageKind.ITEM_NOTED)
class ItemNoted(Content, frozen=True, kw_only=True, tag="item_noted"):
    """Another person unblocked the reader's action item or added a note to it; the note has this time."""

    at: datetime


@email(MessageKind.ITEM_WITHDRAWN)
class ItemWithdrawn(Content, frozen=True, kw_only=True, tag="item_withdrawn"):
    """Another person canceled the reader's action item, or reassigned it."""


class ItemReminder(Content, frozen=True, kw_only=True):
    """An open action item is due near this day."""

    due: date
    is_late: bool = False


@email(MessageKind.ITEM_DUE)
class ItemDue(ItemReminder, frozen=True, kw_only=True, tag="item_due"):
    """An action item is due soon, or today."""


@email(MessageKind.ITEM_OVERDUE)
class ItemOverdue(ItemReminder, frozen=True, kw_only=True, tag="item_overdue"):
    """An action item is overdue."""


@email(MessageKind.DIGEST)
class WeeklyDigest(Content, frozen=True, kw_only=True, tag="weekly_digest"):
    """The week that begins on a Monday."""

    monday: date


class ConflictContent(Content, frozen=True, kw_only=True):
    """Something about a conflict between two operations; the page says what, after sign-in."""

    hit: UUID


@email(MessageKind.CONFLICT_FOUND)
class ConflictFound(ConflictContent, frozen=True, kw_only=True, tag="conflict_found"):
    """An operation that the recipient leads is in the way of another one; or any two are, for an officer."""

    for_officer: bool = False


@email(MessageKind.CONFLICT_FOUND, "Conflict between operations ended", folder="conflict_ended")
class ConflictEnded(ConflictContent, frozen=True, kw_only=True, tag="conflict_ended"):
    """A conflict of which the recipient, who leads one of the operations, was shown has ended."""


@email(MessageKind.CONFLICT_FOUND, "Conflict to decide again", folder="conflict_changed")
class DecisionDropped(ConflictContent, frozen=True, kw_only=True, tag="decision_dropped"):
    """What was decided about a conflict, which the recipient was shown, no longer counts: a time or place changed."""


@email(MessageKind.COMPARISONS_REPORTED, folder="comparisons_reported")
class ComparisonsReported(Content, frozen=True, kw_only=True, tag="comparisons_reported"):
    """Someone has compared so many places with other operations that a deconfliction officer should look."""


@email(MessageKind.CHECK_OUT_MISSING, folder="check_out_missing")
class CheckOutMissing(Content, frozen=True, kw_only=True, tag="check_out_missing"):
    """Someone on an operation that the recipient leads hasn't checked out in time after everyone was released."""

    release: UUID


@email(MessageKind.READINESS)
class ReadinessChanged(Content, frozen=True, kw_only=True, tag="readiness"):
    """A service-readiness notice is released, activated, or stood down: `state`, of `NoticeState`."""

    notice: UUID
    state: str


@email(MessageKind.EMERGENCY_ACCESS, folder="emergency_access")
class EmergencyAccessUsed(Content, frozen=True, kw_only=True, tag="emergency_access"):
    """An administrator began emergency access, or opened an operation, which the recipient leads, with it."""

    access: UUID


class ApprovalContent(Content, frozen=True, kw_only=True):
    """A plan, or access to an operation, waits for a decision, or was decided."""


class PlanContent(ApprovalContent, frozen=True, kw_only=True):
    """Something about the approval of a plan."""

    plan: UUID


@email(MessageKind.PLAN_APPROVAL, "Plan to approve", folder="decision_needed")
class PlanSubmitted(PlanContent, frozen=True, kw_only=True, tag="plan_submitted"):
    """The plan of an operation waits for the recipient, its approving supervisor."""


@email(MessageKind.PLAN_APPROVAL, "Decision about a plan", folder="decision_made")
class PlanDecided(PlanContent, frozen=True, kw_only=True, tag="plan_decided"):
    """The supervisor decided about the plan of an operation that the recipient leads."""


@email(MessageKind.PLAN_APPROVAL, "Plan after a move")
class PlanMoved(PlanContent, frozen=True, kw_only=True, tag="plan_moved"):
    """The time of an operation that the recipient leads moved, and left something to do."""


@email(MessageKind.PLAN_APPROVAL, "Change after an approval", folder="approval_changed")
class ApprovedPlanChanged(PlanContent, frozen=True, kw_only=True, tag="approval_changed"):
    """Someone else changed the order, a phase, or another part of a plan that the recipient approved."""


@email(MessageKind.ACCESS_APPROVAL, "Access to approve", folder="decision_needed")
class AccessRequested(ApprovalContent, frozen=True, kw_only=True, tag="access_requested"):
    """A request for access to an operation waits for a second person, who the recipient can be."""

    grant: UUID


@email(MessageKind.ACCESS_APPROVAL, "Decision about access", folder="decision_made")
class AccessDecided(ApprovalContent, frozen=True, kw_only=True, tag="access_decided"):
    """A second person decided about a request for access that the recipient made."""

    grant: UUID


@email(MessageKind.POLL)
class PollOpened(Content, frozen=True, kw_only=True, tag="poll_opened"):
    """The reader is asked which of the dates of a poll suit them."""

    poll: UUID


@email(MessageKind.POLL, "Request to reply to a date poll")
class PollNudge(Content, frozen=True, kw_only=True, tag="poll_nudge"):
    """The reader has not replied to a poll."""

    poll: UUID


@email(MessageKind.POLL, "Date poll canceled")
class PollCanceled(Content, frozen=True, kw_only=True, tag="poll_canceled"):
    """A poll in which the reader was asked is canceled."""

    poll: UUID


class AnswerWord(StrEnum):
    """What a reply asks for."""

    DONE = "done"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    NOTE = "note"
    """A text that is none of the words, about an action item."""
    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class AnswerOutcome(StrEnum):
    """What became of an email with words."""

    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    """It was so already."""
    NO_WORD = "no_word"
    """It says none of the words that work."""
    CLOSED = "closed"
    """The item is closed, or the date is over or canceled."""
    OUTDATED = "outdated"
    """It replies to a time that has changed since."""
    SIGN_IN = "sign_in"
    """It is about something that people may change only after they sign in."""
    UNMATCHED = "unmatched"
    """It doesn't come from the person who got our email, as far as can be known, or they may not change it."""
    IGNORED = "ignored"
    """A machine wrote it: an out-of-office message, or a calendar program that says nothing new of a task."""
    UNREADABLE = "unreadable"


class EmailAnswered(Content, frozen=True, kw_only=True):
    """The reader wrote back to an email of ours at this moment: what was understood, and what it did."""

    at: datetime
    outcome: AnswerOutcome
    word: AnswerWord | None = None
    is_whole: bool = True
    """Whether all that they wrote was read."""
    undo: UUID | None = None
    """The row of the email that changed something; None = there is nothing to undo."""


@email(MessageKind.EMAIL_ANSWERED)
class ItemAnswered(EmailAnswered, frozen=True, kw_only=True, tag="item_answered"):
    """It was an email about an action item."""


@email(MessageKind.EMAIL_ANSWERED)
class InvitationAnswered(EmailAnswered, frozen=True, kw_only=True, tag="invitation_answered"):
    """It was an email about an event to which the reader is invited."""


@email(MessageKind.PROPOSAL)
class ProposalDeclined(Content, frozen=True, kw_only=True, tag="proposal_declined"):
    """Another time that the reader proposed by email was declined; its `sequence` is SEQUENCE (RFC 5546 §3.2.8)."""

    at: datetime
    starts_at: datetime
    ends_at: datetime
    sequence: int
    comment: str = ""


OwnContent = InvitationAnswered | ProposalDeclined
"""Those about an event."""


@email(MessageKind.ITEMS_OF_DAY)
class ItemsOfDay(Content, frozen=True, kw_only=True, tag="items_of_day"):
    """All that a person hears of action items on a day: of their own, and of others that reached them.

    What that is is read when the email is sent. It covers the days from `since` on, whose emails were not sent.
    """

    day: date
    since: date
    is_late: bool = False
    reached: tuple[UUID, ...] = ()
    """The items of other people that had reached its reader when it was planned; once sent, those that it says."""


class AccountChange(StrEnum):
    """How an administrator changed the way a person signs in."""

    SIGN_IN_LINK = "sign_in_link"
    RESET_LINK = "reset_link"
    AUTHENTICATOR = "authenticator"
    RELEASE = "release"
    ADDRESS = "address"


@email(MessageKind.ACCOUNT_LOCKED)
class AccountLocked(Content, frozen=True, kw_only=True, tag="account_locked"):
    """Sign-in is paused after failed attempts."""


@email(MessageKind.ACCOUNT_CHANGED)
class AccountChanged(Content, frozen=True, kw_only=True, tag="account_changed"):
    """Another person changed how the reader signs in; `to` is the reader's earlier address, `by` the other person."""

    what: AccountChange
    to: str
    name: str
    by: str
    by_id: UUID


@email(MessageKind.ACCOUNT_INVITATION)
class AccountInvited(Content, frozen=True, kw_only=True, tag="account_invited"):
    """A new member gets a link to sign in for the first time."""

    link_id: UUID
    by: str


@email(MessageKind.AUDIT_LOG_ALTERED, folder="audit_log_altered")
class AuditLogAltered(Content, frozen=True, kw_only=True, tag="audit_log_altered"):
    """Verification found that the audit log was altered."""


@email(MessageKind.EMAIL_TEST)
class EmailTest(Content, frozen=True, kw_only=True, tag="email_test"):
    """The reader asked for it, to see whether the tracker's emails arrive."""


@email(MessageKind.ADDRESS_CHECK)
class AddressCheck(Content, frozen=True, kw_only=True, tag="address_check"):
    """The link that confirms a further address of the recipient; it goes there."""

    alias: UUID


@email(MessageKind.ACCOUNT_CHANGED, "Address added")
class AddressAdded(Content, frozen=True, kw_only=True, tag="address_added"):
    """Replies from a further address count as the reader's; it is kept, so that one removed again is announced too."""

    address: str


ChangeContent = Changed | DateAdded | Restored | SeriesEnded | SeriesContinued | RemovedFromSeries | Canceled | Removed
PersonalContent = SubstituteNamed | SubstituteDeclined | ReminderDue | ReplyNudge | ConfirmationNudge | OwnContent
EventContent = Invited | ChangeContent | PersonalContent
ItemContent = ItemAssigned | ItemWithdrawn | ItemBlocked | ItemNoted | ItemAnswered | ItemDue | ItemOverdue
PollContent = PollOpened | PollNudge | PollCanceled
