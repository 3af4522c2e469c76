"""Who may see an event, and what a viewer may schedule and mark; inside the caller's transaction.

Audiences are checked against invitees and owners of the event's action items. Every list of a joint operation is
checked for need to know where it is written: the form, the API, an import, a template, or a change of another event
into an operation are no way around the second person that people of victim services need.
"""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import sql_list
from tracker.errors import Invalid, NotAllowed
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Arm, Level, Role, Viewer, Visibility
from tracker.rules.core.wording import to_local
from tracker.rules.events import markings
from tracker.rules.events.events import Event, EventFields, may_schedule
from tracker.rules.events.markings import Marking, capacity_on_list
from tracker.rules.events.plans import Person, Plan
from tracker.rules.operations.access import is_on_need_to_know, needs_second_person
from tracker.tables.background import operations
from tracker.tables.background.events import events as audience_rows
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema import events as rows
from tracker.tables.schema.operations import OperationGrant
from tracker.tables.schema.roster import Committee, Member, MemberRole, SeatHolder
from tracker.tables.visible import actions
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.roster.known_people import AgencyCount, candidates_among, count_candidates, people_to_invite


async def write_first_audiences(viewer: Viewer, event_id: UUID, lead_id: UUID, plan: Plan) -> frozenset[str]:
    """Write and return the audiences of a new event that follows no other. Errors as in `write_audiences`."""
    wanted = _audiences_of(plan, lead_id, plan.invitees)
    await _check_invitees(viewer, event_id, plan, wanted)
    await check_need_to_know(event_id, lead_id, plan)
    await audience_rows.add_audiences(event_id, wanted)
    return wanted


async def write_audiences(
    viewer: Viewer, event_id: UUID, lead_id: UUID, plan: Plan, now: datetime, *, list_of: UUID | None = None
) -> frozenset[str]:
    """Write and return the audiences of an event. Errors: Invalid(people=…) for invitees who may not see it.

    People already on the list of the event, or of `list_of`, the event that it follows, may stay there even if the
    viewer does not know them. When the event opens to more people than that one, no reason of a cancellation stays, and
    what was queued about it until now is read by its recipients alone.
    """
    limited = await operations.limited_access(event_id)
    wanted = _audiences_of(plan, lead_id, [limited.get(invitee, invitee) for invitee in plan.invitees])
    await _check_invitees(viewer, list_of or event_id, plan, wanted)
    await check_need_to_know(list_of or event_id, lead_id, plan)
    await _check_owners(viewer, event_id, wanted, now)
    if await opens_to_more(await audience_rows.audiences_of(list_of or event_id), wanted):
        await _note_opening(event_id, now)
    elif list_of:
        opened_at = await audience_rows.last_opened_at(list_of)
        await rows.Event.update(opened_at=opened_at).where(rows.Event.id == event_id)
    await audience_rows.replace_audiences(event_id, wanted)
    return wanted


def _audiences_of(plan: Plan, lead_id: UUID, listed: Iterable[UUID]) -> frozenset[str]:
    """Return the audiences of an event; `listed` are its people, or their access where that ends by itself."""
    seen_by = viewers.event_audiences(plan.visibility, plan.committee_id, listed, capacity_on_list(plan.marking))
    return seen_by | viewers.event_audiences(plan.visibility, plan.committee_id, {lead_id})


async def opens_to_more(before: AbstractSet[str], after: Iterable[str]) -> bool:
    """Return whether an event that the audiences `before` may see opens to more people with the audiences `after`.

    A committee of one arm is part of that arm. A new event, without audiences before, opens to no one.
    """
    return bool(before) and viewers.widens_audiences(before | await audience_rows.committees_of_arms(before), after)


async def open_event_to(event_id: UUID, audience: str, now: datetime) -> None:
    """Let one more audience see an event that it could not see, as `write_audiences` does when an event opens."""
    await _note_opening(event_id, now)
    await audience_rows.add_audiences(event_id, {audience})


async def close_event_to(viewer: Viewer, event_id: UUID, closed: AbstractSet[str], now: datetime) -> None:
    """Hide an event from these audiences. Errors: Invalid for people who own an open action item from it."""
    left = frozenset(await audience_rows.audiences_of(event_id)) - closed
    await _check_owners(viewer, event_id, left, now)
    await audience_rows.replace_audiences(event_id, left)


async def _note_opening(event_id: UUID, now: datetime) -> None:
    """Note when an event opened, and blank the reasons of cancellations, which were written for fewer people.

    The history keeps them, for the people who may read it (`tables.visible.events.history`).
    """
    of_event = (rows.Occurrence.event == event_id) & (rows.Occurrence.cancel_reason != "")
    await rows.Occurrence.update(cancel_reason="").where(of_event)
    await rows.Event.update(cancel_reason="", opened_at=now).where(rows.Event.id == event_id)


