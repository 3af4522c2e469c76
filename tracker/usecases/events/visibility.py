"""Who may see an event, checked against invitees and owners of its action items; inside the caller's transaction."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from tracker.errors import Invalid, NotFound
from tracker.rules.core import audiences
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.events.event_fields import EventFields
from tracker.rules.events.markings import standing
from tracker.rules.events.plan import Person, Plan
from tracker.tables.background.events import audiences as audience_rows
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.background.operations import access
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.tables.schema.roster import Committee, Member, MemberRole, SeatHolder
from tracker.tables.visible import actions
from tracker.usecases.core.viewers import viewer_for, viewers_for
from tracker.usecases.events import need_to_know
from tracker.usecases.roster.known_people import candidates_among, people_to_invite


async def first_audiences(viewer: Viewer, event_id: UUID, lead_id: UUID, plan: Plan) -> frozenset[str]:
    """Write and return the audiences of a new event that follows no other. Errors as in `set_audiences`."""
    wanted = _audiences_of(plan, lead_id, plan.invitees)
    await _check_people(viewer, event_id, plan, wanted)
    await need_to_know.check_list(event_id, lead_id, plan)
    await audience_rows.add_audiences(event_id, wanted)
    return wanted


async def set_audiences(
    viewer: Viewer, event_id: UUID, lead_id: UUID, plan: Plan, now: datetime, *, list_of: UUID | None = None
) -> frozenset[str]:
    """Write and return the audiences of an event. Errors: Invalid(people=…) for invitees who may not see it.

    People already on the list of the event, or of `list_of`, the event that it follows, may stay there even if the
    viewer does not know them. When the event opens to more people than that one, no reason of a cancellation stays, and
    what was queued about it until now is read by its recipients alone.
    """
    limited = await access.limited_access(event_id)
    wanted = _audiences_of(plan, lead_id, [limited.get(one, one) for one in plan.invitees])
    await _check_people(viewer, list_of or event_id, plan, wanted)
    await need_to_know.check_list(list_of or event_id, lead_id, plan)
    await _check_owners(viewer, event_id, wanted, now)
    if await opens(await audience_rows.audiences_of(list_of or event_id), wanted):
        await _note_opening(event_id, now)
    elif list_of:
        await Event.update({Event.opened_at: await audience_rows.opened_at(list_of)}).where(Event.id == event_id)
    await audience_rows.replace_audiences(event_id, wanted)
    return wanted


def _audiences_of(plan: Plan, lead_id: UUID, listed: Iterable[UUID]) -> frozenset[str]:
    """Return the audiences of an event; `listed` are its people, or their access where that ends by itself."""
    seen_by = audiences.event_audiences(plan.visibility, plan.committee_id, listed, standing(plan.marking))
    return seen_by | audiences.event_audiences(plan.visibility, plan.committee_id, {lead_id})


async def opens(before: AbstractSet[str], after: Iterable[str]) -> bool:
    """Return whether an event that the audiences `before` may see opens to more people with the audiences `after`.

    A committee of one arm is part of that arm. A new event, without audiences before, opens to no one.
    """
    return bool(before) and audiences.widens_audiences(before | await audience_rows.committees_of_arms(before), after)


async def open_to(event_id: UUID, audience: str, now: datetime) -> None:
    """Let one more audience see an event that it could not see, as `set_audiences` does when an event opens."""
    await _note_opening(event_id, now)
    await audience_rows.add_audiences(event_id, {audience})


async def close_to(viewer: Viewer, event_id: UUID, closed: AbstractSet[str], now: datetime) -> None:
    """Hide an event from these audiences. Errors: Invalid for people who own an open action item from it."""
    left = frozenset(await audience_rows.audiences_of(event_id)) - closed
    await _check_owners(viewer, event_id, left, now)
    await audience_rows.replace_audiences(event_id, left)


async def _note_opening(event_id: UUID, now: datetime) -> None:
    await _forget_reasons(event_id)
    await Event.update({Event.opened_at: now}).where(Event.id == event_id)


async def _forget_reasons(event_id: UUID) -> None:
    """Blank the reasons of the event's and its dates' cancellations, which were written for fewer people.

    The history keeps them, for the people who may read it (`tables.visible.events.history`).
    """
    await Event.update({Event.cancel_reason: ""}).where((Event.id == event_id) & (Event.cancel_reason != ""))
    of_event = (Occurrence.event == event_id) & (Occurrence.cancel_reason != "")
    await Occurrence.update({Occurrence.cancel_reason: ""}).where(of_event)


async def who_may_see(event_id: UUID, member_ids: Iterable[UUID], now: datetime) -> frozenset[UUID]:
    """Return which of these people may see an event now, including invitees whose accounts are not active."""
    seen_by, wanted = await audience_rows.audiences_of(event_id), frozenset(member_ids)
    active = await viewers_for(wanted, now)
    return frozenset(
        one for one in wanted if (active[one].audiences if one in active else audiences.audiences_of_one(one)) & seen_by
    )


async def circle_is_within(plan: Plan, event: EventFields) -> bool:
    """Return whether the plan may narrow who sees the event.

    It may not when the plan is for a committee and the event is not for everyone, unless the committee belongs to the
    arm that sees the event.
    """
    if plan.visibility is not Visibility.COMMITTEE or event.visibility is Visibility.ALL:
        return True
    return await Committee.exists().where((Committee.id == plan.committee_id) & (Committee.arm == event.visibility))


async def _check_people(viewer: Viewer, event_id: UUID, plan: Plan, wanted: frozenset[str]) -> None:
    known = await candidates_among(people_to_invite(viewer), plan.invitees)
    unknown = set(plan.invitees) - {*known, viewer.member_id}
    if unknown and not unknown <= set(await invitees_of(event_id)):
        raise Invalid(people="You can’t invite one of these people. Choose from the list.")
    blind = await _who_may_not_see([known[one] for one in plan.invitees if one in known], plan, wanted)
    if blind:
        names = ", ".join(f"{one.name} ({one.agency})" for one in blind)
        raise Invalid(
            people=f"These people can’t see this event: {names}. Choose other people, or change who can see it."
        )


async def _check_owners(viewer: Viewer, event_id: UUID, wanted: frozenset[str], now: datetime) -> None:
    """Refuse to hide an event from the owner of an open action item that comes from it."""
    items = await actions.items_from_event(viewer, event_id)
    held = {owner: await _held_by(owner, now) for owner in {one.owner_id for one in items}}
    blind = [one for one in items if held[one.owner_id] and not wanted & held[one.owner_id]]
    if blind:
        owned = ", ".join(f"{one.reference} ({one.owner}, {one.agency})" for one in blind)
        raise Invalid(
            visibility=f"People who could no longer see this event own open action items: {owned}. "
            "Reassign or close them first."
        )


async def _held_by(member_id: UUID, now: datetime) -> frozenset[str]:
    """Return the audiences of a person; none when the account is not active."""
    try:
        return (await viewer_for(member_id, now)).audiences
    except NotFound:
        return frozenset()


async def guests_among(invited: Iterable[Person]) -> list[Person]:
    """Return the guests, who cannot open an event for named people because that needs a sign-in."""
    by_id = {one.id: one for one in invited}
    if not by_id:
        return []
    found = await Member.select(Member.id, Member.is_guest).where(Member.id.is_in(list(by_id)))
    return [by_id[row["id"]] for row in found if row["is_guest"]]


async def _who_may_not_see(invited: Iterable[Person], plan: Plan, wanted: frozenset[str]) -> list[Person]:
    if plan.visibility is Visibility.NAMED:
        return await guests_among(invited)
    if plan.visibility is Visibility.ALL:
        return []
    coordinators = set(
        await MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR).output(as_list=True)
    )
    seated: set[UUID] = set()
    if plan.visibility is Visibility.COMMITTEE:
        seated = set(
            await SeatHolder.select(SeatHolder.member)
            .where(SeatHolder.seat.committee == plan.committee_id)
            .output(as_list=True)
        ) | set(
            await MemberRole.select(MemberRole.member)
            .where(MemberRole.committee == plan.committee_id)
            .output(as_list=True)
        )
    return [
        one
        for one in invited
        if one.id not in coordinators and one.id not in seated and audiences.arm_audience(one.arm) not in wanted
    ]
