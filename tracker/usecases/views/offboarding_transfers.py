"""Events and action items of a person who leaves: each passes to the first person who may already see it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.grants import may_take_over
from tracker.rules.roster.directory import PersonCard
from tracker.tables.background.events import transfer
from tracker.tables.visible.actions import action_items as action_item_rows
from tracker.tables.visible.events import events
from tracker.usecases.actions import action_items
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import organizer_transfer
from tracker.usecases.roster.close_account import coordinators


async def transfer_events(by: Viewer, person: PersonCard, successor: Viewer, now: datetime) -> None:
    """Transfer the events that a person organizes to the successor, or to the next invitee who may see them.

    An operation passes to law enforcement only, also after its time while it isn't closed. A draft is deleted, because
    no one else has seen it. An upcoming event that no one can take over is canceled.
    """
    for event_id, is_over in await transfer.led(person.id, now):
        invited = await transfer.invited(event_id, person.agency_id, [person.id])
        found = await _first_to_take_over(event_id, [successor.member_id, *invited], now)
        if found:
            await organizer_transfer.transfer(by, *found, now)
        elif not is_over:
            await organizer_transfer.drop(by, event_id, now)


async def transfer_items(by: Viewer, person: PersonCard, successor: Viewer, now: datetime, today: date) -> None:
    """Transfer a person's open items to the successor, or to the next candidate who may see the item.

    Candidates are the organizer of the event it comes from, the person who assigned it, a coordinator, or an invitee.
    """
    for owned in await transfer.owned(person.id):
        near = [successor.member_id, *filter(None, (owned.lead_id, owned.giver_id)), *sorted(await coordinators())]
        invited = await transfer.invited(owned.event_id, person.agency_id, [person.id]) if owned.event_id else []
        for member_id in _each_once([*near, *invited], but=person.id):
            new_owner = await _viewer(member_id, now)
            item = await action_item_rows.item_by_id(new_owner, owned.id) if new_owner else None
            if new_owner and item:
                await action_items.transfer(by, item, new_owner, now, today)
                break
        else:
            await action_items.drop(by, owned.id, now)


async def _first_to_take_over(event_id: UUID, candidates: Sequence[UUID], now: datetime) -> tuple[Event, Viewer] | None:
    for member_id in candidates:
        new_owner = await _viewer(member_id, now)
        event = await events.event(new_owner, event_id) if new_owner else None
        if new_owner and event and may_take_over(new_owner, event):
            return event, new_owner
    return None


async def _viewer(member_id: UUID, now: datetime) -> Viewer | None:
    try:
        return await viewer_for(member_id, now)
    except NotFound:
        return None


def _each_once(candidates: Iterable[UUID], but: UUID) -> list[UUID]:
    return [one for one in dict.fromkeys(candidates) if one != but]