async def who_may_see(event_id: UUID, member_ids: Iterable[UUID], now: datetime) -> frozenset[UUID]:
    """Return which of these people may see an event now, including invitees whose accounts are not active."""
    seen_by, wanted = await audience_rows.audiences_of(event_id), frozenset(member_ids)
    active = await viewers_for(wanted, now)
    held = {
        member_id: active[member_id].audiences if member_id in active else viewers.audiences_of_one(member_id)
        for member_id in wanted
    }
    return frozenset(member_id for member_id in wanted if held[member_id] & seen_by)


async def may_narrow_to(plan: Plan, event: EventFields) -> bool:
    """Return whether the plan may narrow who sees the event.

    It may not when the plan is for a committee and the event is not for everyone, unless the committee belongs to the
    arm that sees the event.
    """
    if plan.visibility is not Visibility.COMMITTEE or event.visibility is Visibility.ALL:
        return True
    return await Committee.exists().where((Committee.id == plan.committee_id) & (Committee.arm == event.visibility))


async def _check_invitees(viewer: Viewer, event_id: UUID, plan: Plan, wanted: frozenset[str]) -> None:
    known = await candidates_among(people_to_invite(viewer), plan.invitees)
    unknown = set(plan.invitees) - {*known, viewer.member_id}
    if unknown and not unknown <= set(await invitees_of(event_id)):
        raise Invalid(people="You can’t invite one of these people. Choose from the list.")
    blind = await _who_may_not_see([known[invitee] for invitee in plan.invitees if invitee in known], plan, wanted)
    if blind:
        names = ", ".join(f"{person.name} ({person.agency})" for person in blind)
        raise Invalid(
            people=f"These people can’t see this event: {names}. Choose other people, or change who can see it."
        )


async def _check_owners(viewer: Viewer, event_id: UUID, wanted: frozenset[str], now: datetime) -> None:
    """Refuse to hide an event from the owner of an open action item that comes from it."""
    items = await actions.items_from_event(viewer, event_id)
    owners = await viewers_for({item.owner_id for item in items}, now)
    blind = [item for item in items if item.owner_id in owners and not wanted & owners[item.owner_id].audiences]
    if blind:
        owned = ", ".join(f"{item.reference} ({item.owner}, {item.agency})" for item in blind)
        raise Invalid(
            visibility=f"People who could no longer see this event own open action items: {owned}. "
            "Reassign or close them first."
        )


async def _who_may_not_see(invited: Iterable[Person], plan: Plan, wanted: frozenset[str]) -> list[Person]:
    if plan.visibility is Visibility.NAMED:  # guests can't open such an event, because that needs a sign-in
        by_id = {person.id: person for person in invited}
        members = await Member.select(Member.id, Member.is_guest).where(Member.id.is_in(list(by_id))) if by_id else []
        return [by_id[member["id"]] for member in members if member["is_guest"]]
    if plan.visibility is Visibility.ALL:
        return []
    coordinators = (
        await MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR).output(as_list=True)
    )
    of_committee: list[UUID] = []
    if plan.visibility is Visibility.COMMITTEE:
        seats = SeatHolder.select(SeatHolder.member).where(SeatHolder.seat.committee == plan.committee_id)
        offices = MemberRole.select(MemberRole.member).where(MemberRole.committee == plan.committee_id)
        of_committee = [*await seats.output(as_list=True), *await offices.output(as_list=True)]
    return [
        person
        for person in invited
        if person.id not in {*coordinators, *of_committee} and viewers.arm_audience(person.arm) not in wanted
    ]


async def check_need_to_know(event_id: UUID, lead_id: UUID, plan: Plan) -> None:
    """Refuse people on the list of an operation who need a second person's approval and don't have it.

    Errors: Invalid(people=…), which says how to ask for it.
    """
    if not is_on_need_to_know(plan):
        return
    arms = await audit.arms_of_people(set(plan.invitees) - {lead_id})
    guarded = {member_id for member_id, arm in arms.items() if needs_second_person(arm)}
    refused = guarded - await operations.approved_for(event_id, guarded)
    if refused:
        listed = ", ".join(name.words for name in sorted((await audit.names_of_people(refused)).values()))
        raise Invalid(
            people=f"People from victim services need a second person’s approval to see an operation: {listed}. "
            "Save the event without them. Then start its plan, and request access for them under Need to know."
        )


