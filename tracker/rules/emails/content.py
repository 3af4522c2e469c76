"""Letters: what a mail says before anybody makes bytes of it, and the limits of subject, preview and characters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tracker.rules.core.clean_text import clean
from tracker.rules.core.outbox import ENTRY, MessageKind
from tracker.rules.core.wording import plural
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.markings import Marking
from tracker.rules.events.replies import AttendeeRole, ReplyValue

SUBJECT = 70  # characters that a phone shows
PREVIEW = 90
HOUR = 60  # minutes
EVERY = 1_000_000  # characters: what is longer was refused when it was typed

RESTRICTED_SUBJECT = "Task force event: please sign in and reply"
RESTRICTED_PREVIEW = "Sign in to see the details."
FOOT = (
    "You get this because you are on the list for this event. Replying to this email reaches the coordinator. "
    "Do not send case or victim details by email."
)
ITEM_FOOT = (
    "You get this because this action item is yours. Replying to this email reaches the coordinator. "
    "Do not send case or victim details by email."
)
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


@dataclass(frozen=True, kw_only=True)
class Button:
    """A link with its words."""

    label: str
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
class MailedEntry:
    """What earlier mails put into the reader's calendar and is to go, whatever they may see of the event now.

    `sequence` is above that of every mail before (RFC 5546 §2.1.4); `at` is when the event went out of their sight.
    """

    uid: str
    sequence: int
    at: datetime

    def facts(self) -> dict[str, object]:
        """Return the entry as facts of a message; `mailed_entry` reads them."""
        return {ENTRY: {"uid": self.uid, "sequence": self.sequence, "at": self.at.isoformat()}}


def mailed_entry(facts: Mapping[str, Any]) -> MailedEntry | None:
    """Return the entry that a message is to take out of its reader's calendar, or None."""
    kept = facts.get(ENTRY)
    return MailedEntry(**{**kept, "at": datetime.fromisoformat(kept["at"])}) if kept else None


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One mail to one person, as text."""

    kind: MessageKind
    to: str
    to_name: str
    subject: str
    preview: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    more: tuple[Button, ...] = ()
    foot: str = FOOT
    thread: UUID
    """The event or item that its mails are gathered under."""
    is_discreet: bool = False
    """Whether it says nothing that names the task force."""
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


def sound(letter: Letter) -> Letter:
    """Return the letter with every text in it made safe, whatever people typed and rows kept."""
    return replace(
        letter,
        to_name=one_line(letter.to_name),
        subject=one_line(letter.subject),
        preview=one_line(letter.preview),
        heading=one_line(letter.heading),
        facts=tuple((label, one_line(value)) for label, value in letter.facts),
        paragraphs=tuple(one_line(one) for one in letter.paragraphs),
        indicator=one_line(letter.indicator),
    )


def cut(text: str, length: int) -> str:
    """Return at most `length` characters, ended by … at a word where something is left out."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) > length // 2 else kept).rstrip(" ,;:") + "…"


def subject(pattern: str, title: str) -> str:
    """Return the pattern with its one `{}` filled by as much of the title as a subject holds."""
    room = SUBJECT - len(pattern.replace("{}", ""))
    return pattern.replace("{}", cut(one_line(title), max(room, 10)))


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
