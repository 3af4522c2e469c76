"""One email to one person before its templates put it into words: its facts, buttons, footer, and calendar part.

These values decide which facts and buttons an email has, who gets it, and what it does to their calendar. The words are
in `templates/emails/`. The limits of a subject, a preview, and of people's own texts are here, too.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.rules.actions import ActionItem
from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import EmailedEntry, ItemsOfDay
from tracker.rules.core.wording import plural
from tracker.rules.emails.template_values import EmailValues
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.markings import Marking
from tracker.rules.events.replies import AttendeeRole, ReplyValue

LONGEST_SUBJECT = 70  # characters that a phone shows
LONGEST_PREVIEW = 90
SHORTEST_TITLE = 10
SHORT_NOTE = 500  # characters of a note
HOUR = 60  # minutes
NO_LIMIT = 1_000_000  # characters: longer text was refused when it was typed

REPLY_WORDS = {ReplyValue.ACCEPTED: "Yes", ReplyValue.TENTATIVE: "Maybe", ReplyValue.DECLINED: "No"}
REPLY_KEYS = {ReplyValue.ACCEPTED: "yes", ReplyValue.TENTATIVE: "maybe", ReplyValue.DECLINED: "no"}


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


class ButtonName(StrEnum):
    """A button or link by its purpose; its label is in `templates/emails/shared/buttons.txt`."""

    REPLY_YES = "reply_yes"
    REPLY_MAYBE = "reply_maybe"
    REPLY_NO = "reply_no"
    KEEP_REPLY = "keep_reply"
    CHANGE_REPLY = "change_reply"
    AGENDA = "agenda"
    AGENDA_AND_PEOPLE = "agenda_and_people"
    EVENT = "event"
    SERIES = "series"
    VIDEO = "video"
    SIGN_IN = "sign_in"
    SIGN_IN_AND_REPLY = "sign_in_and_reply"
    SIGN_IN_TO_READ = "sign_in_to_read"
    MARK_DONE = "mark_done"
    UPDATE_ITEM = "update_item"
    ADD_NOTE = "add_note"
    UNDO = "undo"
    REASSIGN_ITEM = "reassign_item"
    UPDATE_ONE = "update_one"
    OPEN_ONE = "open_one"
    ITEMS = "items"
    HOME = "home"
    SET_UP_ACCOUNT = "set_up_account"
    CONFIRM_ADDRESS = "confirm_address"
    ADDRESSES = "addresses"
    SESSIONS = "sessions"
    AUDIT_LOG = "audit_log"
    STOP_DIGEST = "stop_digest"
    REPLY_TO_POLL = "reply_to_poll"
    POLL = "poll"


class ReplyPage(Struct, frozen=True, kw_only=True):
    """The page that replies to one invitation; `reply` (yes, maybe, no) is only preselected."""

    invitation_id: UUID
    occurrence_id: UUID | None
    reply: str = ""


class ItemUpdatePage(Struct, frozen=True, kw_only=True):
    """The page on which an item's owner reports its status; `status` is only preselected."""

    item_id: UUID
    owner_id: UUID
    status: str = ""


class PollPage(Struct, frozen=True, kw_only=True):
    """The page on which one person replies to a date poll without signing in."""

    poll_id: UUID
    member_id: UUID


class StopDigestPage(Struct, frozen=True, kw_only=True):
    """The page that stops a member's weekly digest."""

    member_id: UUID


class InvitationPage(Struct, frozen=True, kw_only=True):
    """The page on which a new member signs in for the first time."""

    member_id: UUID
    link_id: UUID


class UndoPage(Struct, frozen=True, kw_only=True):
    """The page that undoes what an email of the reader changed."""

    words_id: UUID


class AddressPage(Struct, frozen=True, kw_only=True):
    """The page that confirms a further address of a member."""

    alias_id: UUID


PersonalPage = ReplyPage | ItemUpdatePage | PollPage | StopDigestPage | InvitationPage | UndoPage | AddressPage
"""A page for one person, which needs no sign-in."""


class SitePage(Struct, frozen=True, kw_only=True):
    """A page behind the sign-in; `path` starts with a slash."""

    path: str


class OutsideAddress(Struct, frozen=True, kw_only=True):
    """An address outside the tracker: the video room."""

    url: str


LinkTarget = PersonalPage | SitePage | OutsideAddress


class Button(Struct, frozen=True, kw_only=True):
    """A button or link, and where it leads."""

    name: ButtonName
    target: LinkTarget
    of: str = ""
    """What it is about, after the label: one of several in the email."""


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


class Delegation(Struct, frozen=True, kw_only=True):
    """That the reader of an email comes to a date in place of another person, or sends one (RFC 5546 §2.1.2)."""

    other: str
    """The email address of the other person."""
    name: str
    """The other person, with the agency."""
    is_sent: bool
    """Whether the reader is the one who comes."""


