"""Which events a viewer may schedule: for whom, and under which marking."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.errors import Invalid, NotAllowed
from tracker.rules.core import audiences
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Level, Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events import markings
from tracker.rules.events.event import Event, may_schedule
from tracker.rules.events.markings import Marking
from tracker.rules.events.plan import Plan
from tracker.usecases.roster.known_people import AgencyCount, count_candidates, people_to_invite

_LEVELS = (
    "SELECT m.id, m.name, g.code, g.level FROM member m JOIN agency g ON g.id = m.agency"
    " WHERE m.id IN ({}) ORDER BY m.name"
)
NOT_YOURS = "Only members of law-enforcement agencies can add, change, or remove a marking."


def allow(viewer: Viewer, plan: Plan, event: Event | None = None) -> None:
    """Raise `NotAllowed` unless the viewer may schedule such an event, or keep `event` as it is."""
    if not may_schedule(viewer, plan.kind, plan.visibility, plan.committee_id):
        raise NotAllowed("You can schedule events for your own arm, your committees, or people you name.")
    is_kept = event is not None and plan.committee_id == event.committee_id
    if plan.committee_id and not is_kept and audiences.committee_audience(plan.committee_id) not in viewer.audiences:
        raise NotAllowed("You can schedule a committee’s meetings only if you have a seat on it.")


async def allow_marked(viewer: Viewer, plan: Plan, now: datetime, event: Event | None = None) -> None:
    """Check as `allow` does, and refuse a marking the viewer may not set, or a limit that excludes anyone on the list.

    Errors: NotAllowed, Invalid by field.
    """
    allow(viewer, plan, event)
    marking, before = plan.marking, event.marking if event else None
    if marking != before:
        await _check_new(viewer, marking, before, to_local(now, plan.zone).date())
    if marking and marking.limit:
        markings.check_limit(marking.limit, plan.visibility)
    await check_limit(marking, {event.lead_id if event else viewer.member_id, *plan.invitees})


async def check_limit(marking: Marking | None, people_on_it: Iterable[UUID]) -> None:
    """Refuse people whom the limit of an event's marking excludes. Errors: Invalid by field."""
    if marking and marking.limit:
        levels = await _levels(people_on_it)
        markings.check_people(marking.limit, levels.values())


async def within_limit(marking: Marking | None, member_ids: Iterable[UUID]) -> set[UUID]:
    """Return the people whom the limit of an event's marking admits; all of them without one."""
    if not (marking and marking.limit):
        return set(member_ids)
    levels = await _levels(member_ids)
    return {member_id for member_id, (_, level) in levels.items() if markings.may_have(marking.limit, level)}


def designators(viewer: Viewer, known: Iterable[AgencyCount]) -> dict[UUID, str]:
    """Return the agencies that may designate what the viewer marks, the viewer's own first.

    `known` are the agencies where the viewer knows someone. Viewers who may not mark events get none.
    """
    if not markings.may_mark(viewer):
        return {}
    others = {one.id: one.code for one in known if one.arm is Arm.LAW_ENFORCEMENT}
    return {viewer.agency_id: viewer.agency} | dict(sorted(others.items(), key=lambda one: one[1]))


async def _check_new(viewer: Viewer, marking: Marking | None, before: Marking | None, today: date) -> None:
    """Check a new marking; the agency that designated it `before` stays a choice even if unknown to the viewer."""
    if not markings.may_mark(viewer):
        raise Invalid(mark_categories=NOT_YOURS)
    if marking is None:
        return
    markings.check(marking, today)
    is_kept = before is not None and marking.agency_id == before.agency_id
    if not is_kept and marking.agency_id not in designators(viewer, await count_candidates(people_to_invite(viewer))):
        raise Invalid(mark_agency="Choose the agency that designates it from the list.")


async def _levels(member_ids: Iterable[UUID]) -> dict[UUID, tuple[str, Level]]:
    ids = sorted(member_ids)
    found = await engine().run_querystring(QueryString(_LEVELS, sql_list(ids)))
    return {row["id"]: (f"{row['name']} ({row['code']})", Level(row["level"])) for row in found}
