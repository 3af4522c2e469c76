"""Reminders and requests to reply: when the clock sends them, and whom a person may remind, not twice in 48 hours."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, time, timedelta
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.rules.core.outbox import MessageState
from tracker.rules.core.wording import clock, local, long_day, plural, short_day, to_local, to_utc
from tracker.rules.events.events import DateLine, EventStatus
from tracker.rules.events.history import ChangeConfirmations
from tracker.rules.roster.quorum import LEAD_TIMES, lead_words

MORNING = time(8)
"""When reminders that count in whole days are sent: all-day events and action items."""
LONGEST_SHIFT = timedelta(hours=12)
"""The most by which a lead time in wall clock time, or for an all-day event, differs from the same exact time."""
LATE = timedelta(minutes=15)
"""A reminder that is sent later than this says so."""


class Moment(Struct, frozen=True, kw_only=True):
    """A reminder and when it is due: `lead` names it, and from `ends` on it is outdated."""

    at: datetime
    lead: timedelta
    ends: datetime
    state: MessageState = MessageState.PENDING
    reason: str = ""
    is_late: bool = False
    instead_of: datetime | None = None
    """Set on a second chance: when the same reminder was to be sent, before quiet hours."""


def reminder_key(occurrence_id: UUID, member_id: UUID, starts_at: datetime, lead: timedelta) -> str:
    """Return the key of a reminder: the same for the same date, person, time, and lead time."""
    return f"reminder:{occurrence_id}:{member_id}:{starts_at.isoformat()}:{int(lead.total_seconds())}"


def date_moments(
    starts_at: datetime, zone: str, *, is_all_day: bool, leads: Iterable[timedelta] = LEAD_TIMES
) -> list[Moment]:
    """Return when the people of a date are reminded, earliest first; `zone` is the event's.

    All-day events begin at midnight: lead times of less than a day don't apply to them.
    """
    local = to_local(starts_at, zone).replace(tzinfo=None)
    if is_all_day:
        days = [lead for lead in leads if lead.days]
        ahead = {lead: to_utc(datetime.combine(local.date() - lead, MORNING), zone) for lead in days}
    else:
        ahead = {lead: to_utc(local - lead, zone) if lead.days else starts_at - lead for lead in leads}
    return sorted((Moment(at=at, lead=lead, ends=starts_at) for lead, at in ahead.items()), key=_by_time)


def judge_moments(moments: Iterable[Moment], after: datetime, now: datetime) -> list[Moment]:
    """Return the moments for one date in (after, now], each with what happens to it.

    Only the latest one that is still useful is sent: after an outage people don't get three emails at once.
    """
    passed = {moment.lead: moment for moment in sorted(moments, key=_by_time) if after < moment.at <= now}.values()
    useful = [moment for moment in passed if now < moment.ends]
    latest = max(useful, key=_by_time, default=None)
    return [_judge(moment, latest, now) for moment in passed]


def _by_time(moment: Moment) -> tuple[datetime, timedelta]:
    """Order by time; of two at the same time, the one closer to the event comes later."""
    return moment.at, -moment.lead


def _judge(moment: Moment, latest: Moment | None, now: datetime) -> Moment:
    if moment is latest:
        return replace(moment, is_late=now - moment.at > LATE)
    if now < moment.ends:
        return replace(moment, state=MessageState.SUPERSEDED, reason="A later reminder was sent instead.")
    return replace(moment, state=MessageState.TOO_LATE, reason="It couldn’t be sent in time.")


def moments_after_invitation(
    sent_at: datetime, zone: str, starts_at: datetime, days: Iterable[timedelta]
) -> list[Moment]:
    """Return when a person is asked again about a date after their invitation, each with a negative lead time."""
    day = to_local(sent_at, zone).date()
    ahead = ((to_utc(datetime.combine(day + span, MORNING), zone), span) for span in days)
    return [Moment(at=at, lead=-span, ends=starts_at) for at, span in ahead if at < starts_at]


def is_asked_too_soon(last: datetime, at: datetime, zone: str) -> bool:
    """Return whether a person was asked about an event, or its chain, too lately to be asked again by itself.

    Two mornings two days apart are far enough, also when the clocks go forward between them.
    """
    is_two_days_later = to_local(at, zone) >= to_local(last, zone) + REST - LATE
    return at < last + REST and not is_two_days_later


def space_moments(moments: Iterable[tuple[Moment, str]], last: datetime | None) -> list[Moment]:
    """Return which of these moments ask a person, in their order, if `last` was the last request about their chain.

    Each comes with the zone of its event.
    """
    kept: list[Moment] = []
    for moment, zone in moments:
        if last is None or not is_asked_too_soon(last, moment.at, zone):
            kept.append(moment)
            last = moment.at
    return kept


class NextFollowUp(Struct, frozen=True, kw_only=True):
    """The people who have not replied to a date, and when and how many of them are asked next, if nothing changes."""

    silent: int
    at: datetime | None = None
    """None = no follow-up is left."""
    people: int = 0
    """How many people get one on that day."""

    def words(self, zone: str) -> str:
        """Return it in sentences; the day is the event's."""
        said = f"{plural(self.silent, 'person hasn’t', 'people haven’t')} replied."
        if self.at is None:
            return f"{said} No follow-ups are planned."
        whom = "" if self.people == self.silent else f", to {self.people} of them"
        return f"{said} The next follow-up goes out {long_day(to_local(self.at, zone)).rpartition(',')[0]}{whom}."


