"""The rows of facts and the footers of emails, by name: Python decides which of them an email has.

Their words are in `templates/emails/shared/`.
"""

from enum import StrEnum

from msgspec import Struct


class FactName(StrEnum):
    """A row of facts by its meaning; its label is in `templates/emails/shared/facts.txt`."""

    WHAT = "what"
    CHANGED_DETAILS = "changed_details"
    WHEN = "when"
    NOW = "now"
    WAS = "was"
    WAS_UNTIL = "was_until"
    WHERE = "where"
    OTHER_PLACE = "other_place"
    OTHER_TITLE = "other_title"
    WAS_AT = "was_at"
    NOW_AT = "now_at"
    FIRST_DATE = "first_date"
    THEN = "then"
    LAST_DATE = "last_date"
    DATES = "dates"
    NOT_ON = "not_on"
    MOVED = "moved"
    ALSO_ON = "also_on"
    ALSO_ADDED = "also_added"
    ALSO_CHANGED = "also_changed"
    ALSO_CANCELED = "also_canceled"
    ALSO_RESTORED = "also_restored"
    NEXT = "next"
    CANCELED = "canceled"
    ALL_CANCELED = "all_canceled"
    OWN_TIME = "own_time"
    ORGANIZER = "organizer"
    WHY = "why"
    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    REPLY_BY = "reply_by"
    REPLIED = "replied"
    REPLY_KEPT = "reply_kept"
    REPLY_BEFORE_CHANGE = "reply_before_change"
    REPLY_MISSING = "reply_missing"
    REPLY_MISSING_FOR_TIME = "reply_missing_for_time"
    REPLY_MISSING_FOR_SOME = "reply_missing_for_some"
    REPLIES = "replies"
    COMES_FOR = "comes_for"
    DETAILS = "details"
    ACTION = "action"
    DUE = "due"
    WAS_DUE = "was_due"
    OWNER = "owner"
    ORIGIN = "origin"
    NOTE = "note"
    PROGRESS = "progress"
    REPLY_OWED = "reply_owed"
    EVENT = "event"
    OVERDUE = "overdue"
    FOLLOW_UP = "follow_up"
    AGENCY_ITEM = "agency_item"
    INVITED_BY = "invited_by"
    GOOD_UNTIL = "good_until"
    SINCE = "since"
    ACCOUNT_CHANGE = "account_change"
    BY = "by"
    FOUND = "found"
    PROPOSED = "proposed"
    PROPOSED_TIME = "proposed_time"
    OWN_ITEM = "own_item"
    OTHER_ITEM = "other_item"


class Fact(Struct, frozen=True, kw_only=True):
    """A row of facts; its value is ready to read, or empty where the template has the words."""

    name: FactName
    value: str = ""


class Footer(StrEnum):
    """Why the reader gets an email; the words are in `templates/emails/shared/footer.txt`."""

    INVITED = "invited"
    POLL = "poll"
    INFORMED = "informed"
    SUBSTITUTE = "substitute"
    PRESENT = "present"
    RESTRICTED = "restricted"
    ITEM = "item"
    EARLIER_OWNER = "earlier_owner"
    ITEMS = "items"
    BLOCKED_ITEM = "blocked_item"
    ANSWERED = "answered"
    ACCOUNT = "account"
    ADDRESS = "address"
    AUDIT = "audit"
    OPERATION = "operation"
    OFFICER = "officer"
    READINESS = "readiness"
    COORDINATOR = "coordinator"
    DIGEST = "digest"
    DISCREET = "discreet"


Facts = tuple[Fact, ...]
