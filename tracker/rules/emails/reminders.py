"""Reminders and asking again: when the clock sends them, which of several is useful still, and whom a click asks.

No one is asked twice in 48 hours. A chain is a series and those that continue it: no one is asked about it twice
within two days.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.rules.core.outbox import MessageState
from tracker.rules.core.wording import ZoneName, clock, local, long_day, plural, short_day, to_local, to_utc
from tracker.rules.events.events import DateLine, EventStatus, Kind
from tracker.rules.events.history import ChangeConfirmations
from tracker.rules.roster.meetings import LEAD_TIMES, ReminderPolicy, lead_words

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


def moments_ahead(moments: Iterable[Moment], now: datetime) -> list[Moment]:
    """Return the moments that are sent after `now`, earliest first: what `judge_moments` says at each of them, in turn.

    A second chance is one only if the first is over by `now`.
    """
    likely = [moment for moment in moments if moment.instead_of is None or moment.instead_of <= now]
    sent, after = list[Moment](), now
    for at in sorted({moment.at for moment in likely if moment.at > now}):
        sent += [moment for moment in judge_moments(likely, after, at) if moment.state is MessageState.PENDING]
        after = at
    return sent


def _by_time(moment: Moment) -> tuple[datetime, timedelta]:
    """Order by time; of two at the same time, the one closer to the event comes later."""
    return moment.at, -moment.lead


def _judge(moment: Moment, latest: Moment | None, now: datetime) -> Moment:
    if moment is latest:
        return replace(moment, is_late=now - moment.at > LATE)
    if now < moment.ends:
        return replace(moment, state=MessageState.SUPERSEDED, reason="A later reminder was sent instead.")
    return replace(moment, state=MessageState.TOO_LATE, reason="It couldn’t be sent in time.")


def timing_words(lead: timedelta) -> str:
    """Return "5 days before", or "2 days after the invitation to" for a negative one."""
    return f"{lead_words(lead)} before" if lead > timedelta(0) else f"{lead_words(-lead)} after the invitation to"


REST = timedelta(hours=48)
"""How long after their invitation, or a nudge about a date, a person gets no other nudge about that date."""
NUDGES_LEFT = "It’s too late to undo this. A reminder may have gone out."
UNREACHABLE = "no active account, no access to the event, or an undeliverable email address"
NAMED = 6  # skipped people who are named; more are counted


class DueDate(Struct, frozen=True, kw_only=True):
    """A date that takes place, with what its reminders are computed from."""

    id: UUID
    event_id: UUID
    starts_at: datetime
    zone: ZoneName
    is_all_day: bool
    kind: Kind
    reminders: ReminderPolicy


AskingDate = DueDate | DateLine
"""A date that takes place, as the clock knows it or as a person sees it."""


class ReplyRequest(Struct, frozen=True, kw_only=True):
    """A request to reply to a date: to all who have not replied, or to one person after their invitation."""

    date: AskingDate
    moment: Moment
    member_id: UUID | None = None
    invited_at: datetime | None = None

    def key(self, member_id: UUID) -> str:
        """Return the key of the message to a person."""
        if self.invited_at:
            return f"no_reply:{self.date.event_id}:{member_id}:{self.invited_at.isoformat()}:{-self.moment.lead.days}"
        lead = int(self.moment.lead.total_seconds())
        return f"no_reply:{self.date.id}:{member_id}:{self.date.starts_at.isoformat()}:{lead}"


def requests_before(date: AskingDate) -> list[ReplyRequest]:
    """Return the requests that are counted back from a date."""
    leads = date.reminders.asks_before
    moments = date_moments(date.starts_at, date.zone, is_all_day=date.is_all_day, leads=leads)
    return [ReplyRequest(date=date, moment=moment) for moment in moments]


def requests_after_invitation(dates: Sequence[AskingDate], member_id: UUID, invited_at: datetime) -> list[ReplyRequest]:
    """Return the requests that are counted from a person's invitation to an event, each about the next date then.

    `dates` are those of the event ahead, soonest first.
    """
    day, event = to_local(invited_at, dates[0].zone).date(), dates[0]
    requests = list[ReplyRequest]()
    for span in event.reminders.asks_after:
        at = to_utc(datetime.combine(day + span, MORNING), event.zone)
        if date := next((date for date in dates if at < date.starts_at), None):
            moment = Moment(at=at, lead=-span, ends=date.starts_at)
            requests.append(ReplyRequest(date=date, moment=moment, member_id=member_id, invited_at=invited_at))
    return requests


def requests_due(
    requests: Iterable[ReplyRequest],
    silent: Mapping[UUID, Collection[UUID]],
    last: Mapping[UUID, datetime],
    after: datetime,
    until: datetime,
) -> dict[UUID, ReplyRequest]:
    """Return whom the clock asks about a chain in (after, until], and with which of its requests.

    `silent` are the members who have not replied, by date, and `last` is when each was last asked about the chain.
    Requests that are counted back from a date come first, and the earliest date; after an outage, the latest of them.
    """
    passed = [request for request in requests if after < request.moment.at <= until < request.moment.ends]
    asked: dict[UUID, ReplyRequest] = {}
    for request in sorted(passed, key=_by_urgency):
        for member_id in silent.get(request.date.id, ()):
            is_meant = request.member_id in (None, member_id)
            is_resting = member_id in last and is_asked_too_soon(last[member_id], until, request.date.zone)
            if is_meant and not is_resting:
                asked.setdefault(member_id, request)
    return asked


def _by_urgency(request: ReplyRequest) -> tuple[bool, datetime, timedelta]:
    return request.invited_at is not None, request.date.starts_at, request.moment.ends - request.moment.at


def requests_ahead(
    requests: Iterable[ReplyRequest],
    silent: Mapping[UUID, Collection[UUID]],
    last: Mapping[UUID, datetime],
    now: datetime,
) -> Iterator[tuple[UUID, ReplyRequest]]:
    """Yield whom the clock will ask about a chain after `now`, and with which request: the clock, run ahead."""
    ahead = sorted((request for request in requests if now < request.moment.at), key=lambda request: request.moment.at)
    for at, together in groupby(ahead, key=lambda request: request.moment.at):
        asked = requests_due(together, silent, last, now, at)
        yield from asked.items()
        last, now = {**last, **dict.fromkeys(asked, at)}, at


def respondents_due(
    at: datetime | None, silent: Iterable[UUID], last: Mapping[UUID, datetime], after: datetime, until: datetime
) -> list[UUID]:
    """Return whom the clock reminds of a poll in (after, until], if its reminder is due `at` some time.

    People who were reminded within two days before are left alone; `last` is when each of them was.
    """
    if at is None or not after < at <= until:
        return []
    return [member_id for member_id in silent if member_id not in last or last[member_id] + REST <= at]


def is_asked_too_soon(last: datetime, at: datetime, zone: str) -> bool:
    """Return whether a person was asked about an event, or its chain, too lately to be asked again by itself.

    Two mornings two days apart are far enough, also when the clocks go forward between them.
    """
    is_two_days_later = to_local(at, zone) >= to_local(last, zone) + REST - LATE
    return at < last + REST and not is_two_days_later


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


class Nudges(Struct, frozen=True, kw_only=True):
    """The people who have not replied to a date or a poll, and which of them can be nudged now."""

    subject_id: UUID
    """The date or the poll."""
    silent: tuple[UUID, ...]
    """Members."""
    starts_at: datetime | None = None
    """When the date starts; None for a poll."""
    board: ChangeConfirmations | None = None
    """Set when they are asked to confirm a change and have not done so."""
    last: Mapping[UUID, datetime] = field(default_factory=dict)
    """When people were last nudged about it, for those nudged within `REST`."""
    invited: Mapping[UUID, datetime] = field(default_factory=dict)
    """When people's invitations were sent, for those sent within `REST`; empty when they are asked to confirm."""
    unreachable: Collection[UUID] = frozenset()
    """Those who get no email about it: it comes back, they may not see it, or their account isn't active."""
    names: Mapping[UUID, str] = field(default_factory=dict)
    """Each with their agency."""

    @property
    def asked(self) -> tuple[UUID, ...]:
        """Return the people who would get an email now."""
        resting = self.last_asked.keys()
        return tuple(member for member in self.silent if member not in resting and member not in self.unreachable)

    @property
    def last_asked(self) -> dict[UUID, datetime]:
        """Return when people were last nudged or invited, for those asked within `REST`, earliest first."""
        asked = [*self.invited.items(), *self.last.items()]
        return dict(sorted(asked, key=lambda member_at: member_at[1]))

    @property
    def resting(self) -> tuple[UUID, ...]:
        """Return the people who are skipped because they were asked lately, those who wait longest first."""
        at = self.last_asked
        reachable = [member for member in self.silent if member in at and member not in self.unreachable]
        return tuple(sorted(reachable, key=lambda member: (at[member], self.names.get(member, ""))))

    @property
    def is_left_to_calls(self) -> bool:
        """Return whether people haven't replied, and no email can ask any of them again before the date starts."""
        if self.asked or not self.silent or self.starts_at is None:
            return False
        return not self.resting or self.last_asked[self.resting[0]] + REST >= self.starts_at

    def how(self, member_id: UUID) -> str:
        """Return how a person was last asked: "reminded", or "invited"."""
        return "reminded" if self.last.get(member_id) == self.last_asked[member_id] else "invited"


