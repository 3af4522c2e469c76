"""Someone who edits a series in any order: what the product refuses is no edit, and leaves nothing behind."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.ical.readers import Shown
from tests.rules.recurrence.any_series import CHOICES
from tracker import clock
from tracker.errors import Conflict, Invalid
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import to_local
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.plans import DateChange, Plan, plan_from_start
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.series import choice_of, dates_by_rule, rule_for_choice
from tracker.tables.schema import events as rows
from tracker.tables.schema.core.tables import Message, Watermark
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, series_split
from tracker.usecases.events import scheduling as event_deeds

A_DAY = timedelta(days=1)
LONGEST_WAIT = timedelta(days=60)
A_QUARTER = timedelta(minutes=15)
"""Of an hour."""


class Deed(NamedTuple):
    """One edit: its name, which date it is about, and a number that says by how much."""

    name: str
    which: int
    by: int


class SeriesEditor:
    """A series of the coordinator, and all series that went on from it."""

    def __init__(self, cast: Cast) -> None:
        self.events: list[UUID] = []
        self.now = NOW
        self._cast = cast
        self._deeds: dict[str, Callable[[Occurrence, int], Awaitable[object]]] = {
            "move": self._move,
            "lengthen": self._lengthen,
            "rename one": self._rename_one,
            "cancel": self._cancel,
            "restore": self._restore,
            "add": self._add,
            "split": self._split,
            "repeat otherwise": self._otherwise,
            "stop": self._stop,
            "end": self._end,
            "hour": self._hour,
            "length": self._length,
            "rename": self._rename,
            "narrow": self._narrow,
            "leave": self._leave,
            "join": self._join,
            "call off": self._call_off,
            "bring back": self._bring_back,
            "wait": self._wait,
        }

    @property
    def names(self) -> list[str]:
        """Return what can be done."""
        return list(self._deeds)

    async def begin(self, plan: Plan) -> None:
        """Schedule the series."""
        await self._pass_time()
        self.events = [await event_deeds.schedule_event(self._cast.coordinator, plan, self.now)]

    async def edit(self, deed: Deed) -> None:
        """Do it a day later, if it can be done; the planner of reminders has looked until then."""
        self.now += A_DAY
        await self._pass_time()
        every = [date for event_id in self.events for date in await self._dates(event_id)]
        fitting = [date for date in every if date.is_canceled or deed.name != "restore"] or every
        with suppress(Invalid, Conflict):
            await self._deeds[deed.name](fitting[deed.which % len(fitting)], deed.by)

    async def _pass_time(self) -> None:
        clock.start_at(self.now, is_still=True)
        await queue_due_messages(self.now, ZONE)

    async def _dates(self, event_id: UUID) -> list[Occurrence]:
        event = await event_deeds.event_seen_by(self._cast.coordinator, event_id)
        return await occurrences.dates_in_series(self._cast.coordinator, event)

    async def _move(self, date: Occurrence, by: int) -> None:
        await self._change_date(date, starts=_later(date, by))

    async def _lengthen(self, date: Occurrence, by: int) -> None:
        unit = A_DAY if date.event.is_all_day else A_QUARTER
        await self._change_date(date, duration=date.event.duration + by * unit)

    async def _rename_one(self, date: Occurrence, by: int) -> None:
        await self._change_date(date, title=f"Special {by}")

    async def _change_date(self, date: Occurrence, **changed: Any) -> None:
        facts = {"starts": date.original_start, "duration": date.event.duration, "may_double": True, **changed}
        change = DateChange(**facts)
        await occurrences.change_occurrence(
            self._cast.coordinator, date.event.id, date.key, change, date.version, self.now
        )

    async def _cancel(self, date: Occurrence, _: int) -> None:
        await occurrences.cancel_occurrence(
            self._cast.coordinator, date.event.id, date.key, date.version, "Holiday week", self.now
        )

    async def _restore(self, date: Occurrence, _: int) -> None:
        await occurrences.restore_occurrence(self._cast.coordinator, date.event.id, date.key, date.version, self.now)

    async def _add(self, date: Occurrence, by: int) -> None:
        await series_split.add_occurrence(
            self._cast.coordinator, date.event.id, _later(date, by), date.event.version, self.now
        )

    async def _split(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        await self._continue_series(
            event, date, replace(plan_from_start(plan, date.original_start), starts=_later(date, by % 3, days=0))
        )

    async def _otherwise(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        if plan.rule is not None:
            last = dates_by_rule(plan.rule, plan.starts)[-1].date()
            rule = rule_for_choice(CHOICES[by % len(CHOICES)], date.original_start, interval=abs(by) + 1, until=last)
            await self._continue_series(event, date, replace(plan, starts=date.original_start, rule=rule))

    async def _continue_series(self, event: Event, date: Occurrence, plan: Plan) -> None:
        self._went_on(
            await series_split.change_from_date_on(
                self._cast.coordinator, event.id, date.key, plan, event.version, self.now
            )
        )

    async def _stop(self, date: Occurrence, _: int) -> None:
        await series_split.cancel_from_date_on(
            self._cast.coordinator, date.event.id, date.key, date.event.version, "Enough", self.now
        )

    async def _end(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        if plan.rule is not None:
            last = date.original_start.date() + 8 * by * A_DAY
            rule = rule_for_choice(
                choice_of(plan.rule), plan.starts, interval=plan.rule.interval, weekdays=plan.rule.weekdays, until=last
            )
            await self._change(event, replace(plan, rule=rule))

    async def _hour(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        hour = 0 if plan.is_all_day else by % 24
        await self._change(event, replace(plan, starts=plan.starts.replace(hour=hour)))

    async def _length(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        unit = A_DAY if plan.is_all_day else A_QUARTER
        await self._change(event, replace(plan, duration=plan.duration + by * unit))

    async def _rename(self, date: Occurrence, by: int) -> None:
        event, plan = await self._plan(date.event)
        await self._change(event, replace(plan, title=f"Series {by}"))

    async def _narrow(self, date: Occurrence, _: int) -> None:
        event, plan = await self._plan(date.event)
        without = {one: role for one, role in plan.invitees.items() if one != self._cast.caht_lead.member_id}
        await self._change(event, replace(plan, visibility=Visibility.LAW_ENFORCEMENT, invitees=without))

    async def _leave(self, date: Occurrence, _: int) -> None:
        await self._onward_with(date, lambda invited: invited.pop(self._cast.caht_lead.member_id, None))

    async def _join(self, date: Occurrence, _: int) -> None:
        await self._onward_with(
            date, lambda invited: invited.update({self._cast.caht_lead.member_id: AttendeeRole.REQUIRED})
        )

    async def _onward_with(self, date: Occurrence, edit: Callable[[dict[UUID, AttendeeRole]], object]) -> None:
        """Continue from a date with other people."""
        event, plan = await self._plan(date.event)
        invited = dict(plan.invitees)
        edit(invited)
        await self._continue_series(event, date, replace(plan_from_start(plan, date.original_start), invitees=invited))

    async def _call_off(self, date: Occurrence, _: int) -> None:
        await event_deeds.cancel_event(self._cast.coordinator, date.event.id, date.event.version, "No money", self.now)

    async def _bring_back(self, date: Occurrence, _: int) -> None:
        await event_deeds.restore_event(self._cast.coordinator, date.event.id, date.event.version, self.now)

    async def _wait(self, date: Occurrence, _: int) -> None:
        """Let the date be over, if it is one of the next weeks."""
        self.now = max(self.now, min(date.ends_at, NOW + LONGEST_WAIT))
        await self._pass_time()

    async def _plan(self, event: Event) -> tuple[Event, Plan]:
        return await event_deeds.plan_to_change(self._cast.coordinator, event.id)

    async def _change(self, event: Event, plan: Plan) -> None:
        self._went_on(await event_deeds.change_event(self._cast.coordinator, event.id, plan, event.version, self.now))

    def _went_on(self, event_id: UUID) -> None:
        if event_id not in self.events:
            self.events.append(event_id)


async def no_event() -> None:
    """Forget every event: an example of many begins as if it were the first."""
    await Message.delete(force=True)
    await rows.Event.update({rows.Event.previous_series: None}, force=True)
    await rows.Event.delete(force=True)
    await Watermark.delete(force=True)


async def stored_dates(events: list[UUID]) -> list[dict[str, Any]]:
    """Return what the tables hold of the dates that take place, no matter who may see them."""
    table = rows.Occurrence
    rows_found = await table.select(
        table.id,
        table.event,
        table.original_start,
        table.starts_at,
        table.ends_at,
        table.title,
        table.event.title.as_alias("of_series"),
        table.event.status.as_alias("status"),
        table.is_canceled,
        table.event.zone.as_alias("zone"),
        table.event.is_all_day.as_alias("is_all_day"),
    ).where(table.event.is_in(events))
    return [row for row in rows_found if row["status"] == "confirmed" and not row["is_canceled"]]


def shown_dates(date_rows: list[dict[str, Any]]) -> list[Shown]:
    """Return such rows as a calendar program shows them: days count from midnight UTC."""
    return sorted(
        Shown(_seen(row, row["starts_at"]), _seen(row, row["ends_at"]), row["title"] or row["of_series"])
        for row in date_rows
    )


def _seen(row: dict[str, Any], moment: datetime) -> datetime:
    return to_local(moment, row["zone"]).replace(tzinfo=UTC) if row["is_all_day"] else moment


def _later(date: Occurrence, by: int, *, days: int | None = None) -> datetime:
    """Return a local start some days later than the rule has it, and hours; a whole day has none."""
    hours = timedelta(0) if date.event.is_all_day else timedelta(hours=by % 4)
    return date.original_start + (by if days is None else days) * A_DAY + hours
