"""Events and action items of somebody who leaves: each passes to the first who may see it, and nobody else learns."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from tracker.errors import NotFound
from tracker.rules.directory import PersonCard
from tracker.rules.meetings import Event
from tracker.rules.people import Viewer
from tracker.tables import handover, visible, visible_items
from tracker.usecases import action_items, event_leads
from tracker.usecases.account_doors import coordinators
from tracker.usecases.viewers import viewer_for


async def pass_events(by: Viewer, person: PersonCard, successor: Viewer, now: datetime) -> None:
    """Give the events that somebody leads to the successor, or to the next of those invited who may see it.

    A draft goes with its author: nobody else has seen it. What only its lead could see is cancelled.
    """
    for event_id in await handover.led(person.id, now):
        invited = await handover.invited(event_id, person.agency_id, [person.id])
        found = await _first_who_sees(event_id, [successor.member_id, *invited], now)
        if found is None:
            await event_leads.drop(by, event_id, now)
        else:
            await event_leads.pass_on(by, *found, now)


async def pass_items(by: Viewer, person: PersonCard, successor: Viewer, now: datetime, today: date) -> None:
    """Give the open items of somebody to the successor, or to whoever answers for it and may see it.

    That is who leads the event from which it comes, who gave it, a coordinator, or somebody invited there.
    """
    for owned in await handover.owned(person.id):
        near = [successor.member_id, *filter(None, (owned.lead_id, owned.giver_id)), *sorted(await coordinators())]
        invited = await handover.invited(owned.event_id, person.agency_id, [person.id]) if owned.event_id else []
        for member_id in _each_once([*near, *invited], but=person.id):
            heir = await _viewer(member_id, now)
            item = await visible_items.item_by_id(heir, owned.id) if heir else None
            if heir and item:
                await action_items.pass_on(by, item, heir, now, today)
                break
        else:
            await action_items.drop(by, owned.id, now)


async def _first_who_sees(event_id: UUID, candidates: Sequence[UUID], now: datetime) -> tuple[Event, Viewer] | None:
    for member_id in candidates:
        heir = await _viewer(member_id, now)
        event = await visible.event(heir, event_id) if heir else None
        if heir and event:
            return event, heir
    return None


async def _viewer(member_id: UUID, now: datetime) -> Viewer | None:
    try:
        return await viewer_for(member_id, now)
    except NotFound:
        return None


def _each_once(candidates: Iterable[UUID], but: UUID) -> list[UUID]:
    return [one for one in dict.fromkeys(candidates) if one != but]
