"""Two operations of two agencies, at a chosen place and hour, ready to be compared."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, operation
from tracker.database import writing
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.emails.emails import Email, SitePage
from tracker.rules.operations.plans import (
    DeconflictionCheck,
    Disclosure,
    OutsideResult,
    PlannedSite,
    SiteRole,
    System,
    point_at,
)
from tracker.rules.operations.readiness import Minors, NoticeText
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.operations import ComparedPlaces
from tracker.tables.visible.operations.records import access_grants
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails.emails import write_email
from tracker.usecases.events.scheduling import event_seen_by, schedule_event
from tracker.usecases.operations import access, approvals, plans, states
from tracker.usecases.operations.plans import PlanBasics
from tracker.usecases.operations.states import operation_for
from tracker.usecases.roster import people

A, B = (39.0911, -94.4155), (39.0925, -94.4130)
"""Two places, 873 feet apart."""
RISSAFE = DeconflictionCheck(system=System.RISSAFE, number="RS-1042", result=OutsideResult.NO_CONFLICT)
BASICS = PlanBasics(supervisor_id=None, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60))
FAR = (35.0, -94.0)
SIX = datetime(2027, 1, 16, 6)  # noqa: DTZ001 - local to the zone
BEGINS = datetime(2027, 1, 16, 0, tzinfo=UTC)
"""The first moment at which an operation that is planned for `SIX` can begin."""


async def with_another_lead(cast: Cast) -> Cast:
    """Return the cast in which the alternate of the KCPD leads it too, so that two agencies can plan."""
    other = cast.kcpd_alternate
    async with writing():
        await people.set_roles(other.member_id, {Role.AGENCY_LEAD}, frozenset())
    return replace(cast, members={**cast.members, "kcpd_alternate": await viewer_for(other.member_id, NOW)})


def site(at: tuple[float, float], role: SiteRole = SiteRole.TARGET, radius_ft: int = 1_320) -> PlannedSite:
    """Return a site at a place."""
    return PlannedSite(role=role, place="A lot", point=point_at(*at, radius_ft))


async def plan_operation(
    lead: Viewer,
    *others: Viewer,
    title: str = "Operation Bluestem",
    at: tuple[float, float] = A,
    starts: datetime = SIX,
) -> UUID:
    """Schedule an operation with a plan that is compared with others, and return its event."""
    event_id = await schedule_event(lead, operation(*others, title=title, starts=starts), NOW)
    await plans.start_plan(lead, event_id, NOW)
    await plans.add_site_to_plan(lead, event_id, site(at), NOW)
    await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, NOW)
    return event_id


async def end_operation(lead: Viewer, event_id: UUID, state: OperationState = OperationState.RELEASED) -> None:
    """Let an operation be over, whatever is in the way."""
    operation = await operation_for(lead, event_id)
    async with writing():
        await states.enter_plan_state(operation.id, state, NOW)


async def disclose(lead: Viewer, event_id: UUID, level: Disclosure) -> None:
    """Choose what the other side of a conflict is shown."""
    await plans.change_plan_basics(lead, event_id, replace(BASICS, disclosure=level), NOW)


async def let_in(lead: Viewer, second: Viewer, event_id: UUID, person: Viewer) -> None:
    """Let a person of victim services see an operation, with the approval of a second person who is on it."""
    await access.give_access(lead, event_id, person.member_id, "She arranges the interpreters.", None, NOW)
    [waiting] = [one for one in await access_grants(lead, await event_seen_by(lead, event_id)) if not one.granted_at]
    await access.approve_access(second, event_id, waiting.id, NOW)


async def insert_compared_places(viewer: Viewer, places: int, now: datetime = NOW) -> None:
    """Let a person have had so many places compared."""
    async with writing():
        row = ComparedPlaces(
            member=viewer.member_id, agency=viewer.agency_id, places=places, compared_at=now - timedelta(minutes=5)
        )
        await ComparedPlaces.insert(row)


async def submit_bluestem(two: Cast) -> UUID:
    """Plan Bluestem with the FBI's alternate as its approving supervisor, and submit it."""
    bluestem = await plan_operation(two.fbi_lead, two.fbi_alternate, two.kcpd_detective)
    wanted = PlanBasics(
        supervisor_id=two.fbi_alternate.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(two.fbi_lead, bluestem, wanted, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, NOW)
    return bluestem


async def approve_bluestem(two: Cast) -> UUID:
    """Submit Bluestem, clear it outside, and approve it."""
    bluestem = await submit_bluestem(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    await approvals.change_plan_state(two.fbi_alternate, bluestem, OperationState.APPROVED, NOW)
    return bluestem


async def begin_execution(two: Cast, event_id: UUID) -> None:
    """Take a plan without commitments from planning to its execution, which begins at `BEGINS`.

    The FBI's alternate approves it.
    """
    supervisor = two.fbi_alternate
    await plans.change_plan_basics(two.fbi_lead, event_id, replace(BASICS, supervisor_id=supervisor.member_id), NOW)
    await approvals.change_plan_state(two.fbi_lead, event_id, OperationState.SUBMITTED, NOW)
    await approvals.record_deconfliction_number(two.fbi_lead, event_id, RISSAFE, NOW)
    await approvals.change_plan_state(supervisor, event_id, OperationState.APPROVED, NOW)
    await approvals.change_plan_state(two.fbi_lead, event_id, OperationState.BRIEFED, NOW)
    await approvals.change_plan_state(two.fbi_lead, event_id, OperationState.EXECUTING, BEGINS)


NOTICE_TEXT = NoticeText(
    starts_at=datetime(2027, 1, 16, 2, tzinfo=UTC),
    ends_at=datetime(2027, 1, 17, 2, tzinfo=UTC),
    fewest=3,
    most=6,
    languages="Spanish, Mandarin",
    minors=Minors.UNKNOWN,
    needs="Beds for one night",
    place="Partner location 2",
    contact="FBI duty desk, 816-555-0100",
)


async def emails_of_kinds(*kinds: type, now: datetime = NOW) -> list[tuple[UUID, Email | SendOutcome]]:
    """Return what each email of these kinds is now, with its recipient."""
    queued = await outbox.claim_messages("w", [], now, 1_000)
    return [(one.recipient_id, await write_email(one, now, ZONE)) for one in queued if isinstance(one.content, kinds)]


def linked_page(email: Email | SendOutcome) -> str:
    """Return where an email leads that has neither facts nor an entry for calendars."""
    assert isinstance(email, Email)
    assert (email.facts, email.calendar) == ((), None)
    [button] = email.buttons
    assert isinstance(button.target, SitePage)
    return button.target.path
