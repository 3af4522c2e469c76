"""What the page of an operation's need-to-know list shows to one viewer."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Line, Occurrence
from tracker.rules.operations.dissemination import Given
from tracker.rules.operations.emergency import Opened
from tracker.rules.operations.grants import Grant, GrantState, may_approve
from tracker.rules.operations.plans import Operation, may_plan
from tracker.tables.visible.operations import grants
from tracker.tables.visible.operations.grants import Listed
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.operations.approval_notices import second_people
from tracker.usecases.operations.dissemination import record_of
from tracker.usecases.operations.emergency import opened_by
from tracker.usecases.operations.grants import candidates
from tracker.usecases.operations.lookup import operation_for
from tracker.usecases.roster.known_people import Candidates


class Access(Struct, frozen=True, kw_only=True):
    """One person who may see the operation; the grant is None for people who were put on its list by its form."""

    listed: Listed
    grant: Grant | None
    is_lead: bool

    @property
    def giver(self) -> str:
        """Return who let them; empty when they were on the list from the beginning."""
        return self.grant.giver if self.grant else self.listed.giver


class AccessView(Struct, frozen=True, kw_only=True):
    """Who may see an operation, for the people who lead it; others see their own access, and what they may approve."""

    occurrence: Occurrence
    operation: Operation
    leads: bool
    people: tuple[Access, ...]
    waiting: tuple[Grant, ...]
    """Requests that the viewer may approve, or made as lead."""
    may_approve: frozenset[UUID]
    """Which of them the viewer may approve."""
    has_no_second: bool
    """Whether no one on the operation can approve one of the requests, for the people who lead it."""
    candidates: Candidates | None
    """Whom the lead may add."""
    opened: tuple[Opened, ...]
    """Who has read it under emergency access, the latest first."""
    record: tuple[Given, ...]
    """Which version each person had, through what, and when first, for the lead."""

    def is_on_it(self, member_id: UUID) -> bool:
        """Return whether a person may still see the operation."""
        return any(one.listed.member_id == member_id for one in self.people)


async def access_view(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> AccessView:
    """Return what the page shows. Errors: NotFound for an operation without a plan, or that the viewer may not see."""
    occurrence = await date_for(viewer, event_id, key)
    operation = await operation_for(viewer, event_id)
    event, leads = occurrence.event, may_plan(viewer, occurrence.event)
    known = await grants.grants(viewer, event)
    waiting = [one for one in known if one.state(now) is GrantState.REQUESTED]
    approvable = frozenset(one.id for one in waiting if may_approve(viewer, event.lead_id, one))
    people = await _people(viewer, event, known, now)
    return AccessView(
        occurrence=occurrence,
        operation=operation,
        leads=leads,
        people=tuple(one for one in people if leads or one.listed.member_id == viewer.member_id),
        waiting=tuple(one for one in waiting if leads or one.id in approvable),
        may_approve=approvable,
        has_no_second=leads and not all([await second_people(event, one, now) for one in waiting]),
        candidates=await candidates(viewer, event) if leads else None,
        opened=tuple(await opened_by(viewer, event)),
        record=tuple(await record_of(viewer, occurrence)),
    )


async def to_approve(viewer: Viewer, now: datetime) -> dict[UUID, tuple[Line, int]]:
    """Return the operations with requests that the viewer can approve, and how many, by date."""
    found: dict[UUID, tuple[Line, int]] = {}
    for line, grant in await grants.waiting(viewer):
        if grant.state(now) is GrantState.REQUESTED and may_approve(viewer, line.lead_id, grant):
            found[line.id] = line, found.get(line.id, (line, 0))[1] + 1
    return found


async def _people(viewer: Viewer, event: Event, known: list[Grant], now: datetime) -> list[Access]:
    granted = {one.member_id: one for one in known if one.state(now) is GrantState.GRANTED}
    listed = await grants.listed(viewer, event)
    return [
        Access(listed=one, grant=granted.get(one.member_id), is_lead=one.member_id == event.lead_id) for one in listed
    ]
