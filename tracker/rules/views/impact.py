"""What a change does to emails, replies, reminders and feeds: the state before and after it, compared.

What a change of seats does to the lists of events is said in words for forms and messages, as one viewer may know it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.calendars.feeds import REFRESHES
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import long_day, plural, to_local
from tracker.rules.events import kept_dates
from tracker.rules.events.events import DateLine, Occurrence, may_edit
from tracker.rules.events.kept_dates import DateDetails
from tracker.rules.events.notifications import Recipients
from tracker.rules.events.replies import ReplyValue

FEWEST = 3
"""The fewest people whose calendar programs are named: for fewer, it would reveal what a person uses."""
NO_SUBSCRIBERS = "Subscribed calendars show it when they refresh. No subscribed calendar has this event now."
ANY_PROGRAM = "Calendar apps check for changes every few hours, some only once a day"


Subject = tuple[UUID, UUID | None]
"""An event and one of its dates; None = all of the event."""
AtMoments = Mapping[datetime, frozenset[UUID]]
"""When a reminder is sent, and to whom."""
Reminders = Mapping[datetime, Mapping[timedelta, AtMoments]]
"""Keyed by the start of a date, and by how long before it they are sent."""


class EventSnapshot(Struct, frozen=True, kw_only=True):
    """The state of an event, and of the series that continues it, at one moment."""

    is_known: bool = False
    """Whether it exists and is not a draft, so that people can have been invited."""
    content: Mapping[Subject, object] = field(default_factory=dict)
    """What calendars show of an event and of each of its dates; equal where they need not change."""
    messages: Mapping[UUID, tuple[MessageKind, UUID]] = field(default_factory=dict)
    """The waiting emails by their id: kind and recipient."""
    subjects: Mapping[UUID, Subject] = field(default_factory=dict)
    """The subjects of waiting emails that say what is true when they are sent."""
    endings: Mapping[UUID, str] = field(default_factory=dict)
    """Waiting updates after which nothing continues for their reader: the name of their field in `Recipients`."""
    replies: Mapping[UUID, tuple[ReplyValue, ...]] = field(default_factory=dict)
    """The replies of each person that count for the upcoming dates, canceled ones included, for an only date, and for
    the date that changes."""
    reminders: Reminders = field(default_factory=dict)
    follow_ups: AtMoments = field(default_factory=dict)
    """When people who have not replied are asked again, and who."""
    feeds: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    """The owners whose feeds contain it, with the programs that fetch them."""
    dates: tuple[Occurrence, ...] = ()


class ReminderMove(Struct, frozen=True, kw_only=True):
    """Reminders of a date with the same lead time that are sent at another time; None = not at all."""

    date: datetime
    """When the date starts; where it moves, when it then starts."""
    lead: timedelta
    before: datetime | None
    after: datetime | None
    to: frozenset[UUID]
    """Whose reminders they are."""

    @property
    def people(self) -> int:
        """Return how many people they are for."""
        return len(self.to)


class Opening(Struct, frozen=True, kw_only=True):
    """What more people can read after a change, beside what the form shows, and what they cannot."""

    texts: tuple[DateDetails, ...] = ()
    """The dates with texts of their own, past ones included."""
    removes_reasons: bool = False
    """Whether reasons of cancellations are removed, because they were written for fewer people."""


NO_OPENING = Opening()


class Consequences(Struct, frozen=True, kw_only=True):
    """What a change does."""

    notified: Recipients
    waiting: int
    """How many people get an email that waits since an earlier change and covers this one too."""
    was_known: bool
    """Whether people could know of it before."""
    asked_again: frozenset[UUID]
    """People whose replies no longer count, so that they are asked again."""
    moves: tuple[ReminderMove, ...]
    """The reminders that move, are added or are removed, in the order of their dates."""
    shown: frozenset[UUID]
    """Owners whose feeds show the change at the next refresh."""
    lost: frozenset[UUID]
    """Owners whose feeds no longer contain it."""
    programs: frozenset[str]
    """The programs that fetch these feeds."""
    is_announced: bool = False
    """Whether calendars that have the event are to show something else."""
    kept_details: tuple[DateDetails, ...] = ()
    """The upcoming dates that keep their own details."""
    lost_details: tuple[DateDetails, ...] = ()
    """The dates that cannot keep their own details."""
    opening: Opening = NO_OPENING
    dates: tuple[Occurrence, ...] = ()
    """The upcoming dates that take place then: no effect, but what it leaves."""
    follow_ups: AtMoments = field(default_factory=dict)
    """The follow-ups that go out then, as the dates."""
    plan_words: str = ""
    """What a moved time does to the plan of an operation and its service-readiness notice; or ""."""

    @property
    def email_words(self) -> str:
        """Return in words who gets which email."""
        if self.waiting and not self.notified.emails:
            emails = "email" if self.waiting == 1 else f"{self.waiting} emails"
            return f"The {emails} about to go out will include this."
        return self.notified.words

    @property
    def asks_for_replies(self) -> bool:
        """Return whether people on the list get an email about it, from which they can reply, or are asked again."""
        return bool(self.notified.invitation or self.notified.update or self.waiting or self.asked_again)

    @property
    def asked_words(self) -> str:
        """Return in words whose replies are requested again; nothing about events that no one knew before."""
        if not self.was_known:
            return ""
        number = len(self.asked_again)
        people = plural(number, "person", "people") if number else "No one"
        return f"{people} will be asked to reply again"

    @property
    def reminder_words(self) -> str:
        """Return in words for how many people, and before how many dates, reminders move, are new, or are canceled."""
        said = (
            ("Reminders move", [move for move in self.moves if move.before and move.after]),
            ("New reminders", [move for move in self.moves if move.before is None]),
            ("Reminders canceled", [move for move in self.moves if move.after is None]),
        )
        parts = []
        for words, moves in said:
            if moves:
                people = plural(len(frozenset[UUID]().union(*(move.to for move in moves))), "person", "people")
                parts.append(f"{words} for {people} ({plural(len({move.date for move in moves}), 'date')})")
        none = "No reminders change" if self.was_known else "No reminders"
        return "; ".join(parts) if parts else none

    def follow_up_words(self, zone: str) -> str:
        """Return in words when the next follow-up goes, on which day of the event's zone, and to how many; or ""."""
        days: dict[date, set[UUID]] = {}
        for at, to in self.follow_ups.items():
            days.setdefault(to_local(at, zone).date(), set()).update(to)
        if not days:
            return ""
        people = plural(len(days[min(days)]), "person", "people")
        return f"Next: {long_day(min(days)).rpartition(',')[0]}, to {people}, unless they reply first"

    @property
    def feed_words(self) -> str:
        """Return in words what feeds will show, and realistically when."""
        if self.is_announced and not self.shown | self.lost:
            return NO_SUBSCRIBERS
        said = []
        if self.shown:
            said.append(f"{plural(len(self.shown), 'person', 'people')} will see it when their calendars refresh.")
        if self.lost:
            said.append(f"It leaves the calendars of {plural(len(self.lost), 'person', 'people')} when they refresh.")
        named = sorted(self.programs & set(REFRESHES)) if len(self.shown | self.lost) >= FEWEST else []
        often = "; ".join(f"{name} checks {REFRESHES[name]}" for name in named)
        return " ".join([*said, f"{often or ANY_PROGRAM}."]) if said else "No change"


