"""After how many days action items reach others than their owners: read for all committees, and set for one."""

from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.bulk_insert import bulk_insert
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.escalation import CommitteeDays, Escalation, Escalations, OpenItem
from tracker.tables.schema.emails.escalation import CommitteeEscalation
from tracker.tables.schema.emails.item_escalations import ItemEscalation
from tracker.usecases.core import audit
from tracker.usecases.emails.committee_reminders import led_committee
from tracker.usecases.roster.committees import CommitteeChoice


async def all_escalations(usual: Escalation) -> Escalations:
    """Return the days of every committee over those of the task force."""
    of_committee = {
        row["committee"]: CommitteeDays(agency=row["agency"], coordinator=row["coordinator"])
        for row in await CommitteeEscalation.select()
    }
    return Escalations(usual=usual, of_committee=of_committee)


async def keep_escalated(before: Collection[OpenItem], after: Collection[OpenItem]) -> None:
    """Keep on which days these items escalated, and no longer what they reached in vain.

    The caller is inside `writing()`.
    """
    gone = [
        (ItemEscalation.item == now.id) & (ItemEscalation.rung == rung) & (ItemEscalation.day == day)
        for was, now in zip(before, after, strict=True)
        for rung, day in was.escalated.items()
        if rung not in now.escalated
    ]
    if gone:
        await ItemEscalation.delete().where(reduce(or_, gone))
    rows = [
        {"id": ids.new_id(), "item": now.id, "rung": rung, "agency": now.agency_id, "day": day}
        for was, now in zip(before, after, strict=True)
        for rung, day in now.escalated.items()
        if was.escalated.get(rung) != day
    ]
    await bulk_insert(ItemEscalation, rows, " ON CONFLICT (item, rung, agency) DO UPDATE SET day = excluded.day")


async def days_of(committee_id: UUID) -> CommitteeDays:
    """Return the days that a committee chose."""
    rows = await CommitteeEscalation.select().where(CommitteeEscalation.committee == committee_id)
    return CommitteeDays(agency=rows[0]["agency"], coordinator=rows[0]["coordinator"]) if rows else CommitteeDays()


async def of_committee(viewer: Viewer, committee_id: UUID) -> tuple[CommitteeChoice, CommitteeDays]:
    """Return a committee and the days that it chose, for a person who may set them. Errors: NotFound, NotAllowed."""
    return await led_committee(viewer, committee_id), await days_of(committee_id)


async def save(viewer: Viewer, committee_id: UUID, days: CommitteeDays, now: datetime) -> None:
    """Set the days of a committee, from the next morning on. Errors: NotFound, NotAllowed."""
    row = CommitteeEscalation(
        id=ids.new_id(), committee=committee_id, agency=days.agency, coordinator=days.coordinator, changed_at=now
    )
    async with writing():
        await led_committee(viewer, committee_id)
        await CommitteeEscalation.insert(row).on_conflict(
            target=CommitteeEscalation.committee,
            action="DO UPDATE",
            values=[CommitteeEscalation.agency, CommitteeEscalation.coordinator, CommitteeEscalation.changed_at],
        )
        facts = {"agency": days.agency, "coordinator": days.coordinator}
        await audit.record(viewer.actor, "changed", "committee_escalation", committee_id, facts, now)
