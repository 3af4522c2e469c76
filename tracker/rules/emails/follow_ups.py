"""Follow-ups: when people who have not replied to an event are asked again by themselves.

Some go out a number of days before a date, at the time of its reminders. Others go out a number of days after the
person's invitation, at 8:00 AM of the event's zone: counted from the local day on which the newest invitation to them
was sent, if it didn't come back. A person without one gets none of these, and no one gets any once a date has begun.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.core.wording import long_day, plural
from tracker.rules.emails.nudges import REST
from tracker.rules.emails.reminders import LATE, MORNING, Moment
from tracker.rules.roster.reminder_policies import lead_words


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
