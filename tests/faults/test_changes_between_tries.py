"""What a first try may have delivered is never contradicted: each calendar ends at what is true.

The mail server takes an email and then drops the connection, or its sender is killed, so no one knows that it arrived.
Meanwhile people move, cancel and restore the events, take each other off the list, and send substitutes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import Cast, meeting
from tests.faults.mailboxes import dates_shown
from tests.faults.senders import IS_FULL, Senders, run_senders, until_none_waits
from tests.faults.server import MailServer, serve_smtp
from tracker.database import engine
from tracker.errors import Conflict, Gone, Invalid, NotAllowed
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import EventStatus, Occurrence
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import occurrences, replies, scheduling, series_split, substitutes
from tracker.usecases.events.occurrences import dates_in_series

pytestmark = pytest.mark.both_engines

EVENTS, ROUNDS = (80, 60) if IS_FULL else (12, 15)
DEEDS = 3  # in one round
DATES = 4  # of a series
YES, NO = ReplyValue.ACCEPTED, ReplyValue.DECLINED
Deed = Callable[[UUID, datetime], Awaitable[None]]
STARTS = datetime(2027, 2, 9, 10)  # noqa: DTZ001 - local to the zone; so late that no reminder is due
LOST, KILLED = 0.3, 0.05  # shares of the emails whose acceptance is not heard, and that end their sender
FAST = 300.0  # five minutes a second: a retry after half a minute comes after a tenth of a second


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serve_smtp(MailServer()) as listening:
        yield listening


class Busy:
    """A coordinator who changes events all the time."""

    def __init__(self, cast: Cast, chance: Random) -> None:
        self.people: tuple[Viewer, ...] = (cast.fbi_lead, cast.caht_lead, cast.kcpd_detective)
        self.readers = self.people
        self.events: list[UUID] = []
        self._coordinator = cast.coordinator
        self._chance = chance

    def plan(self) -> Plan:
        """Return an event to which everyone is invited."""
        return meeting(*self.people, starts=STARTS)

    def deeds(self) -> list[Deed]:
        """Return what may happen to an event."""
        return [self._move, self._move, self._call_off, self._change_list]

    async def schedule(self, now: datetime) -> None:
        """Invite everyone to one more event."""
        self.events.append(await scheduling.schedule_event(self._coordinator, self.plan(), now))

    async def change_something(self, now: datetime) -> None:
        """Change one event in one way."""
        event_id = self._chance.choice(self.events)
        with suppress(Conflict, Invalid):  # what the product refuses is no change
            await self._chance.choice(self.deeds())(event_id, now)

    async def _move(self, event_id: UUID, now: datetime) -> None:
        event, plan = await scheduling.plan_to_change(self._coordinator, event_id)
        moved = replace(plan, starts=STARTS + timedelta(hours=self._chance.randrange(200)))
        await scheduling.change_event(self._coordinator, event_id, moved, event.version, now)

    async def _call_off(self, event_id: UUID, now: datetime) -> None:
        event = await scheduling.event_seen_by(self._coordinator, event_id)
        if event.status is EventStatus.CANCELED:
            await scheduling.restore_event(self._coordinator, event_id, event.version, now)
        else:
            await scheduling.cancel_event(self._coordinator, event_id, event.version, "", now)

    async def _change_list(self, event_id: UUID, now: datetime) -> None:
        event, plan = await scheduling.plan_to_change(self._coordinator, event_id)
        person = self._chance.choice(self.people).member_id
        invitees = {**plan.invitees, person: AttendeeRole.REQUIRED}
        if person in plan.invitees:
            del invitees[person]
        await scheduling.change_event(self._coordinator, event_id, replace(plan, invitees=invitees), event.version, now)

    async def true_for(self, person: Viewer) -> list[datetime]:
        """Return when the events begin to which a person is invited now."""
        starts = []
        for event_id in self.events:
            event, plan = await scheduling.plan_to_change(self._coordinator, event_id)
            if person.member_id in plan.invitees and event.status is not EventStatus.CANCELED:
                starts += [one.starts_at for one in await dates_in_series(self._coordinator, event) if not one.is_off]
        return sorted(starts)


class BusyWithSubstitutes(Busy):
    """A coordinator, and an invited person who sends an alternate and then comes after all, again and again."""

    def __init__(self, cast: Cast, chance: Random) -> None:
        super().__init__(cast, chance)
        self._principal, self._alternate = cast.fbi_lead, cast.fbi_alternate
        self._committee_id = cast.committees["steering"]
        self.readers = (*self.people, self._alternate)

    def deeds(self) -> list[Deed]:
        """Return what may happen to an event; who comes changes most."""
        return [*[self._send_or_come] * 6, *super().deeds()]

    def plan(self) -> Plan:
        """Return a meeting of the committee in which the alternate has a seat."""
        return replace(super().plan(), committee_id=self._committee_id)

    async def true_for(self, person: Viewer) -> list[datetime]:
        """Return when the events begin to which a person comes: by invitation, or as the alternate."""
        if person is not self._alternate:
            return await super().true_for(person)
        dates = [date for event_id in self.events for date in await self._dates(event_id)]
        own_dates = [
            one for one in dates if person.member_id in await substitutes.substitutes_on_date(one.event.id, one.id)
        ]
        return sorted(one.starts_at for one in own_dates if not one.is_off)

    async def _send_or_come(self, event_id: UUID, now: datetime) -> None:
        [date] = await self._dates(event_id)
        is_sent = self._alternate.member_id in await substitutes.substitutes_on_date(event_id, date.id)
        value, sends = (YES, None) if is_sent else (NO, self._alternate.member_id)
        with suppress(Gone, NotAllowed):  # it is canceled, or they are off the list
            await replies.record_own_reply(
                self._principal, event_id, date.key, value, "", now, for_series=False, substitute=sends
            )

    async def _dates(self, event_id: UUID) -> list[Occurrence]:
        return await dates_in_series(self._coordinator, await scheduling.event_seen_by(self._coordinator, event_id))


class BusyWithSeries(Busy):
    """A coordinator who changes single dates of series too, and what continues them."""

    def deeds(self) -> list[Deed]:
        """Return what may happen to a series; single dates change most."""
        return [self._move_date, self._move_date, self._cancel_date, self._split, *super().deeds()]

    def plan(self) -> Plan:
        """Return a weekly series."""
        return replace(super().plan(), rule=rule_for_choice("weekly", STARTS, count=DATES))

    async def _move(self, event_id: UUID, now: datetime) -> None:
        """Move all dates of a series on their days."""
        event, plan = await scheduling.plan_to_change(self._coordinator, event_id)
        moved = replace(plan, starts=plan.starts.replace(hour=self._chance.randrange(24)))
        await scheduling.change_event(self._coordinator, event_id, moved, event.version, now)

    async def _date(self, event_id: UUID) -> Occurrence:
        every = await dates_in_series(self._coordinator, await scheduling.event_seen_by(self._coordinator, event_id))
        return self._chance.choice(every)

    async def _move_date(self, event_id: UUID, now: datetime) -> None:
        date = await self._date(event_id)
        starts = date.original_start + timedelta(hours=self._chance.randrange(100))
        change = DateChange(starts=starts, duration=date.event.duration, may_double=True)
        await occurrences.change_occurrence(self._coordinator, event_id, date.key, change, date.version, now)

    async def _cancel_date(self, event_id: UUID, now: datetime) -> None:
        date = await self._date(event_id)
        if date.is_canceled:
            await occurrences.restore_occurrence(self._coordinator, event_id, date.key, date.version, now)
        else:
            await occurrences.cancel_occurrence(self._coordinator, event_id, date.key, date.version, "", now)

    async def _split(self, event_id: UUID, now: datetime) -> None:
        date = await self._date(event_id)
        event, plan = await series_split.plan_from_date_on(self._coordinator, event_id, date.key)
        moved = replace(plan, starts=plan.starts.replace(hour=self._chance.randrange(24)))
        onward = await series_split.change_from_date_on(
            self._coordinator, event_id, date.key, moved, event.version, now
        )
        if onward not in self.events:
            self.events.append(onward)


@pytest.mark.parametrize(
    "how", [Busy, BusyWithSubstitutes, BusyWithSeries], ids=["single events", "substitutes", "series"]
)
async def test_each_calendar_ends_at_what_is_true_whatever_changed_between_tries(
    cast: Cast, server: MailServer, how: type[Busy]
) -> None:
    chance = Random(11)  # noqa: S311 - repeatable faults
    busy = how(cast, chance)
    async with run_senders(engine(), server, FAST) as senders:
        server.cut_before_reply = lambda _: _goes_wrong(chance.random(), senders)
        await senders.start()
        await senders.start()
        for _ in range(EVENTS):
            await busy.schedule(senders.now())
        for _ in range(ROUNDS):
            for _ in range(DEEDS):
                await busy.change_something(senders.now())
            await asyncio.sleep(0.1)
            await senders.replace_killed()
        server.cut_before_reply = lambda _: False
        await senders.replace_killed()
        await until_none_waits()
    true = {one.email: await busy.true_for(one) for one in busy.readers}
    for takes_equal in (True, False):
        kept = dates_shown(server.accepted, takes_equal=takes_equal)
        assert {one.email: kept.get(one.email, []) for one in busy.readers} == true
    assert len(set(server.accepted)) == len(server.message_ids())  # one Message-ID, one content


def _goes_wrong(dice: float, senders: Senders) -> bool:
    """Kill a sender, drop the connection, or neither; the email is taken in each case."""
    if dice < KILLED:
        senders.running[0].kill()
    return dice < LOST
