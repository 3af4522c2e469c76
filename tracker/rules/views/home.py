"""The home page, and search."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions import ActionItem, days_late, may_update_item
from tracker.rules.calendars.calendars import day_in_range, day_in_text
from tracker.rules.core.clean_text import TOKEN, folded, is_match
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.core.wording import MONTHS, WEEKDAYS
from tracker.rules.emails.reminders import Nudges
from tracker.rules.events.events import DateLine
from tracker.rules.operations.approvals import PlanReturn
from tracker.rules.operations.moves import Span, notice_keeps

RUNNING_OUT = timedelta(days=3)  # before a date: missing replies within this time come first
AHEAD = timedelta(days=14)  # how far ahead missing replies are followed up
BACK = timedelta(days=30)  # how long after a date its open attendance is listed
ENDING = timedelta(days=60)  # how long before its last date an ending series is listed
SHOWN = 12  # rows of the queue
FOUNDER = 1
"""The first coordinator, and their agency, are there from the start."""


class Need(StrEnum):
    """What a row of the queue asks for."""

    REPLIES = "replies"
    ATTENDANCE = "attendance"
    BLOCKED = "blocked"
    ITEM = "item"
    PROPOSAL = "proposal"
    ENDING = "ending"
    CONFLICT = "conflict"
    CHECK_OUT = "check_out"
    CHECK_IN = "check_in"
    APPROVAL = "approval"
    ACKNOWLEDGMENT = "acknowledgment"
    RETURNED = "returned"
    MOVED = "moved"
    ACCESS = "access"
    SUPERVISOR = "supervisor"
    EMAILS = "emails"


class MissingReplies(Struct, frozen=True, kw_only=True):
    """A date that the viewer organizes with missing replies; `agencies` counts them by agency."""

    line: DateLine
    invited: int
    waiting: int
    agencies: tuple[tuple[str, int], ...]
    nudge: Nudges | None = None
    """The people whom the viewer could nudge."""
    phones: Mapping[UUID, str] = {}
    """The numbers of the people to call, as far as the viewer may know them."""
    need: Need = Need.REPLIES

    @property
    def is_left_to_calls(self) -> bool:
        """Return whether no email reaches the people who haven't replied before the date starts."""
        return self.nudge is not None and self.nudge.is_left_to_calls

    @property
    def is_waiting(self) -> bool:
        """Return whether everyone who could be nudged was asked lately, so that only their replies are awaited."""
        was_asked = self.nudge is not None and bool(self.nudge.resting) and not self.nudge.asked
        return was_asked and not self.is_left_to_calls

    @property
    def calls(self) -> tuple[tuple[str, str], ...]:
        """Return the people to call, by name with their agency, each with their number or ""."""
        if self.nudge is None or not self.is_left_to_calls:
            return ()
        names = {member_id: self.nudge.names.get(member_id, "") for member_id in self.nudge.silent}
        by_name = sorted(names, key=lambda member_id: (names[member_id].casefold(), member_id))
        return tuple((names[member_id], self.phones.get(member_id, "")) for member_id in by_name)


class OpenSheet(Struct, frozen=True, kw_only=True):
    """A date that the viewer organizes, that has begun or is over, and whose attendance is open."""

    line: DateLine
    is_over: bool
    need: Need = Need.ATTENDANCE


class BlockedItem(Struct, frozen=True, kw_only=True):
    """Another person's action item that they can't finish without help."""

    item: ActionItem
    since: datetime
    reason: str
    may_direct: bool
    """Whether the viewer may reassign it."""
    need: Need = Need.BLOCKED


class LateItem(Struct, frozen=True, kw_only=True):
    """Another person's overdue action item."""

    item: ActionItem
    need: Need = Need.ITEM


class OpenProposal(Struct, frozen=True, kw_only=True):
    """A date that the viewer organizes, for which people proposed other times that wait for a decision."""

    line: DateLine
    people: tuple[str, ...]
    """Each with the agency, in the order in which they proposed."""
    need: Need = Need.PROPOSAL


class EndingSeries(Struct, frozen=True, kw_only=True):
    """A series that the viewer organizes and whose last date, `line`, is near."""

    line: DateLine
    need: Need = Need.ENDING


