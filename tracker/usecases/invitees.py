"""Who may see an event, who is invited to it, and whom its changes are told; inside the caller's transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from tracker import chance
from tracker.errors import Invalid
from tracker.rules import audiences
from tracker.rules.audiences import Visibility
from tracker.rules.invitations import AttendeeRole
from tracker.rules.meetings import EventStatus
from tracker.rules.people import Role, Viewer
from tracker.rules.planning import Person, Plan
from tracker.tables import audience_rows, audience_versions
from tracker.tables.invitations import Answer, Invitation
from tracker.tables.people import MemberRole, SeatHolder
from tracker.usecases import outbox, people


async def invitees_of(event_id: UUID) -> dict[UUID, AttendeeRole]:
    """Return who is invited now, and as what."""
    found = await Invitation.select(Invitation.member, Invitation.role).where(
        (Invitation.event == event_id) & Invitation.withdrawn_at.is_null()
    )
    return {row["member"]: AttendeeRole(row["role"]) for row in found}


async def set_audiences(
    viewer: Viewer, event_id: UUID, lead_id: UUID, plan: Plan, *, list_of: UUID | None = None
) -> None:
    """Write who may see the event; refuse people who are invited but may not see it. Errors: Invalid(people=…).

    Who is on the list of the event, or of the event `list_of` that it follows, may stay there unknown to the viewer.
    """
    wanted = audiences.of_event(plan.visibility, plan.body_id, {lead_id, *plan.invitees})
    await _check_people(viewer, list_of or event_id, plan, wanted)
    await audience_rows.replace_audiences(event_id, wanted)


async def invite(
    viewer: Viewer, event_id: UUID, lead_id: UUID, plan: Plan, now: datetime, *, is_first: bool = True
) -> frozenset[UUID]:
    """Make the invitations agree with the plan, tell whom it concerns, and return who was invited newly.

    The lead is chair and has accepted. Somebody taken off the list gets a withdrawal, alone.
    """
    wanted = {**plan.invitees, lead_id: AttendeeRole.CHAIR}
    present = await invitees_of(event_id)
    added = frozenset(wanted) - frozenset(present)
    await withdraw(event_id, frozenset(present) - frozenset(wanted), plan, now)
    await _forget_answers(event_id, added, now)
    for member_id in sorted(wanted):
        await _keep(event_id, member_id, wanted[member_id], now)
    if lead_id in added:
        await _accept(event_id, lead_id, viewer, now)
    told = (frozenset(wanted) if is_first else added) - {lead_id}
    if plan.status is not EventStatus.DRAFT:
        await outbox.enqueue_all(
            [
                outbox.Draft(
                    kind="invitation",
                    recipient_id=member_id,
                    event_id=event_id,
                    key=f"invitation:{event_id}:{member_id}:{now.isoformat()}",
                )
                for member_id in sorted(told)
            ],
            now,
        )
    return added


async def tell(
    kind: str,
    event_id: UUID,
    version: int,
    now: datetime,
    facts: Mapping[str, object],
    *,
    occurrence_id: UUID | None = None,
    skip: frozenset[UUID] = frozenset(),
) -> None:
    """Queue one message to everybody who is invited, the lead and `skip` left out."""
    invited = await invitees_of(event_id)
    await outbox.enqueue_all(
        [
            outbox.Draft(
                kind=kind,
                recipient_id=member_id,
                event_id=event_id,
                occurrence_id=occurrence_id,
                facts=dict(facts),
                key=f"{kind}:{occurrence_id or event_id}:{member_id}:{version}",
            )
            for member_id, role in sorted(invited.items())
            if role is not AttendeeRole.CHAIR and member_id not in skip
        ],
        now,
    )


async def ask_again(event_id: UUID, occurrence_id: UUID | None, sequence: int, now: datetime) -> None:
    """Let no earlier answer count for a changed date (or for the series), the lead's own excepted."""
    found = await Invitation.select(Invitation.id).where(
        (Invitation.event == event_id) & Invitation.withdrawn_at.is_null() & (Invitation.role != AttendeeRole.CHAIR)
    )
    if found:
        await Answer.insert(
            *(
                Answer(
                    id=chance.new_id(),
                    invitation=row["id"],
                    occurrence=occurrence_id,
                    answer="needs_action",
                    source="change",
                    sequence=sequence,
                    answered_at=now,
                )
                for row in found
            )
        )