def timing_words(lead: timedelta) -> str:
    """Return "5 days before", or "2 days after the invitation to" for a negative one."""
    return f"{lead_words(lead)} before" if lead > timedelta(0) else f"{lead_words(-lead)} after the invitation to"


REST = timedelta(hours=48)
"""How long after their invitation, or a nudge about a date, a person gets no other nudge about that date."""
UNDO_FOR = timedelta(seconds=20)
"""How long reminders wait before they leave, so that the person who sent them can undo it."""
NUDGES_LEFT = "It’s too late to undo this. A reminder may have gone out."
UNREACHABLE = "no active account, no access to the event, or an undeliverable email address"
NAMED = 6  # skipped people who are named; more are counted


class DateNudges(Struct, frozen=True, kw_only=True):
    """The people who are invited to a date and have not replied to it, and which of them can be nudged now."""

    line: DateLine
    silent: tuple[UUID, ...]
    """Members."""
    board: ChangeConfirmations | None = None
    """Set when they are asked to confirm a change and have not done so."""
    last: Mapping[UUID, datetime] = field(default_factory=dict)
    """When people were last nudged about the date, for those nudged within `REST`."""
    invited: Mapping[UUID, datetime] = field(default_factory=dict)
    """When people's invitations were sent, for those sent within `REST`; empty when they are asked to confirm."""
    unreachable: Collection[UUID] = frozenset()
    """Those who get no email about the event: it comes back, they may not see it, or their account isn't active."""
    names: Mapping[UUID, str] = field(default_factory=dict)
    """Each with their agency."""

    @property
    def asked(self) -> tuple[UUID, ...]:
        """Return the people who would get an email now."""
        resting = self.last_asked.keys()
        return tuple(one for one in self.silent if one not in resting and one not in self.unreachable)

    @property
    def last_asked(self) -> dict[UUID, datetime]:
        """Return when people were last nudged or invited, for those asked within `REST`."""
        every = [*self.invited.items(), *self.last.items()]
        return dict(sorted(every, key=lambda one: one[1]))

    @property
    def resting(self) -> tuple[UUID, ...]:
        """Return the people who are skipped because they were asked lately, those who wait longest first."""
        at = self.last_asked
        reachable = [one for one in self.silent if one in at and one not in self.unreachable]
        return tuple(sorted(reachable, key=lambda one: (at[one], self.names.get(one, ""))))


def takes_nudges(line: DateLine, now: datetime) -> bool:
    """Return whether a date is still upcoming and replies to it are useful."""
    takes_place = not line.is_off and line.status is not EventStatus.DRAFT
    return line.kind.asks_reply and takes_place and now < line.starts_at


def why_no_nudge(nudge: DateNudges, now: datetime, zone: str) -> str | None:
    """Return the sentence that explains why no one can be nudged now, or None; days as in `zone`."""
    if nudge.asked:
        return None
    if nudge.resting:
        return _why_later(nudge, now, zone)
    if nudge.unreachable:
        return f"The people who haven’t replied have {UNREACHABLE}."
    return "Everyone has confirmed the change." if nudge.board else "Everyone who was asked has replied."