def consequences_between(before: EventSnapshot, after: EventSnapshot) -> Consequences:
    """Return the difference between two states."""
    notified: dict[str, set[UUID]] = {}
    for message_id, (kind, member_id) in after.messages.items():
        for name in (kind.value, after.endings.get(message_id)):
            if name and message_id not in before.messages:
                notified.setdefault(name, set()).add(member_id)
    subjects = {*before.content, *after.content}
    changed = {subject for subject in subjects if before.content.get(subject) != after.content.get(subject)}
    shown = frozenset(after.feeds) if changed else frozenset(after.feeds) - frozenset(before.feeds)
    lost = frozenset(before.feeds) - frozenset(after.feeds)
    still = {
        after.messages[message_id][1]
        for message_id, subject in before.subjects.items()
        if _is_in(changed, subject, after, message_id)
    }
    return Consequences(
        notified=Recipients(**{name: frozenset(members) for name, members in notified.items()}),
        waiting=len(still),
        was_known=before.is_known,
        moves=moved_reminders(before.reminders, after.reminders),
        shown=shown,
        lost=lost,
        is_announced=bool(changed) and (before.is_known or after.is_known),
        asked_again=frozenset(
            person for person, given in after.replies.items() if _owes_more(before.replies.get(person, ()), given)
        ),
        programs=frozenset(
            name for owner in shown | lost for name in after.feeds.get(owner, before.feeds.get(owner, frozenset()))
        ),
        kept_details=tuple(kept_dates.kept_details(before.dates, after.dates)),
        lost_details=tuple(kept_dates.lost_details(before.dates, after.dates)),
        dates=tuple(occurrence for occurrence in after.dates if not occurrence.is_off),
        follow_ups=after.follow_ups,
    )


