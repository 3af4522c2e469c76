"""What happened in the demo so far, told in the order of time by the deeds of the product itself.

Each deed gets its own moment as `now`, so answers, attendance, notes and the audit log are as old as they say.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from uuid import UUID

from tracker.demo.cast import Company
from tracker.demo.programme import Script
from tracker.rules.core.actors import Origin
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.markings import Marking
from tracker.rules.events.plan import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence import rule_for
from tracker.usecases.events import events as event_deeds

Deed = Callable[[datetime], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Date:
    """One date of a script: its key in addresses, and when it is."""

    key: str
    starts_at: datetime
    ends_at: datetime


@dataclass
class Story:
    """The diary of the demo; `events` are the ids of what was scheduled so far, by the script's key."""

    company: Company
    now: datetime
    zone: str
    luck: random.Random
    events: dict[str, UUID] = field(default_factory=dict)
    _diary: list[tuple[datetime, Deed]] = field(default_factory=list)

    def who(self, key: str) -> Viewer:
        """Return a person as the one who acts; the audit log says that the command line spoke for them."""
        return replace(self.company.members[key], origin=Origin("cli"))

    def at(self, moment: datetime, deed: Deed) -> None:
        """Write a deed into the diary; what would lie ahead happens when the demo starts."""
        self._diary.append((min(moment, self.now), deed))

    async def live(self, until: datetime) -> None:
        """Do what the diary holds up to a moment, earliest first, and strike it out."""
        due = sorted((one for one in self._diary if one[0] <= until), key=itemgetter(0))
        self._diary = [one for one in self._diary if one[0] > until]
        for moment, deed in due:
            await deed(moment)

    def scheduled(self, script: Script) -> tuple[datetime, list[Date]]:
        """Write into the diary that a script is scheduled; return when, and its dates."""
        plan = self.plan(script)
        dates = [
            Date(key=start.date().isoformat(), starts_at=slot[0], ends_at=slot[1])
            for start, slot in plan_rules.slots(plan)
        ]
        moment = self.now if script.is_new else dates[0].starts_at - timedelta(days=script.notice)

        async def deed(now: datetime) -> None:
            self.events[script.key] = await event_deeds.schedule(self.who(script.lead), plan, now)

        self.at(moment, deed)
        return min(moment, self.now), dates

    def plan(self, script: Script) -> Plan:
        """Return the plan of a script, seen from today."""
        day = script.first(to_local(self.now, self.zone).date())
        starts = datetime.combine(day, time() if script.is_all_day else script.starts)
        return Plan(
            kind=script.kind,
            title=script.title,
            visibility=script.sees,
            zone=self.zone,
            starts=starts,
            duration=timedelta(minutes=script.minutes),
            is_all_day=script.is_all_day,
            status=script.status,
            rule=rule_for(script.repeat, starts, interval=script.interval),
            place=script.place,
            agenda=script.agenda,
            committee_id=self.company.committees[script.committee] if script.committee else None,
            video_link=script.video_link,
            description=script.description,
            marking=self.marking(script, day) if script.categories else None,
            invitees={self.company.members[key].member_id: AttendeeRole.REQUIRED for key in self.invited(script)},
        )

    def marking(self, script: Script, day: date) -> Marking:
        """Return the marking of a script, in force for a year after its first day."""
        lead = self.company.members[script.lead]
        return Marking(
            categories=script.categories,
            limit=script.limit,
            agency_id=lead.agency_id,
            agency=lead.agency,
            decontrol_on=day + timedelta(days=365),
        )

    def invited(self, script: Script) -> list[str]:
        """Return the keys of those whom a script invites, its lead left out."""
        return [key for key in self.company.named(*script.who) if key != script.lead]