class OpenConflict(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads, with conflicts that have no decision yet."""

    line: DateLine
    conflicts: int
    need: Need = Need.CONFLICT


class MissingCheckOut(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads, with people who haven't checked out in time after everyone was released."""

    line: DateLine
    people: str
    """The sentence that names them."""
    need: Need = Need.CHECK_OUT


class OpenCheckIn(Struct, frozen=True, kw_only=True):
    """An operation on its day, on which the viewer can check in people: on all of it, or of their agency."""

    line: DateLine
    is_approved: bool = True
    """Whether its plan is approved; people who stage early are accounted for before it is."""
    need: Need = Need.CHECK_IN


class OpenApproval(Struct, frozen=True, kw_only=True):
    """An operation whose plan is submitted, and that the viewer approves."""

    line: DateLine
    version: int
    need: Need = Need.APPROVAL


class OpenAcknowledgment(Struct, frozen=True, kw_only=True):
    """An operation whose plan the viewer's agency has not acknowledged in this version."""

    line: DateLine
    version: int
    need: Need = Need.ACKNOWLEDGMENT


class ReturnedPlan(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads and whose plan its supervisor sent back."""

    line: DateLine
    given: PlanReturn
    need: Need = Need.RETURNED


class MovedPlan(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads, after a move that no one has followed up."""

    line: DateLine
    is_back: bool
    """Whether its plan returned to planning because of it."""
    window: Span | None
    """The window that its service-readiness notice still names; None when it fits."""
    need: Need = Need.MOVED

    @property
    def notice_words(self) -> str:
        """Return that the notice keeps its window; or ""."""
        return notice_keeps(self.window, self.line.zone) if self.window else ""


class OpenRequests(Struct, frozen=True, kw_only=True):
    """An operation with requests for access that the viewer can approve as the second person."""

    line: DateLine
    requests: int
    need: Need = Need.ACCESS


class MissingSupervisor(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads, whose submitted plan waits for a supervisor who can no longer approve it."""

    line: DateLine
    need: Need = Need.SUPERVISOR


class OpenEmails(Struct, frozen=True, kw_only=True):
    """Email replies that wait for the viewer's decision."""

    count: int
    since: datetime
    """When the first of them came."""
    need: Need = Need.EMAILS


QueueRow = (
    MissingReplies
    | OpenSheet
    | BlockedItem
    | LateItem
    | OpenProposal
    | EndingSeries
    | OpenConflict
    | MissingCheckOut
    | OpenCheckIn
    | OpenApproval
    | OpenAcknowledgment
    | ReturnedPlan
    | MovedPlan
    | OpenRequests
    | MissingSupervisor
    | OpenEmails
)


CALLS = 1
"""The place of a date that is near and whose missing replies only a call can bring."""
PLACES = {
    Need.CHECK_OUT: 0,
    Need.CONFLICT: 2,
    **dict.fromkeys((Need.APPROVAL, Need.ACKNOWLEDGMENT, Need.RETURNED, Need.MOVED, Need.ACCESS, Need.SUPERVISOR), 3),
    Need.CHECK_IN: 4,
}
"""The place of a row among those of operations; every other row but `CALLS` comes after them."""


def concerns_viewer(viewer: Viewer, item: ActionItem) -> bool:
    """Return whether the viewer is responsible for following up on an item.

    These are the people who may update it, and the lead of the owner's agency.
    """
    leads_the_agency = Role.AGENCY_LEAD in viewer.roles and item.agency_id == viewer.agency_id
    return may_update_item(viewer, item) or leads_the_agency


def queue_in_order(rows: Iterable[QueueRow], now: datetime, today: date) -> list[QueueRow]:
    """Return the queue, most urgent first.

    Operations with people who haven't checked out; then dates within three days to which no email can bring the missing
    replies, so that people must be called; then operations in conflict, soonest first; then plans and access to
    approve, and plans to acknowledge or to change, soonest first; then operations whose day it is, soonest first; then
    running dates, and replies and proposed times for dates within three days, soonest first; then blocked items
    and email replies, longest first; then overdue items, most overdue first; then attendance of past dates, oldest
    first; then replies and proposed times for later dates, soonest first; then ending series. Last are dates whose
    people were asked lately and can be asked again: nothing can be done about them yet.
    """

    def order(row: QueueRow) -> tuple[bool, int, tuple[int, float]]:
        is_call = isinstance(row, MissingReplies) and row.is_left_to_calls and row.line.starts_at - now <= RUNNING_OUT
        place = CALLS if is_call else PLACES.get(row.need, len(PLACES) + 1)
        return not asks_for_a_deed(row), place, _urgency(row, now, today)

    return sorted(rows, key=order)


def asks_for_a_deed(row: QueueRow) -> bool:
    """Return whether the viewer can do something about a row now."""
    return not (isinstance(row, MissingReplies) and row.is_waiting)


def _urgency(row: QueueRow, now: datetime, today: date) -> tuple[int, float]:
    match row:
        case BlockedItem() | OpenEmails():
            return 1, row.since.timestamp()
        case LateItem():
            return 2, -days_late(row.item, today)
        case OpenSheet(is_over=True):
            return 3, row.line.starts_at.timestamp()
        case MissingReplies() | OpenProposal() if row.line.starts_at - now > RUNNING_OUT:
            return 4, row.line.starts_at.timestamp()
        case EndingSeries():
            return 5, row.line.starts_at.timestamp()
        case _:
            return 0, row.line.starts_at.timestamp()


class SetUpStep(StrEnum):
    """A step, in the order in which it is shown."""

    AGENCIES = "agencies"
    PEOPLE = "people"
    COMMITTEES = "committees"
    EMAIL = "email"
    EVENT = "event"


class SetUpState(Struct, frozen=True, kw_only=True):
    """What is there now: active agencies, people and committees, whether a test email was sent, and a first event."""

    agencies: int
    people: int
    committees: int
    was_email_sent: bool
    has_event: bool
    """Whether the viewer may see any event that isn't a draft."""


def set_up_steps(viewer: Viewer, present: SetUpState) -> Mapping[SetUpStep, bool]:
    """Return the steps and whether each is done.

    A viewer who schedules nothing has no step about events, and is not asked whether there are any.
    """
    steps = {
        SetUpStep.AGENCIES: present.agencies > FOUNDER,
        SetUpStep.PEOPLE: present.people > FOUNDER,
        SetUpStep.COMMITTEES: present.committees > 0,
        SetUpStep.EMAIL: present.was_email_sent,
        SetUpStep.EVENT: present.has_event,
    }
    return steps if viewer.may_schedule else {step: done for step, done in steps.items() if step is not SetUpStep.EVENT}


_SPACE = re.compile(r"\s+")

_QUOTATION_MARKS = frozenset('"“”„«»')

TextPart = tuple[str, bool]
"""A part of a text, and whether it is one of the words."""
A_MONTH = timedelta(days=31)  # a day of the past month without a year is that one, and not next year's
LEAP_YEARS_APART = 8  # years at most, from one February 29 to the next

_BY_WORD = {"yesterday": -1, "today": 0, "tomorrow": 1}  # days from today
_WEEKDAY = rf"(?:(?:{'|'.join(f'{weekday[:3]}(?:{weekday[3:]})?' for weekday in WEEKDAYS)})\.?,?\s+)?"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_IN_DIGITS = re.compile(rf"(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})(?:/{_YEAR})?", re.ASCII)
_IN_WORDS = re.compile(
    rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:(?:,\s*|\s+)(?P<year>[0-9]{{4}}))?",
    re.ASCII | re.IGNORECASE,
)
_CENTURY = 2000


def is_quoted(text: str) -> bool:
    """Return whether a query has quotation marks, which are signs like others: no words are kept together."""
    return not _QUOTATION_MARKS.isdisjoint(text)


def parts_with_words(text: str, words: Sequence[str]) -> list[TextPart]:
    """Return a text in parts, so that a page can highlight the words in it."""
    parts, done = [], 0
    for start, end in _word_places(text, words):
        parts += [(text[done:start], False), (text[start:end], True)]
        done = end
    return [(part, is_word) for part, is_word in [*parts, (text[done:], False)] if part]


def passage_around(text: str, words: Sequence[str], length: int = 120) -> str:
    """Return the part of a long text around the first matching word, in whole words; empty when none matches."""
    place = next(_word_places(text, words), None)
    if place is None:
        return ""
    first, last = place
    start = max(0, first - length // 3)
    end = start + length
    if start:
        space = _SPACE.search(text, start - 1, first)
        start = space.end() if space else first
    if end < len(text):
        spaces = [match.start() for match in _SPACE.finditer(text, last, end + 1)]
        end = spaces[-1] if spaces else min(last, end)
    part = " ".join(text[start:end].split())
    return ("… " if start else "") + part + (" …" if end < len(text) else "")


def _word_places(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text that match begin and end."""
    for match in TOKEN.finditer(text):
        token = folded(match[0])
        if any(is_match(word, token) for word in words):
            yield match.span()


def day_typed(text: str, today: date) -> date | None:
    """Return the day if all of the text is a date, such as Dec 10, 12/10, 2026-12-10, or tomorrow; None otherwise.

    Without a year it is the next such day, or one of the past month. A day that doesn't exist, or that the calendar
    doesn't have, is none.
    """
    typed = " ".join(text.split())
    if typed.lower() in _BY_WORD:
        return day_in_range(today + timedelta(days=_BY_WORD[typed.lower()]))
    match = _IN_DIGITS.fullmatch(typed) or _IN_WORDS.fullmatch(typed)
    month = _month_typed(match["month"]) if match else None
    if match is None or month is None:
        return day_in_text(typed)
    day, year = int(match["day"]), match["year"]
    if year is not None:
        return _day_of(int(year) if len(year) > 2 else _CENTURY + int(year), month, day)  # noqa: PLR2004 - digits of 26, which is 2026
    years = range(today.year - 1, today.year + LEAP_YEARS_APART + 1)
    days = (_day_of(number, month, day) for number in years)
    return next((each for each in days if each and each >= today - A_MONTH), None)


def _month_typed(text: str) -> int | None:
    """Return the number of a month: of 12, Dec, Sept, or december."""
    if text.isdecimal():
        return int(text)
    return next((number for number, name in enumerate(MONTHS, 1) if name.lower().startswith(text.lower())), None)


def _day_of(year: int, month: int, day: int) -> date | None:
    try:
        return day_in_range(date(year, month, day))
    except ValueError:
        return None
