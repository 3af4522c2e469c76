"""What has happened in the demo so far, in order of time, by the use cases of the product itself.

Each action gets its own time as `now`, so replies, attendance, notes and the audit log have the right age.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from operator import itemgetter
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.demo.cast import Company
from tracker.demo.program import Script
from tracker.demo.timetable import timetable
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.markings import Marking
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.roster.reminder_policies import USUAL_POLICY, ReminderPolicy
from tracker.usecases.events import scheduling as event_deeds

Deed = Callable[[datetime], Awaitable[object]]


_DAYS = {number: timedelta(days=number) for number in (1, 2, 5, 7)}
POLICIES = {
    "services": ReminderPolicy(leads=frozenset({_DAYS[7], _DAYS[1]}), asks_before=frozenset({_DAYS[5], _DAYS[2]}))
}
"""The reminder policies of committees that chose one, by key."""


class Date(Struct, frozen=True, kw_only=True):
    """One date of a script: its key in addresses, and its times."""

    key: str
    starts_at: datetime
    ends_at: datetime


class Story(Struct):
    """The diary of the demo; `events` are the ids of scheduled events, by the script's key."""

    company: Company
    now: datetime
    zone: str
    luck: random.Random
    events: dict[str, UUID] = field(default_factory=dict)
    _diary: list[tuple[datetime, Deed]] = field(default_factory=list)

    def who(self, key: str) -> Viewer:
        """Return a person as the actor; the audit log says that the command line acted for them."""
        return replace(self.company.members[key], origin=Origin("cli"))

    def at(self, moment: datetime, deed: Deed) -> None:
        """Write an action into the diary; one in the future happens when the demo starts."""
        self._diary.append((min(moment, self.now), deed))

    async def live(self, until: datetime) -> None:
        """Run the actions of the diary up to a time, earliest first, and remove them from it."""
        due = sorted((one for one in self._diary if one[0] <= until), key=itemgetter(0))
        self._diary = [one for one in self._diary if one[0] > until]
        for moment, deed in due:
            await deed(moment)

    def scheduled(self, script: Script) -> tuple[datetime, list[Date]]:
        """Write the scheduling of a script into the diary; return when it happens, and its dates."""
        plan = self.plan(script)
        dates = [
            Date(key=start.date().isoformat(), starts_at=slot[0], ends_at=slot[1])
            for start, slot in plan_rules.slots_of_plan(plan)
        ]
        moment = self.now if script.is_new else dates[0].starts_at - timedelta(days=script.notice)

        async def deed(now: datetime) -> None:
            self.events[script.key] = await event_deeds.schedule_event(self.who(script.lead), plan, now)

        self.at(moment, deed)
        return min(moment, self.now), dates

    def plan(self, script: Script) -> Plan:
        """Return the plan of a script, relative to today."""
        times = timetable(script, to_local(self.now, self.zone).date())
        return Plan(
            kind=script.kind,
            title=script.title,
            visibility=script.sees,
            zone=self.zone,
            starts=times.starts,
            duration=times.duration,
            is_all_day=script.is_all_day,
            status=script.status,
            rule=times.rule,
            on_holidays=times.on_holidays,
            place=script.place,
            agenda=script.agenda,
            committee_id=self.company.committees[script.committee] if script.committee else None,
            video_link=script.video_link,
            description=script.description,
            marking=self.marking(script, times.starts.date()) if script.categories else None,
            invitees={self.company.members[key].member_id: AttendeeRole.REQUIRED for key in self.invited(script)},
            reminders=POLICIES.get(script.committee or "", USUAL_POLICY),
        )

    def marking(self, script: Script, day: date) -> Marking:
        """Return the marking of a script, valid for a year after its first day."""
        lead = self.company.members[script.lead]
        return Marking(
            categories=script.categories,
            limit=script.limit,
            agency_id=lead.agency_id,
            agency=lead.agency,
            decontrol_on=day + timedelta(days=365),
        )

    def invited(self, script: Script) -> list[str]:
        """Return the keys of the people that a script invites, without its organizer."""
        return [key for key in self.company.named(*script.who) if key != script.lead]
