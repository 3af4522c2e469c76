"""Who is asked again after a change: what somebody replied holds for the dates that stay as they were."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.rules.core.viewer import Viewer
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.plan import Plan
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.background.events import copied_replies
from tracker.tables.schema.events.invitations import Invitation, Reply
from tracker.tables.visible.events import events
from tracker.usecases.events import substitutes


async def ask_again(event_id: UUID, occurrence_id: UUID | None, sequence: int, now: datetime) -> None:
    """Let no earlier reply count for a changed date (or for the series), the lead's own excepted."""
    found = await Invitation.select(Invitation.id).where(
        (Invitation.event == event_id) & Invitation.withdrawn_at.is_null() & (Invitation.role != AttendeeRole.CHAIR)
    )
    async with substitutes.told(event_id, now):
        await _ask({(row["id"], occurrence_id) for row in found}, sequence, now)


async def ask_after_change(
    viewer: Viewer, event: Event, before: Iterable[Occurrence], plan: Plan, sequence: int, now: datetime
) -> None:
    """Ask again about the dates of an event that are not where and when they were `before` it became the plan.

    Its dates are as the plan has them by now. What has begun stays replied, and so does a series that only ends on
    another day: answers for all its dates hold for those that are new.
    """
    if plan.place == event.place and plan_rules.only_end_moves(plan, event):
        return
    was = {one.id: one for one in before}
    after = await events.dates(viewer, replace(event, place=plan.place))
    changed = {one.id for one in after if one.starts_at > now and _asks(was.get(one.id), one, plan.zone)}
    if not changed:
        return
    await copied_replies.hold(event.id, [one.id for one in after if one.id not in changed])
    await ask_again(event.id, None, sequence, now)
    async with substitutes.told(event.id, now):
        await _ask(await _replied_alone(changed & set(was)), sequence, now)


async def forget_asking(event_id: UUID, asked_at: datetime) -> None:
    """Let the replies count again that a change of that moment had asked for anew."""
    asked = (Reply.source == "change") & (Reply.replied_at == asked_at)
    if mine := await _invitations(event_id):
        await Reply.delete().where(asked & Reply.invitation.is_in(mine))


async def anybody_replied(event_id: UUID, since: datetime) -> bool:
    """Whether somebody replied to an event after that moment: to what it was changed to."""
    mine = await _invitations(event_id)
    replied = (Reply.source != "change") & (Reply.replied_at > since)
    return bool(mine) and await Reply.exists().where(replied & Reply.invitation.is_in(mine))


async def _invitations(event_id: UUID) -> list[UUID]:
    found: list[UUID] = await Invitation.select(Invitation.id).where(Invitation.event == event_id).output(as_list=True)
    return found


def _asks(was: Occurrence | None, one: Occurrence, zone: str) -> bool:
    if was is None:
        return True
    before, after = (was.starts_at, was.ends_at), (one.starts_at, one.ends_at)
    return plan_rules.asks_again(before, after, place_changed=was.place != one.place, zone=zone)


async def _replied_alone(dates: set[UUID]) -> set[tuple[UUID, UUID | None]]:
    """Return the invitations with an answer for one of these dates alone, which no answer for the series replaces."""
    if not dates:
        return set()
    found = await Reply.select(Reply.invitation, Reply.occurrence).where(
        Reply.occurrence.is_in(list(dates)) & (Reply.invitation.role != AttendeeRole.CHAIR)
    )
    return {(row["invitation"], row["occurrence"]) for row in found}


async def _ask(whom: set[tuple[UUID, UUID | None]], sequence: int, now: datetime) -> None:
    asked = [
        Reply(
            id=ids.new_id(),
            invitation=invitation_id,
            occurrence=occurrence_id,
            reply=ReplyValue.NEEDS_ACTION,
            source="change",
            sequence=sequence,
            replied_at=now,
        )
        for invitation_id, occurrence_id in whom
    ]
    if asked:
        await Reply.insert(*asked)
