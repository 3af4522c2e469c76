"""Somebody who edits a series in any order: what the product refuses is no edit, and leaves nothing behind."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from tests.cast import NOW, ZONE, Cast, meeting
from tracker import clock
from tracker.errors import Conflict, Invalid
from tracker.rules.audiences import Visibility
from tracker.rules.meetings import Event, Occurrence
from tracker.rules.planning import DateChange, Plan, from_date
from tracker.rules.recurrence import rule_for
from tracker.usecases import meeting_dates, meetings, series_parts
from tracker.usecases.reminders import queue_due

STARTS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
DATES = 5
LENGTH = timedelta(minutes=90)
A_DAY = timedelta(days=1)


class Deed(NamedTuple):
    """One edit: its name, which date it is about, and a number that says by how much."""

    name: str
    which: int
    by: int


class SeriesEditor:
    """A weekly series of the coordinator, and all series that went on from it."""

    def __init__(self, cast: Cast) -> None:
        self.events: list[UUID] = []
        self.now = NOW
        self._cast = cast
        self._deeds: dict[str, Callable[[Occurrence, int], Awaitable[object]]] = {
            "move": self._move, "rename one": self._rename_one, "cancel": self._cancel, "reinstate": self._reinstate,
            "add": self._add, "split": self._split, "stop": self._stop, "end": self._end, "rename": self._rename,
            "narrow": self._narrow,
        }  # fmt: skip

    @property
    def names(self) -> list[str]:
        """Return what can be done."""
        return list(self._deeds)

    async def begin(self) -> None:
        """Schedule the series for law enforcement and one person beyond."""
        await self._pass_time()
        rule = rule_for("weekly", STARTS, count=DATES)
        plan = meeting(self._cast.fbi_lead, self._cast.caht_lead, starts=STARTS, duration=LENGTH, rule=rule)
        self.events = [await meetings.schedule(self._cast.coordinator, plan, self.now)]

    async def edit(self, deed: Deed) -> None:
        """Do it a day later, if it can be done; the planner of reminders has looked until then."""
        self.now += A_DAY
        await self._pass_time()
        every = [date for event_id in self.events for date in await self._dates(event_id)]
        dates = [date for date in every if date.is_cancelled or deed.name != "reinstate"] or every
        with suppress(Invalid, Conflict):
            await self._deeds[deed.name](dates[deed.which % len(dates)], deed.by)

    async def _pass_time(self) -> None:
        clock.start_at(self.now, stands_still=True)
        await queue_due(self.now, ZONE)

    async def _dates(self, event_id: UUID) -> list[Occurrence]:
        event = await meetings.event_for(self._cast.coordinator, event_id)
        return await meeting_dates.dates_of(self._cast.coordinator, event)

    async def _move(self, date: Occurrence, by: int) -> None:
        await self._change_date(date, starts=date.original_start + by * A_DAY + timedelta(hours=by % 4))

    async def _rename_one(self, date: Occurrence, by: int) -> None:
        await self._change_date(date, title=f"Special {by}")

    async def _change_date(self, date: Occurrence, *, starts: datetime | None = None, title: str | None = None) -> None:
        change = DateChange(starts=starts or date.original_start, duration=LENGTH, title=title, may_double=True)
        await meeting_dates.change_date(
            self._cast.coordinator, date.event.id, date.key, change, date.version, self.now, notify=False
        )

    async def _cancel(self, date: Occurrence, _: int) -> None:
        await meeting_dates.cancel_date(
            self._cast.coordinator, date.event.id, date.key, date.version, "Holiday week", self.now
        )

    async def _reinstate(self, date: Occurrence, _: int) -> None:
        await meeting_dates.reinstate_date(self._cast.coordinator, date.event.id, date.key, date.version, self.now)

    async def _add(self, date: Occurrence, by: int) -> None:
        starts = date.original_start + by * A_DAY + timedelta(hours=3)
        await series_parts.add_date(self._cast.coordinator, date.event.id, starts, date.event.version, self.now)

    async def _split(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        onward = from_date(plan, date.original_start + timedelta(hours=by % 3))
        self._went_on(await series_parts.change_from(
            self._cast.coordinator, event.id, date.key, onward, event.version, self.now, notify=False
        ))  # fmt: skip

    async def _stop(self, date: Occurrence, _: int) -> None:
        await series_parts.cancel_from(
            self._cast.coordinator, date.event.id, date.key, date.event.version, "Enough", self.now
        )

    async def _end(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        await self._change(event, replace(plan, rule=rule_for("weekly", plan.starts, count=DATES + by)))

    async def _rename(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        await self._change(event, replace(plan, title=f"Series {by}"))

    async def _narrow(self, date: Occurrence, _: int) -> None:
        event, plan = await self._plan(date.event)
        without = {one: role for one, role in plan.invitees.items() if one != self._cast.caht_lead.member_id}
        await self._change(event, replace(plan, visibility=Visibility.LAW_ENFORCEMENT, invitees=without))

    async def _plan(self, event: Event) -> tuple[Event, Plan]:
        return await meetings.plan_to_change(self._cast.coordinator, event.id)

    async def _change(self, event: Event, plan: Plan) -> None:
        self._went_on(await meetings.change(
            self._cast.coordinator, event.id, plan, event.version, self.now, notify=False
        ))  # fmt: skip

    def _went_on(self, event_id: UUID) -> None:
        if event_id not in self.events:
            self.events.append(event_id)