async def end_access_from_list(event_id: UUID, gone: Collection[UUID], by_id: UUID, now: datetime) -> None:
    """End the access of people who are taken off the list."""
    if gone:
        is_given = OperationGrant.member.is_in(sorted(gone)) & OperationGrant.ended_at.is_null()
        await OperationGrant.update(ended_at=now, ended_by=by_id).where((OperationGrant.event == event_id) & is_given)


async def audiences_with_lasting(event_id: UUID, member_id: UUID, seen_by: AbstractSet[str]) -> frozenset[str]:
    """Return the audiences of an event with a person whose access no longer ends by itself: its new organizer."""
    limited = (await operations.limited_access(event_id)).get(member_id)
    if limited is None:
        return frozenset(seen_by)
    await OperationGrant.update(until=None).where(OperationGrant.id == limited)
    return frozenset(seen_by) - viewers.audiences_of_one(limited) | {viewers.member_audience(member_id)}


_LEVELS = (
    "SELECT m.id, m.name, g.code, g.level FROM member m JOIN agency g ON g.id = m.agency"
    " WHERE m.id IN ({}) ORDER BY m.name"
)
ONLY_LAW_ENFORCEMENT_MARKS = "Only members of law-enforcement agencies can add, change, or remove a marking."


def check_may_schedule(viewer: Viewer, plan: Plan, event: Event | None = None) -> None:
    """Raise `NotAllowed` unless the viewer may schedule such an event, or keep `event` as it is."""
    if not may_schedule(viewer, plan.kind, plan.visibility, plan.committee_id):
        raise NotAllowed("You can schedule events for your own arm, your committees, or people you name.")
    is_kept = event is not None and plan.committee_id == event.committee_id
    if plan.committee_id and not is_kept and viewers.committee_audience(plan.committee_id) not in viewer.audiences:
        raise NotAllowed("You can schedule a committee’s meetings only if you have a seat on it.")


async def check_may_schedule_marked(viewer: Viewer, plan: Plan, now: datetime, event: Event | None = None) -> None:
    """Check as `check_may_schedule` does, and refuse a marking that the viewer may not set or that excludes people.

    Errors: NotAllowed, Invalid by field.
    """
    check_may_schedule(viewer, plan, event)
    marking, before = plan.marking, event.marking if event else None
    if marking != before:
        await _check_new_marking(viewer, marking, before, to_local(now, plan.zone).date())
    if marking and marking.limit:
        markings.check_limit_visibility(marking.limit, plan.visibility)
    await check_within_limit(marking, {event.lead_id if event else viewer.member_id, *plan.invitees})


async def check_within_limit(marking: Marking | None, people_on_it: Iterable[UUID]) -> None:
    """Refuse people whom the limit of an event's marking excludes. Errors: Invalid by field."""
    if marking and marking.limit:
        ids = sorted(people_on_it)
        people = await engine().run_querystring(QueryString(_LEVELS, sql_list(ids)))
        levels = [(f"{person['name']} ({person['code']})", Level(person["level"])) for person in people]
        markings.check_people_admitted(marking.limit, levels)


def possible_designators(viewer: Viewer, known: Iterable[AgencyCount]) -> dict[UUID, str]:
    """Return the agencies that may designate what the viewer marks, the viewer's own first.

    `known` are the agencies where the viewer knows someone. Viewers who may not mark events get none.
    """
    if not markings.may_mark(viewer):
        return {}
    others = [agency for agency in known if agency.arm is Arm.LAW_ENFORCEMENT]
    return {
        viewer.agency_id: viewer.agency,
        **{agency.id: agency.code for agency in sorted(others, key=lambda agency: agency.code)},
    }


async def _check_new_marking(viewer: Viewer, marking: Marking | None, before: Marking | None, today: date) -> None:
    """Check a new marking; the agency that designated it `before` stays a choice even if unknown to the viewer."""
    if not markings.may_mark(viewer):
        raise Invalid(mark_categories=ONLY_LAW_ENFORCEMENT_MARKS)
    if marking is None:
        return
    markings.check_marking(marking, today)
    is_kept = before is not None and marking.agency_id == before.agency_id
    if not is_kept and marking.agency_id not in possible_designators(
        viewer, await count_candidates(people_to_invite(viewer))
    ):
        raise Invalid(mark_agency="Choose the agency that designates it from the list.")


async def raise_calendar_versions(event_id: UUID) -> None:
    """Raise the calendar versions of everyone who may see the event or is invited, so that feeds show the change."""
    invited = {viewers.member_audience(member_id) for member_id in await invitees_of(event_id)}
    await rows.raise_audience_versions(await audience_rows.audiences_of(event_id) | invited)
