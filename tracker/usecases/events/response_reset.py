"""Who is asked to reply again after a change: replies stay valid for the dates that the change leaves alone."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.rules.core.viewers import Viewer
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.plan import Plan
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.tables.background.events import copied_replies, invitees, new_replies
from tracker.tables.visible.events import events
from tracker.usecases.events import substitutes


async def ask_again(event_id: UUID, occurrence_id: UUID | None, sequence: int, now: datetime) -> None:
    """Reset the replies to a changed date, or to the series, except the organizer's."""
    invited = (await invitees.invitations(event_id)).values()
    asked = {one.id for one in invited if not one.is_withdrawn and one.role.is_asked}
    async with substitutes.notified(event_id, now):
        await _ask({(one, occurrence_id) for one in asked}, sequence, now)


async def ask_after_change(
    viewer: Viewer, event: Event, before: Iterable[Occurrence], plan: Plan, sequence: int, now: datetime
) -> None:
    """Ask again about the dates that the plan moves to another time or place.

    `before` are the dates before the change; the rows already match the plan. Dates that have begun keep their replies.
    When only the end of a series moves, nothing is asked again: replies to the series hold for its new dates.
    """
    if plan.place == event.place and plan_rules.only_end_moves(plan, event):
        return
    after = await events.dates(viewer, replace(event, place=plan.place))
    await ask_about(event.id, before, after, plan.zone, sequence, now)


async def ask_about(
    event_id: UUID, before: Iterable[Occurrence], after: Collection[Occurrence], zone: str, sequence: int, now: datetime
) -> None:
    """Ask again about the upcoming dates that have another time or place than `before`; others keep their replies."""
    was = {one.id: one for one in before}
    changed = {one.id for one in after if one.starts_at > now and _asks(was.get(one.id), one, zone)}
    if not changed:
        return
    await copied_replies.hold(event_id, [one.id for one in after if one.id not in changed])
    await ask_again(event_id, None, sequence, now)
    async with substitutes.notified(event_id, now):
        await _ask(await invitees.replied_alone(changed & set(was)), sequence, now)


def _asks(was: Occurrence | None, one: Occurrence, zone: str) -> bool:
    if was is None:
        return True
    before, after = (was.starts_at, was.ends_at), (one.starts_at, one.ends_at)
    return plan_rules.asks_again(before, after, place_changed=was.place != one.place, zone=zone)


async def _ask(whom: AbstractSet[tuple[UUID, UUID | None]], sequence: int, now: datetime) -> None:
    asked = {"reply": ReplyValue.NEEDS_ACTION, "source": ReplySource.CHANGE, "sequence": sequence, "replied_at": now}
    await new_replies.write([{"invitation": invitation, "occurrence": date, **asked} for invitation, date in whom])