async def touch(event_id: UUID) -> None:
    """Let the calendars of everybody who may see the event, or is invited, know that it changed."""
    invited = {audiences.member(member_id) for member_id in await invitees_of(event_id)}
    await audience_versions.touch(await audience_rows.audiences_of(event_id) | invited)


async def _check_people(viewer: Viewer, event_id: UUID, plan: Plan, wanted: frozenset[str]) -> None:
    known = {one.id: one for one in await people.directory(viewer)}
    already = await invitees_of(event_id)
    if not set(plan.invitees) <= {*known, *already, viewer.member_id}:
        raise Invalid(people="One of these people is not on your list. Choose from the list.")
    blind = await _who_may_not_see([known[one] for one in plan.invitees if one in known], plan, wanted)
    if blind:
        names = ", ".join(f"{one.name} ({one.agency})" for one in blind)
        raise Invalid(
            people=f"Not everybody you invite may see this event: {names}. Choose other people or who can see it."
        )


async def _who_may_not_see(invited: Iterable[Person], plan: Plan, wanted: frozenset[str]) -> list[Person]:
    if plan.visibility in (Visibility.ALL, Visibility.NAMED):
        return []
    coordinators = set(
        await MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR).output(as_list=True)
    )
    seated: set[UUID] = set()
    if plan.visibility is Visibility.BODY:
        seated = set(
            await SeatHolder.select(SeatHolder.member).where(SeatHolder.seat.body == plan.body_id).output(as_list=True)
        ) | set(await MemberRole.select(MemberRole.member).where(MemberRole.body == plan.body_id).output(as_list=True))
    return [
        one
        for one in invited
        if one.id not in coordinators and one.id not in seated and audiences.arm(one.arm) not in wanted
    ]


async def withdraw(event_id: UUID, gone: frozenset[UUID], plan: Plan, now: datetime) -> None:
    """Take people off the list, and tell each of them alone."""
    if not gone:
        return
    await audience_versions.touch({audiences.member(one) for one in gone})
    await Invitation.update({Invitation.withdrawn_at: now}).where(
        (Invitation.event == event_id) & Invitation.member.is_in(list(gone))
    )
    if plan.status is not EventStatus.DRAFT:
        await outbox.enqueue_all(
            [
                outbox.Draft(
                    kind="withdrawal",
                    recipient_id=one,
                    event_id=event_id,
                    key=f"withdrawal:{event_id}:{one}:{now.isoformat()}",
                )
                for one in sorted(gone)
            ],
            now,
        )


async def _forget_answers(event_id: UUID, added: frozenset[UUID], now: datetime) -> None:
    """Let nothing that people answered before they were taken off the list count when they are invited again."""
    earlier = Answer.invitation.member.is_in(sorted(added) or [event_id])
    found = await Answer.select(Answer.invitation, Answer.occurrence).where(
        (Answer.invitation.event == event_id) & earlier
    )
    for invitation, occurrence in {(row["invitation"], row["occurrence"]) for row in found}:
        await Answer.insert(
            Answer(
                id=chance.new_id(), invitation=invitation, occurrence=occurrence, answer="needs_action",
                source="change", sequence=0, answered_at=now,
            )
        )  # fmt: skip


async def _keep(event_id: UUID, member_id: UUID, role: AttendeeRole, now: datetime) -> None:
    invitation = Invitation(id=chance.new_id(), event=event_id, member=member_id, role=role, added_at=now)
    await Invitation.insert(invitation).on_conflict(
        target=(Invitation.event, Invitation.member),
        action="DO UPDATE",
        values=[Invitation.role, (Invitation.withdrawn_at, None)],
    )


async def _accept(event_id: UUID, lead_id: UUID, viewer: Viewer, now: datetime) -> None:
    found = await Invitation.select(Invitation.id).where(
        (Invitation.event == event_id) & (Invitation.member == lead_id)
    )
    await Answer.insert(
        Answer(
            id=chance.new_id(),
            invitation=found[0]["id"],
            answer="accepted",
            source="site",
            entered_by=viewer.member_id,
            sequence=0,
            answered_at=now,
        )
    )
