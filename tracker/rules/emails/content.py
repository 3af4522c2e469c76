"""Letters: one email before its templates make words of it, and the limits of subject, preview and characters.

What is decided stands here: which facts and buttons an email has, to whom it goes, what it tells their calendar. Its
words are in `templates/emails/`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import MailedEntry
from tracker.rules.core.wording import plural
from tracker.rules.emails.contexts import Says
from tracker.rules.emails.facts import Fact, Footer
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.markings import Marking
from tracker.rules.events.replies import AttendeeRole, ReplyValue

SUBJECT = 70  # characters that a phone shows
PREVIEW = 90
SHORTEST_TITLE = 10
HOUR = 60  # minutes
EVERY = 1_000_000  # characters: what is longer was refused when it was typed

REPLY_WORDS = {ReplyValue.ACCEPTED: "Yes", ReplyValue.TENTATIVE: "Maybe", ReplyValue.DECLINED: "No"}
REPLY_KEYS = {ReplyValue.ACCEPTED: "yes", ReplyValue.TENTATIVE: "maybe", ReplyValue.DECLINED: "no"}


@dataclass(frozen=True, kw_only=True)
class ReplyPage:
    """The page that replies one invitation; `reply` (yes, maybe, no) only preselects."""

    invitation_id: UUID
    occurrence_id: UUID | None
    reply: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemPage:
    """The page on which an item's owner tells how it stands; `status` only preselects."""

    item_id: UUID
    owner_id: UUID
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class SitePage:
    """A page behind the sign-in; `path` starts with a slash."""

    path: str


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """An address that is not ours: the video room."""

    url: str


@dataclass(frozen=True, kw_only=True)
class StopPage:
    """The page that stops a member's weekly digest."""

    member_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationPage:
    """The page on which somebody new signs in for the first time."""

    member_id: UUID
    link_id: UUID


Target = ReplyPage | ItemPage | SitePage | StopPage | InvitationPage | Elsewhere


class ButtonName(StrEnum):
    """A button or link by what it is for; its label is in `templates/emails/shared/buttons.txt`."""

    REPLY_YES = "reply_yes"
    REPLY_MAYBE = "reply_maybe"
    REPLY_NO = "reply_no"
    KEEP_REPLY = "keep_reply"
    CHANGE_REPLY = "change_reply"
    WILL_COME = "will_come"
    CANNOT_COME = "cannot_come"
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
    HOME = "home"
    SET_UP_ACCOUNT = "set_up_account"
    SESSIONS = "sessions"
    AUDIT_LOG = "audit_log"
    STOP_DIGEST = "stop_digest"


@dataclass(frozen=True, kw_only=True)
class Button:
    """A button or link, and where it leads."""

    name: ButtonName
    target: Target


@dataclass(frozen=True, kw_only=True)
class CalendarPart:
    """What the reader's calendar is told: the whole event, or one date of a series."""

    is_cancel: bool
    event: Event
    date: Occurrence | None
    dates: tuple[Occurrence, ...]
    reply: ReplyValue
    role: AttendeeRole
    is_discreet: bool = False
    """Whether it tells the time and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One email to one person; what it says goes into its templates."""

    says: Says
    to: str
    to_name: str
    facts: tuple[Fact, ...] = ()
    buttons: tuple[Button, ...] = ()
    more: tuple[Button, ...] = ()
    footer: Footer
    thread: UUID
    """The event or item that its mails are gathered under."""
    is_discreet: bool = False
    """Whether it says nothing that names the task force."""
    is_time_only: bool = False
    """Whether its text only asks to sign in, whatever its own templates say."""
    stop: StopPage | None = None
    """How to get no more of its kind; the mail then says so to mail programs too."""
    calendar: CalendarPart | MailedEntry | None = None
    banner: str = ""
    """Its first and last line where it tells of something marked."""
    indicator: str = ""
    """Who designated that, where it tells of one thing."""


def marked(letter: Letter, marking: Marking | None) -> Letter:
    """Return the letter under the marking of what it tells of."""
    return replace(letter, banner=marking.banner, indicator=marking.indicator) if marking else letter


def without_sign_in(letter: Letter) -> Letter:
    """Return the letter for a guest: without the ways to pages that open after a sign-in only."""
    buttons = tuple(one for one in letter.buttons if not isinstance(one.target, SitePage))
    return replace(
        letter, buttons=buttons, more=tuple(one for one in letter.more if not isinstance(one.target, SitePage))
    )


def one_line(text: str) -> str:
    """Return user text that is safe in a header: one line, no control or direction characters, no encoded words.

    Python before 3.11.10 turns `=?utf-8?q?x=0D=0ABcc:…?=` in a subject into a header of its own (CVE-2024-6923).
    """
    return clean(text, EVERY, "text").replace("=?", "= ?")


def cut(text: str, length: int) -> str:
    """Return at most `length` characters, ended by … at a word where something is left out."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) > length // 2 else kept).rstrip(" ,;:") + "…"


def fitting(title: str, beside: int) -> str:
    """Return as much of a title as a subject holds beside so many other characters."""
    return cut(one_line(title), max(SUBJECT - beside, SHORTEST_TITLE))


def length_words(length: timedelta) -> str:
    """Return "90 minutes", "2 hours", "3 hours 30 minutes"; days from one day on."""
    minutes = int(length.total_seconds() // 60)
    if length >= timedelta(days=1):
        return plural(-(-minutes // (24 * HOUR)), "day")
    if minutes <= 2 * HOUR and minutes % HOUR:
        return plural(minutes, "minute")
    hours, rest = divmod(minutes, HOUR)
    return " ".join(([plural(hours, "hour")] if hours else []) + ([plural(rest, "minute")] if rest else []))


def nearness(day: datetime, today: datetime) -> str:
    """Return Today, Tomorrow or "In 7 days"; both moments on the same wall clock."""
    days = (day.date() - today.date()).days
    return {0: "Today", 1: "Tomorrow"}.get(days) or f"In {plural(days, 'day')}"
