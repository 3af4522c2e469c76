"""Reminders: when the clock sends them, and which of several that became due is still useful."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.outbox import MessageState
from tracker.rules.core.wording import to_local, to_utc
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
