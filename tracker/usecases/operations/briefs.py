"""The brief of an operation on paper: numbered copies, each of one version and with an accountable person."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import Participant
from tracker.rules.operations.briefs import (
    NumberedCopy,
    OperationContact,
    check_brief,
    may_carry_contacts,
    shared_agreements,
    why_outdated,
)
from tracker.rules.operations.deconfliction import Hit
from tracker.rules.operations.orders import Order, Phase
from tracker.rules.operations.plans import Operation
from tracker.rules.operations.sites import PlannedSite
from tracker.tables.schema.operations.records import BriefCopy
from tracker.tables.visible import attendance
from tracker.tables.visible.operations import check_ins, plans
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events.occurrences import date_seen_by


class Brief(Struct, frozen=True, kw_only=True):
    """An operation's date with the people on it, its plan if it has one, and the copies of its brief so far."""

    occurrence: Occurrence
    operation: Operation | None
    people: tuple[Participant, ...]
    copies: tuple[NumberedCopy, ...]

    @property
    def version(self) -> int | None:
        """Return the version that the next copy shows; None without a plan."""
        return self.operation.version if self.operation else None

    @property
    def agencies(self) -> dict[str, int]:
        """Return how many people are on the operation, by the short name of their agency."""
        counts: dict[str, int] = {}
        for person in self.people:
            counts[person.agency] = counts.get(person.agency, 0) + 1
        return counts


class PrintedCopy(Struct, frozen=True, kw_only=True):
    """What is on one copy; of the plan, what both its holder and the person who prints it may see."""

    brief: Brief
    copy: NumberedCopy
    order: Order | None
    phases: tuple[Phase, ...]
    sites: tuple[PlannedSite, ...]
    sites_left_out: int
    contacts: tuple[OperationContact, ...]
    """People with a role and their numbers; empty when victim services hold or print the copy."""
    hits: tuple[Hit, ...]
    """Conflicts with other operations and what was agreed; only if holder and printer both may know of them."""


async def brief_with_copies(viewer: Viewer, event_id: UUID, key: str) -> Brief:
    """Return an operation with the copies of its brief. Errors: NotFound, NotAllowed."""
    occurrence = await date_seen_by(viewer, event_id, key)
    check_brief(viewer, occurrence.event)
    return Brief(
        occurrence=occurrence,
        operation=await plans.operation_plan(viewer, occurrence.event),
        people=tuple(await attendance.participants(viewer, occurrence)),
        copies=tuple(await check_ins.brief_copies(viewer, occurrence)),
    )


async def issue_brief_copy(viewer: Viewer, event_id: UUID, key: str, member_id: UUID | None, now: datetime) -> int:
    """Issue the next copy of a brief, in the version of now, to one of the people on the operation; return its number.

    Errors: NotFound, NotAllowed, Invalid(member) for a person who is not on the operation.
    """
    async with writing():
        brief = await brief_with_copies(viewer, event_id, key)
        if member_id is None or member_id not in {person.member_id for person in brief.people}:
            raise Invalid(member="Choose the person responsible for this copy from the people on the operation.")
        number = max((copy.number for copy in brief.copies), default=0) + 1
        await BriefCopy.insert(
            BriefCopy(
                id=ids.new_id(),
                occurrence=brief.occurrence.id,
                number=number,
                issued_to=member_id,
                issued_by=viewer.member_id,
                issued_at=now,
                version=brief.version,
            )
        )
        facts = {"date": key, "copy": number, "to": member_id, "version": brief.occurrence.event.version}
        facts |= {"plan_version": brief.version} if brief.version else {}
        await audit.record(viewer.actor, "brief_printed", "occurrence", brief.occurrence.id, facts, now)
    return number


async def printed_copy(viewer: Viewer, event_id: UUID, key: str, number: int, now: datetime) -> PrintedCopy:
    """Return what is on one copy.

    Errors: NotFound, NotAllowed, Conflict when the plan has another version by now, or its holder lost access.
    """
    brief = await brief_with_copies(viewer, event_id, key)
    numbered_copy = next((copy for copy in brief.copies if copy.number == number), None)
    if numbered_copy is None:
        raise NotFound
    if reason := why_outdated(numbered_copy, brief.version):
        raise Conflict(reason)
    holder = (await viewers_for([numbered_copy.issued_to_id], now)).get(numbered_copy.issued_to_id)
    if holder is None or numbered_copy.issued_to_id not in {person.member_id for person in brief.people}:
        raise Conflict(f"{numbered_copy.issued_to} is no longer on the operation.")
    return await _copy_for(brief, numbered_copy, viewer, holder)


async def _copy_for(brief: Brief, numbered_copy: NumberedCopy, viewer: Viewer, holder: Viewer) -> PrintedCopy:
    event, operation = brief.occurrence.event, brief.operation
    mine, theirs = await plans.plan_sites(viewer, event), await plans.plan_sites(holder, event)
    shared = tuple(site for site_id, site in mine.items() if theirs.get(site_id) == site)
    known = [await plans.plan_hits(reader, operation) for reader in (viewer, holder)] if operation else [[], []]
    return PrintedCopy(
        brief=brief,
        copy=numbered_copy,
        order=await plans.operations_order(viewer, event),
        phases=tuple((await plans.operation_phases(viewer, event)).values()),
        sites=shared,
        sites_left_out=len(mine) - len(shared),
        contacts=tuple(await check_ins.operation_contacts(viewer, event)) if may_carry_contacts(viewer, holder) else (),
        hits=shared_agreements(*known),
    )
