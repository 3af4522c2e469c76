"""Who will be reminded of an action item, and when, if nothing changes: computed when viewed, never stored."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import together
from tracker.rules.actions.action_items import ActionItem, may_update_item
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import plural
from tracker.rules.emails.escalation import A_WEEK, Escalation, OpenItem, Rung, candidates, escalate, hearing
from tracker.rules.emails.escalation import AHEAD as DAYS_AHEAD
from tracker.rules.emails.item_days import first_morning, span_of
from tracker.rules.emails.missed_rungs import Planned, without_missed
from tracker.rules.events.plans import Person
from tracker.tables.background.emails import due
from tracker.tables.visible import actions
from tracker.usecases.emails.day_emails import day_emails, owed
from tracker.usecases.emails.escalations import all_escalations
from tracker.usecases.emails.ladder import open_items, rungs, with_reach
from tracker.usecases.emails.preferences import wishes_of
from tracker.usecases.roster.people import people_by_id

SHOWN = 5  # days
AHEAD = timedelta(days=SHOWN * A_WEEK)
"""How long after today, or the due day, the next days with reminders can be: there is one every week."""


class _Hearing(NamedTuple):
    """A person hears of an item in the email of a day; the day is the task force's."""

    item_id: UUID
    day: date
    at: datetime
    member_id: UUID
    rung: Rung


class PlannedItems(Struct, frozen=True, kw_only=True):
    """An email about action items that its reader will get."""

    at: datetime
    own: int
    """How many items of the reader's own it is about."""
    items: int
    """How many it is about altogether."""

    @property
    def kind(self) -> MessageKind:
        """Return the kind that people filter by."""
        return MessageKind.ITEMS_OF_DAY

    @property
    def words(self) -> str:
        """Return "2 of your items, 1 owned by someone else"."""
        others = self.items - self.own
        whose = "owned by someone else" if others == 1 else "owned by others"
        if not self.own:
            return f"{plural(others, 'item')} {whose}"
        own = f"{self.own} of your items"
        return f"{own}, {others} {whose}" if others else own


class Coming(Struct, frozen=True, kw_only=True):
    """A day, in the task force's zone, on which people are reminded of an item; by agency and name."""

    day: date
    people: tuple[Person, ...]


async def coming_reminders(
    viewer: Viewer, item: ActionItem, now: datetime, zone: str, usual: Escalation
) -> list[Coming]:
    """Return the next days with reminders of an item that the viewer sees; none unless they may update it."""
    if not (item.is_open and may_update_item(viewer, item)):
        return []
    found = await _by_day(item, now, zone, usual)
    days = sorted(found)[:SHOWN]
    known = await people_by_id({one for day in days for one in found[day]})
    return [Coming(day=day, people=tuple(sorted((known[one] for one in found[day]), key=_by_agency))) for day in days]


async def own_emails(
    viewer: Viewer, until: datetime, now: datetime, zone: str, usual: Escalation
) -> list[PlannedItems]:
    """Return the viewer's own emails about action items in (now, until], soonest first; only they may know of them."""
    last = to_local(until, zone).date()
    near = last + timedelta(days=max(DAYS_AHEAD))
    visible = [
        action_item.id
        for action_item in await actions.listed_items(viewer)
        if action_item.due <= near or action_item.blocked_at
    ]
    told: dict[datetime, dict[UUID, Rung]] = {}
    for one in await _hearings(visible, last, now, zone, usual):
        if one.member_id == viewer.member_id and one.at <= until:
            told.setdefault(one.at, {})[one.item_id] = one.rung
    return [
        PlannedItems(at=at, own=sum(rung is Rung.OWNER for rung in items.values()), items=len(items))
        for at, items in sorted(told.items())
    ]


async def _by_day(item: ActionItem, now: datetime, zone: str, usual: Escalation) -> dict[date, set[UUID]]:
    found: dict[date, set[UUID]] = {}
    last = max(to_local(now, zone).date(), item.due) + AHEAD
    for one in await _hearings([item.id], last, now, zone, usual):
        found.setdefault(one.day, set()).add(one.member_id)
    return found


async def _hearings(
    item_ids: Collection[UUID], last: date, now: datetime, zone: str, usual: Escalation
) -> list[_Hearing]:
    """Return who hears of these items in the emails after now, of the days up to the last."""
    items, every, escalations, emails = await together(
        _open(item_ids, zone), rungs(), all_escalations(usual), day_emails(now)
    )
    ladder, wishes = await together(with_reach(every, items, (), now), wishes_of(candidates(items, every)))
    ladder = replace(ladder, without_reminders=frozenset(one for one in wishes.of_member if not wishes.of_items(one)))
    planned, today = Planned(emails=emails, wishes=wishes, zone=zone, until=now), to_local(now, zone).date()
    since = owed(emails, today)
    days = span_of(min(since.values(), default=today), last)
    mornings = [day for day in days if first_morning(day, zone, None)[1] > now]
    found = []
    for open_item in items:
        later = escalate(without_missed(open_item, ladder, planned), mornings, escalations, ladder)
        for day in days:
            for member_id, rung in hearing(later, day, ladder).items():
                sent, at = first_morning(max(day, today), zone, wishes.quiet_of(member_id))
                if at > now and day >= since.get(member_id, today):
                    found.append(_Hearing(open_item.id, sent, at, member_id, rung))
    return found


async def _open(item_ids: Collection[UUID], zone: str) -> list[OpenItem]:
    return await open_items(await due.items_by_id(item_ids), zone)


def _by_agency(person: Person) -> tuple[str, str, str]:
    return person.agency, person.name, str(person.id)