def _owes_more(before: tuple[ReplyValue, ...], after: tuple[ReplyValue, ...]) -> bool:
    """Return whether a person owes more replies than before because an earlier reply no longer counts."""
    owed_before, owed = before.count(ReplyValue.NEEDS_ACTION), after.count(ReplyValue.NEEDS_ACTION)
    return owed > owed_before and len(after) - owed < len(before) - owed_before


def _is_in(changed: Collection[Subject], subject: Subject, after: EventSnapshot, message_id: UUID) -> bool:
    """Return whether a message about this subject still waits after a change and includes all that has changed."""
    if message_id not in after.subjects or not changed:
        return False
    event_id, date_id = subject
    return all(of == event_id and date_id in (None, date) for of, date in changed)


def no_consequences() -> Consequences:
    """Return the effect of saving an event unchanged."""
    return consequences_between(EventSnapshot(is_known=True), EventSnapshot(is_known=True))


def moved_reminders(before: Reminders, after: Reminders) -> tuple[ReminderMove, ...]:
    """Return which reminders move, from where to where: a date that moves is matched with its new date."""
    gone = {date for date, of_date in before.items() if after.get(date) != of_date}
    new = {date for date, of_date in after.items() if before.get(date) != of_date}
    same, lost, gained = sorted(gone & new), sorted(gone - new), sorted(new - gone)
    pairs: list[tuple[datetime | None, datetime | None]] = [*zip(same, same, strict=True)]
    if len(lost) == len(gained):  # then they are the same dates, moved: in the same order
        pairs += zip(lost, gained, strict=True)
    else:
        pairs += [*((moment, None) for moment in lost), *((None, moment) for moment in gained)]
    moves: list[ReminderMove] = []
    for was, becomes in pairs:
        old, later = before.get(was, {}) if was else {}, after.get(becomes, {}) if becomes else {}
        for lead in sorted({*old, *later}, reverse=True):
            moves += _moves(becomes or was, lead, old.get(lead, {}), later.get(lead, {}))
    return tuple(moves)


def _moves(date: datetime | None, lead: timedelta, before: AtMoments, after: AtMoments) -> list[ReminderMove]:
    """Return the changes to one date's reminders with one lead time; people may get them at several times."""
    gone, new = (frozenset[UUID]().union(*moments.values()) for moments in (before, after))
    pairs: list[tuple[datetime | None, datetime | None, frozenset[UUID]]] = [
        *((was, becomes, old & later) for was, old in before.items() for becomes, later in after.items()),
        *((was, None, old - new) for was, old in before.items()),
        *((None, becomes, later - gone) for becomes, later in after.items()),
    ]
    return [
        ReminderMove(date=date, lead=lead, before=was, after=becomes, to=people)
        for was, becomes, people in pairs
        if date and people and was != becomes
    ]


class ListImpact(Struct, frozen=True, kw_only=True):
    """The change to one event's list; a name is empty where no one leaves or joins."""

    dates: tuple[DateLine, ...]
    """The event's upcoming dates."""
    leaves: str
    joins: str
    notified: frozenset[UUID]
    """The people who get an email."""

    @property
    def words(self) -> str:
        """Return who is invited from now on, and who is not."""
        joins = f"{self.joins} is invited." if self.joins else ""
        leaves = f"{self.leaves} is removed from the list." if self.leaves else ""
        return " ".join(filter(None, (joins, leaves)))


def may_know_list(viewer: Viewer, line: DateLine, arms: Collection[Arm]) -> bool:
    """Return whether a viewer who sees an event may know which people of these arms are on its list, by name.

    It is the same as on the event's page: people who may change it read all names, others those of their own arm.
    """
    return may_edit(viewer, line) or all(arm is viewer.arm for arm in arms)


def notified_by_lists(impact: Iterable[ListImpact]) -> frozenset[UUID]:
    """Return the people who get an email, each once."""
    return frozenset[UUID]().union(*(list_impact.notified for list_impact in impact))


def list_email_words(impact: Collection[ListImpact]) -> str:
    """Return how many emails go to how many people; a person gets one for each event."""
    people, number = len(notified_by_lists(impact)), sum(len(list_impact.notified) for list_impact in impact)
    if not people:
        return "No one will get an email."
    return f"{plural(number, 'email')} will go to {plural(people, 'person', 'people')}."


def list_change_words(impact: Collection[ListImpact]) -> str:
    """Return what to add to the notice that a seat changed; nothing where no list changed."""
    if not impact:
        return ""
    return f" {plural(len(impact), 'invitee list')} also changed. {list_email_words(impact)}"