class CalendarPart(Struct, frozen=True, kw_only=True):
    """What the email changes in the reader's calendar: the whole event, or one date of a series."""

    is_cancel: bool
    event: Event
    date: Occurrence | None
    dates: tuple[Occurrence, ...]
    reply: ReplyValue
    """The reader's reply; for a series, the one that most of its upcoming dates have."""
    replies: Mapping[datetime, ReplyValue] = field(default_factory=dict)
    """Their replies to single dates of a series, by `original_start`."""
    role: AttendeeRole
    joined_or_left_at: datetime | None = None
    """When a reader without an invitation last became, or ceased to be, a substitute; None = they never were one."""
    delegation: Delegation | None = None
    is_discreet: bool = False
    """Whether it shows only the time."""


class DeclinedProposal(Struct, frozen=True, kw_only=True):
    """The answer to the reader's proposal of another time for a date; it changes nothing in their calendar."""

    date: Occurrence
    sequence: int
    """SEQUENCE of the proposal."""
    at: datetime
    """When it was declined."""
    comment: str


class TaskPart(Struct, frozen=True, kw_only=True):
    """The action item that an email attaches as a task, which its reader's program may open or ignore."""

    item: ActionItem
    is_withdrawn: bool = False
    """Whether it is no longer the reader's."""


class ReplyByEmail(StrEnum):
    """What people can write back to an email, where the site reads replies."""

    ITEM_WORDS = "item_words"
    """DONE, IN PROGRESS, BLOCKED, or a note"""
    REPLY_WORDS = "reply_words"
    """YES, MAYBE, or NO"""


class Email(Struct, frozen=True, kw_only=True):
    """One email to one person; its templates turn this content into words."""

    says: EmailValues
    to: str
    to_name: str
    facts: tuple[Fact, ...] = ()
    buttons: tuple[Button, ...] = ()
    more: tuple[Button, ...] = ()
    footer: Footer
    thread: UUID
    """The event or item whose emails form one thread."""
    is_discreet: bool = False
    """Whether it contains nothing that names the task force."""
    is_time_only: bool = False
    """Whether its text only asks the reader to sign in, whatever its own templates say."""
    stop: StopDigestPage | None = None
    """How to stop emails of this kind; the email then has a header for email programs too."""
    calendar: CalendarPart | EmailedEntry | DeclinedProposal | None = None
    task: TaskPart | None = None
    invitation_id: UUID | None = None
    """The invitation to whose address its calendar program replies: the reader's, or of the person they substitute for.

    None for a reader without either.
    """
    reads: ReplyByEmail | None = None
    """What its reader can write back; None = nothing that is read, so a reply to it reaches the coordinator."""
    only_item: UUID | None = None
    """The only item that is left of several: what its reader writes back changes it."""
    event_version: int | None = None
    """The version of the event that it gives."""
    said: ItemsOfDay | None = None
    """What it says of a day's action items, in place of what was planned."""
    banner: str = ""
    """The first and last line of an email about marked content."""
    indicator: str = ""
    """Who designated the marking, in an email about one event or item."""


Facts = tuple[Fact, ...]


def mark_email(email: Email, marking: Marking | None) -> Email:
    """Return the email under the marking of its content."""
    return replace(email, banner=marking.banner, indicator=marking.indicator) if marking else email


def without_sign_in_links(email: Email) -> Email:
    """Return the email for a guest: without links to pages that need a sign-in."""
    buttons = tuple(button for button in email.buttons if not isinstance(button.target, SitePage))
    return replace(
        email, buttons=buttons, more=tuple(button for button in email.more if not isinstance(button.target, SitePage))
    )


def one_line(text: str) -> str:
    """Return user text that is safe in a header: one line, no control or direction characters, no encoded words.

    Python before 3.11.10 turns `=?utf-8?q?x=0D=0ABcc:…?=` in a subject into a header of its own (CVE-2024-6923).
    """
    return clean(text, NO_LIMIT, "text").replace("=?", "= ?")


def shorten(text: str, length: int) -> str:
    """Return at most `length` characters; a longer text is cut at a word and ends in …."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) > length // 2 else kept).rstrip(" ,;:") + "…"


def fit_title(title: str, beside: int) -> str:
    """Return as much of a title as fits into a subject beside so many other characters."""
    return shorten(one_line(title), max(LONGEST_SUBJECT - beside, SHORTEST_TITLE))


def length_words(length: timedelta) -> str:
    """Return "90 minutes", "2 hours", "3 hours 30 minutes"; days from one day on."""
    minutes = int(length.total_seconds() // 60)
    if length >= timedelta(days=1):
        return plural(-(-minutes // (24 * HOUR)), "day")
    if minutes <= 2 * HOUR and minutes % HOUR:
        return plural(minutes, "minute")
    hours, rest = divmod(minutes, HOUR)
    return " ".join(([plural(hours, "hour")] if hours else []) + ([plural(rest, "minute")] if rest else []))