def takes_nudges(line: DateLine, now: datetime) -> bool:
    """Return whether a date is still upcoming and replies to it are useful."""
    takes_place = not line.is_off and line.status is not EventStatus.DRAFT
    return line.kind.asks_reply and takes_place and now < line.starts_at


def why_no_nudge(nudges: Nudges, now: datetime, zone: str) -> str | None:
    """Return the sentence that explains why no one can be nudged now, or None; days as in `zone`."""
    if nudges.asked:
        return None
    if not nudges.resting:
        if nudges.unreachable:
            return f"The people who haven’t replied have {UNREACHABLE}."
        return "Everyone has confirmed the change." if nudges.board else "Everyone who was asked has replied."
    last, today = nudges.last_asked, local(now, zone)
    at = [_at(local(last[member], zone), today) for member in nudges.resting]
    how = sorted({nudges.how(member) for member in nudges.resting})
    again = " again" if how == ["reminded"] else ""
    first = ", the first" if len(set(at)) > 1 else ""
    said = f"{' or '.join(how).capitalize()} {plural(len(at), 'person', 'people')}{first} {at[0]}."
    opens = last[nudges.resting[0]] + REST
    if nudges.is_left_to_calls:
        return f"{said} It starts before you can remind them{again}, so call them."
    return f"{said} You can remind them{again} {_at(local(opens, zone), today)}."


def skipped_words(nudges: Nudges, now: datetime, zone: str) -> tuple[str, ...]:
    """Return who is not among those nudged, and why, one sentence for each reason; days as in `zone`."""
    last, today = nudges.last_asked, local(now, zone)
    why: dict[str, list[UUID]] = {}
    for member in nudges.resting:
        why.setdefault(f"{nudges.how(member)} {_at(local(last[member], zone), today)}", []).append(member)
    if unreachable := [member for member in nudges.silent if member in nudges.unreachable]:
        why[UNREACHABLE] = unreachable
    return tuple(f"Skips {_names_of(nudges, people)} ({reason})." for reason, people in why.items())


def nudged_words(count: int, deed: str = "reply") -> str:
    """Return the page's confirmation; `deed` is what people are asked to do."""
    return f"Reminded {plural(count, 'person', 'people')} to {deed}. You can remind them again in 48 hours."


def _names_of(nudges: Nudges, people: Collection[UUID]) -> str:
    names = sorted(nudges.names.get(person, "") for person in people)
    more = len(names) - NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMED])} and {more} more"


def _at(moment: datetime, today: datetime) -> str:
    return f"on {short_day(moment, today)} at {clock(moment)}"