def _why_later(nudge: DateNudges, now: datetime, zone: str) -> str:
    last, here = nudge.last_asked, local(now, zone)
    at = [_at(local(last[one], zone), here) for one in nudge.resting]
    opens = last[nudge.resting[0]] + REST
    how = sorted({_how(nudge, one) for one in nudge.resting})
    again = " again" if how == ["reminded"] else ""
    said = f"{' or '.join(how).capitalize()} {plural(len(at), 'person', 'people')}"
    when = f"{said}{', the first' if len(set(at)) > 1 else ''} {at[0]}."
    if opens >= nudge.line.starts_at:
        return f"{when} It starts before you can remind them{again}, so call them."
    return f"{when} You can remind them{again} {_at(local(opens, zone), here)}."


def skipped_words(nudge: DateNudges, now: datetime, zone: str) -> tuple[str, ...]:
    """Return who is not among those nudged, and why, one sentence for each reason; days as in `zone`."""
    last, here = nudge.last_asked, local(now, zone)
    why: dict[str, list[UUID]] = {}
    for one in nudge.resting:
        why.setdefault(f"{_how(nudge, one)} {_at(local(last[one], zone), here)}", []).append(one)
    said = [f"Skips {_names_of(nudge, people)} ({reason})." for reason, people in why.items()]
    if gone := [one for one in nudge.silent if one in nudge.unreachable]:
        said.append(f"Skips {_names_of(nudge, gone)} ({UNREACHABLE}).")
    return tuple(said)


def nudged_words(count: int, deed: str = "reply") -> str:
    """Return the page's confirmation; `deed` is what people are asked to do."""
    return f"Reminded {plural(count, 'person', 'people')} to {deed}. You can remind them again in 48 hours."


def _how(nudge: DateNudges, member_id: UUID) -> str:
    return "reminded" if nudge.last.get(member_id) == nudge.last_asked[member_id] else "invited"


def _names_of(nudge: DateNudges, people: Collection[UUID]) -> str:
    names = sorted(nudge.names.get(person, "") for person in people)
    more = len(names) - NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMED])} and {more} more"


def _at(moment: datetime, today: datetime) -> str:
    return f"on {short_day(moment, today)} at {clock(moment)}"


class PollNudges(Struct, frozen=True, kw_only=True):
    """The people who have not replied to a poll, and which of them can be nudged now."""

    silent: tuple[UUID, ...]
    """Members."""
    last: Mapping[UUID, datetime] = field(default_factory=dict)
    """When people were last nudged about the poll, for those nudged within `REST`."""
    unreachable: Collection[UUID] = frozenset()
    """Those who get no email about the poll: it comes back, they may not see it, or their account isn't active."""

    @property
    def asked(self) -> tuple[UUID, ...]:
        """Return the people who would get an email now."""
        return tuple(one for one in self.silent if one not in self.last and one not in self.unreachable)

    @property
    def resting(self) -> tuple[UUID, ...]:
        """Return the people who are skipped because they were nudged lately."""
        return tuple(one for one in self.silent if one in self.last and one not in self.unreachable)

    def why_not(self, now: datetime, zone: str) -> str:
        """Return why no one can be nudged now; empty when someone can. Days as in `zone`."""
        if self.asked:
            return ""
        if not self.silent:
            return "Everyone who was asked has replied."
        if not self.resting:
            return f"The people who haven’t replied have {UNREACHABLE}."
        first = min(self.last[one] for one in self.resting)
        people = plural(sum(self.last[one] == first for one in self.resting), "person", "people")
        opens = local(first + REST, zone)
        return f"You can remind {people} again on {short_day(opens, local(now, zone))} at {clock(opens)}."

    @property
    def skipped(self) -> tuple[str, ...]:
        """Return whom a nudge skips, and why, one sentence for each reason."""
        unreachable = [one for one in self.silent if one in self.unreachable]
        return (
            *([f"Skips {_count_of_people(self.resting)} reminded in the last 48 hours."] if self.resting else []),
            *([f"Skips {_count_of_people(unreachable)} ({UNREACHABLE})."] if unreachable else []),
        )


def _count_of_people(some: Collection[UUID]) -> str:
    return plural(len(some), "person", "people")
