"""Counting the places that are compared with other operations, and reporting people who reach the limit."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.rules.core.actors import BY_CLOCK, Actor
from tracker.rules.core.message_types import ComparisonsReported
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations import comparisons as rules
from tracker.rules.operations.comparisons import MOST_IN_AN_HOUR, OF_AN_AGENCY, Used
from tracker.tables.schema.operations.comparisons import ComparedPlaces
from tracker.tables.schema.roster.people import Member
from tracker.usecases.core import audit, names, outbox
from tracker.usecases.operations.notices import officers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Searcher(Struct, frozen=True, kw_only=True):
    """Someone who has had as many places compared within 24 hours as a limit allows in an hour."""

    name: str
    agency: str
    places: int
    last_at: datetime


async def count(viewer: Viewer, places: int, now: datetime) -> str:
    """Count places that are to be compared for the viewer, inside the caller's `writing()`.

    Returns why they are not compared now, and what to do; empty when they are. Who reaches the limit is reported.
    """
    return await _count(viewer.actor, viewer.member_id, viewer.agency_id, places, now)


async def count_moved(lead_id: UUID, places: int, now: datetime) -> str:
    """Count the places of an operation that the clock found moved, for its lead, as `count` does."""
    [agency_id] = await Member.select(Member.agency).where(Member.id == lead_id).output(as_list=True)
    return await _count(BY_CLOCK, lead_id, agency_id, places, now)


async def searchers(now: datetime) -> list[Searcher]:
    """Return the people whose comparisons within 24 hours a deconfliction officer looks at, most places first."""
    row = ComparedPlaces
    columns = row.member, row.agency, row.places, row.compared_at
    compared = await row.select(*columns).where(row.compared_at > now - DAY).order_by(row.compared_at)
    people, agencies, last = Counter[UUID](), Counter[UUID](), {}
    for one in compared:
        people[one["member"]] += one["places"]
        agencies[one["agency"]] += one["places"]
        last[one["member"]] = one["compared_at"]
    seen = {
        one["member"]
        for one in compared
        if people[one["member"]] >= MOST_IN_AN_HOUR or agencies[one["agency"]] >= OF_AN_AGENCY * MOST_IN_AN_HOUR
    }
    named = await names.people(seen)
    return [
        Searcher(name=named[one][0], agency=named[one][1], places=places, last_at=last[one])
        for one, places in people.most_common()
        if one in seen
    ]


async def _used(member_id: UUID, agency_id: UUID, now: datetime) -> tuple[Used, Used]:
    """Return what a person and their agency have used."""
    row = ComparedPlaces
    columns = row.member, row.agency, row.places, row.compared_at
    is_theirs = (row.member == member_id) | (row.agency == agency_id)
    found = await row.select(*columns).where(is_theirs & (row.compared_at > now - DAY))

    def used(column: str, one: UUID) -> Used:
        its = [each for each in found if each[column] == one]
        return Used(
            sum(each["places"] for each in its if each["compared_at"] > now - HOUR), sum(each["places"] for each in its)
        )

    return used("member", member_id), used("agency", agency_id)


async def _count(actor: Actor, member_id: UUID, agency_id: UUID, places: int, now: datetime) -> str:
    if not places:
        return ""
    if refused := rules.refusal(*await _used(member_id, agency_id, now)):
        return refused
    row = ComparedPlaces
    await row.delete().where(row.compared_at <= now - DAY)
    await row.insert(row(id=ids.new_id(), member=member_id, agency=agency_id, places=places, compared_at=now))
    used = await _used(member_id, agency_id, now)
    if rules.refusal(*used):
        await _report(actor, member_id, used[0], now)
    return ""


async def _report(actor: Actor, member_id: UUID, used: Used, now: datetime) -> None:
    """Queue one email to each officer about a person and day, and record it."""
    drafts = [
        Draft(
            content=ComparisonsReported(),
            recipient_id=officer,
            key=f"comparisons_reported:{member_id}:{now.date()}:{officer}",
            not_after=now + DAY,
        )
        for officer in await officers()
    ]
    await outbox.enqueue_all(drafts, now)
    facts = {"member": member_id, "places": used.in_a_day}
    await audit.record(actor, "comparisons_limited", "deconfliction", "limit", facts, now)
