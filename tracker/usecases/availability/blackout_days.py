"""Blackout days of agencies: set and removed by their leads and coordinators, shown to viewers of the agency."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import NotAllowed, NotFound
from tracker.rules.availability import blackout_days as rules
from tracker.rules.availability.blackout_days import BlackoutDays
from tracker.rules.core.viewers import Viewer
from tracker.tables.schema.availability import Blackout as BlackoutRow
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.roster import directory_rows

ONLY_LEADS = "Only the agency’s leads and coordinators can change its blackout days."


async def blackouts_of_agency(agency_id: UUID, today: date) -> list[BlackoutDays]:
    """Return an agency's days that are not over, earliest first; the caller has checked access to the agency."""
    return await _blackouts_where((BlackoutRow.agency == agency_id) & (BlackoutRow.last >= today))


async def blackouts_of_people(
    viewer: Viewer, member_ids: Iterable[UUID], first: date, last: date
) -> dict[UUID, list[BlackoutDays]]:
    """Return the days between two dates that concern people, by person; only of agencies that the viewer may see."""
    near = await _blackouts_where((BlackoutRow.first <= last) & (BlackoutRow.last >= first))
    if not near:
        return {}
    seen = await _seen_by(viewer, {blackout.agency_id for blackout in near})
    rows = await Member.select(Member.id, Member.agency).where(Member.id.is_in(list(member_ids)))
    by_agency: dict[UUID, list[BlackoutDays]] = {}
    for blackout in near:
        if blackout.agency_id in seen:
            by_agency.setdefault(blackout.agency_id, []).append(blackout)
    return {row["id"]: by_agency[row["agency"]] for row in rows if row["agency"] in by_agency}


async def set_blackout(
    viewer: Viewer, agency_id: UUID, first: date | None, last: date | None, reason: str, now: datetime, today: date
) -> UUID:
    """Set blackout days of an agency; `today` is the task force's. Errors: NotFound, NotAllowed, Invalid by field."""
    await _check_may_set(viewer, agency_id)
    first, last = rules.check_blackout(first, last, today)
    row = BlackoutRow(id=ids.new_id(), agency=agency_id, first=first, last=last, reason=reason)
    async with writing():
        await BlackoutRow.insert(row)
        details = {"from": first, "to": last}
        await audit.record(viewer.actor, "blackout_named", "agency", agency_id, details, now)
    return row.id


async def remove_blackout(viewer: Viewer, agency_id: UUID, blackout_id: UUID, now: datetime) -> None:
    """Remove blackout days; does nothing when they are removed already. Errors: NotFound, NotAllowed."""
    await _check_may_set(viewer, agency_id)
    async with writing():
        condition = (BlackoutRow.id == blackout_id) & (BlackoutRow.agency == agency_id)
        row = await BlackoutRow.select(BlackoutRow.first, BlackoutRow.last).where(condition).first()
        if row is None:
            return
        await BlackoutRow.delete().where(condition)
        details = {"from": row["first"], "to": row["last"]}
        await audit.record(viewer.actor, "blackout_taken_back", "agency", agency_id, details, now)


async def _check_may_set(viewer: Viewer, agency_id: UUID) -> None:
    if not await _seen_by(viewer, {agency_id}):
        raise NotFound
    if not rules.may_set_blackouts(viewer, agency_id):
        raise NotAllowed(ONLY_LEADS)


async def _seen_by(viewer: Viewer, agency_ids: Iterable[UUID]) -> set[UUID]:
    """Return the agencies where the viewer may know someone; roster managers know all of them."""
    if viewer.manages_accounts:
        known = {row["id"] for row in await directory_rows.agency_rows()}
    else:
        known = set(await directory_rows.count_by_agency(await directory_rows.known_to(viewer)))
    return known & set(agency_ids)


async def _blackouts_where(where: Any) -> list[BlackoutDays]:
    rows = (
        await BlackoutRow.select(
            BlackoutRow.id,
            BlackoutRow.agency.as_alias("agency_id"),
            BlackoutRow.first,
            BlackoutRow.last,
            BlackoutRow.reason,
            BlackoutRow.agency.code.as_alias("agency"),
        )
        .where(where)
        .order_by(BlackoutRow.first, BlackoutRow.last)
    )
    return msgspec.convert(rows, list[BlackoutDays])
