"""Leaving the task force: what somebody has in hand passes to others, and every door is shut, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules import accounts, audiences
from tracker.rules.action_items import ActionItem
from tracker.rules.directory import PersonCard
from tracker.rules.meetings import Line
from tracker.rules.people import Status, Viewer
from tracker.tables import audience_versions, visible_led
from tracker.tables.invitations import Invitation
from tracker.tables.people import Member, MemberRole, SeatHolder
from tracker.usecases import action_lists, audit, directory, people
from tracker.usecases.account_doors import coordinators, lose_keys, shut
from tracker.usecases.departures_work import pass_events, pass_items
from tracker.usecases.viewers import viewer_for

ONESELF = "Somebody else sees you out: a coordinator or an administrator."
GONE = "They left already."
NOBODY = "Choose who takes over: nothing may stay without an owner."


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What passes to others when somebody leaves, as far as the viewer may see it, and who could take it over."""

    person: PersonCard
    events: Sequence[Line]
    """The next date of each event that they lead."""
    items: Sequence[ActionItem]
    successors: Sequence[PersonCard]
    """Their colleagues, then the coordinators."""


async def handover(viewer: Viewer, member_id: UUID, now: datetime) -> Handover:
    """Return what is to be known before somebody is seen out. Errors: NotFound, NotAllowed, Conflict."""
    if not viewer.keeps_accounts:
        raise NotAllowed(accounts.KEEPERS_ONLY)
    person = await _who_may_leave(viewer, member_id)
    return Handover(
        person=person,
        events=await visible_led.led(viewer, member_id, now),
        items=await action_lists.open_items_of_people(viewer, [member_id]),
        successors=await _successors(viewer, person),
    )


async def depart(
    viewer: Viewer, member_id: UUID, successor_id: UUID | None, proved_at: datetime, now: datetime, today: date
) -> None:
    """See somebody out: a successor takes over seats, open action items and events to come.

    What the successor may not see passes to somebody who may, so that nobody gains sight of it. Past attendance stays
    as it was recorded. Errors: NotFound, NotAllowed, Conflict, Invalid(successor).
    """
    accounts.check_keeper(viewer, proved_at, now)
    async with writing():
        person = await _who_may_leave(viewer, member_id)
        if successor_id not in {one.id for one in await _successors(viewer, person)} or successor_id is None:
            raise Invalid(successor=NOBODY)
        await _pass_seats(person, successor_id)
        await _leave(person)
        successor = await viewer_for(successor_id)
        await pass_events(viewer, person, successor, now)
        await pass_items(viewer, person, successor, now, today)
        await _forget_invitations(member_id, now)
        await shut(member_id)
        await lose_keys(member_id, now)
        told = {"successor": successor_id}
        await audit.record(viewer.member_id, viewer.door, "departed", "member", member_id, told, now)


async def _who_may_leave(viewer: Viewer, member_id: UUID) -> PersonCard:
    person = await directory.person(viewer, member_id)
    accounts.check_account(viewer, member_id, person.roles)
    if member_id == viewer.member_id:
        raise NotAllowed(ONESELF)
    if person.status is Status.DEPARTED:
        raise Conflict(GONE)
    if person.is_coordinator and not await coordinators() - {member_id}:
        raise NotAllowed(accounts.LAST_COORDINATOR)
    return person


async def _successors(viewer: Viewer, person: PersonCard) -> list[PersonCard]:
    able = [
        one for one in await directory.people(viewer)
        if one.id != person.id and one.status is Status.ACTIVE and not one.is_guest
    ]  # fmt: skip
    coordinate = await coordinators()
    colleagues = [one for one in able if one.agency_id == person.agency_id]
    return colleagues + [one for one in able if one.id in coordinate and one not in colleagues]


async def _pass_seats(person: PersonCard, successor_id: UUID) -> None:
    """Give a colleague each place; of another agency nobody can hold it, so its first alternate moves up."""
    is_colleague = await Member.exists().where((Member.id == successor_id) & (Member.agency == person.agency_id))
    held = await SeatHolder.select(SeatHolder.seat, SeatHolder.is_primary).where(SeatHolder.member == person.id)
    await SeatHolder.delete().where(SeatHolder.member == person.id)
    for row in held:
        others = SeatHolder.seat == row["seat"]
        heir = successor_id if is_colleague else await _first_alternate(row["seat"])
        if heir is None or (not is_colleague and not row["is_primary"]):
            continue
        already = await SeatHolder.select(SeatHolder.is_primary).where(others & (SeatHolder.member == heir)).first()
        if already is None:
            await people.sit(seat_id=row["seat"], member_id=heir, is_primary=row["is_primary"])
        elif row["is_primary"]:
            await SeatHolder.update({SeatHolder.is_primary: True}).where(others & (SeatHolder.member == heir))
    if is_colleague:
        await _pass_chairs(person, successor_id)
    concerned = {audiences.body(place.body_id) for place in person.places} | {audiences.member(successor_id)}
    await audience_versions.touch(concerned)


async def _first_alternate(seat_id: UUID) -> UUID | None:
    serves = (SeatHolder.seat == seat_id) & (SeatHolder.member.status == Status.ACTIVE)
    row = await SeatHolder.select(SeatHolder.member).where(serves).order_by(SeatHolder.member.name).first()
    found: UUID | None = row["member"] if row else None
    return found


async def _pass_chairs(person: PersonCard, successor_id: UUID) -> None:
    for place in person.places:
        is_held = (MemberRole.member == successor_id) & (MemberRole.body == place.body_id)
        if place.is_chair and not await MemberRole.exists().where(is_held):
            await people.make_chair(body_id=place.body_id, member_id=successor_id)


async def _leave(person: PersonCard) -> None:
    await MemberRole.delete().where(MemberRole.member == person.id)
    values: dict[Any, Any] = {Member.status: Status.DEPARTED, Member.version: person.version + 1}
    await Member.update(values).where(Member.id == person.id)
    await audience_versions.touch([audiences.member(person.id)])


async def _forget_invitations(member_id: UUID, now: datetime) -> None:
    """Take them off every list; the rolls of dates that are over keep them."""
    open_ = (Invitation.member == member_id) & Invitation.withdrawn_at.is_null()
    await Invitation.update({Invitation.withdrawn_at: now}).where(open_)
