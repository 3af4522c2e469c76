"""Deeds that change who holds a seat, with the invitations that follow it, and what they would do to lists and emails.

What is shown is what the viewer may know; lists of other events change too, without a word.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.database import writing
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine
from tracker.rules.roster.directory import PersonFacts, SeatFacts
from tracker.rules.views.impact import ListImpact, may_know_list
from tracker.tables.visible.events import events
from tracker.usecases.core import audit
from tracker.usecases.events.invitees import ChangedList, following_seats
from tracker.usecases.roster import committees, csv_import, people
from tracker.usecases.roster.csv_import import RosterImportReport


class ImportedList(NamedTuple):
    """The report of an import, and what its changes of seats do to the lists of events."""

    report: RosterImportReport
    impact: list[ListImpact]


async def set_seat(
    viewer: Viewer,
    committee_id: UUID,
    agency_id: UUID,
    facts: SeatFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> list[ListImpact]:
    """Give an agency a seat, or change who holds it, and return what that did. Errors: as `committees.assign_seat`."""
    async with writing():
        async with following_seats(viewer, now) as passed:
            await committees.assign_seat(
                viewer, committee_id, agency_id, facts, expected_version, reauthenticated_at, now
            )
        return await list_impact_of(viewer, passed, now)


async def remove_seat(
    viewer: Viewer,
    committee_id: UUID,
    agency_id: UUID,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> list[ListImpact]:
    """Remove an agency's seat, and return what that did. Errors: as `committees.delete_seat`."""
    async with writing():
        async with following_seats(viewer, now) as passed:
            await committees.delete_seat(viewer, committee_id, agency_id, expected_version, reauthenticated_at, now)
        return await list_impact_of(viewer, passed, now)


async def change_person(
    viewer: Viewer,
    member_id: UUID,
    facts: PersonFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change a person; with another agency they leave their seats. Errors: as `people.save_person`."""
    async with writing(), following_seats(viewer, now):
        await people.save_person(viewer, member_id, facts, expected_version, reauthenticated_at, now)


async def import_list_for(
    viewer: Viewer, content: bytes, reauthenticated_at: datetime, now: datetime, zone: str
) -> ImportedList:
    """Import a list for a viewer, with its changes of seats. Errors: as `csv_import.import_for_manager`."""
    async with writing():
        async with following_seats(viewer, now) as passed:
            report = await csv_import.import_for_manager(viewer, content, reauthenticated_at, now, zone)
        return ImportedList(report, await list_impact_of(viewer, passed, now))


async def import_list(content: bytes, now: datetime, zone: str, *, is_trial: bool) -> RosterImportReport:
    """Import a list at the command line, with its changes of seats. Errors: as `csv_import.import_roster`."""
    async with writing(), following_seats(None, now):
        return await csv_import.import_roster(content, now, zone, is_trial=is_trial)


async def list_impact_of(viewer: Viewer, passed: Iterable[ChangedList], now: datetime) -> list[ListImpact]:
    """Return the changes of lists that the viewer may know, earliest date first."""
    changes = list(passed)
    ahead: dict[UUID, list[DateLine]] = {}
    for line in await events.lines_ahead(viewer, {change.event_id for change in changes}, now):
        ahead.setdefault(line.event_id, []).append(line)
    concerned = {person for change in changes for person in change.people}
    known, arms = await audit.names_of_people(concerned), await audit.arms_of_people(concerned)
    impact = [
        ListImpact(
            dates=tuple(ahead[change.event_id]),
            leaves=known[change.gone_id][0] if change.gone_id else "",
            joins=known[change.new_id][0] if change.new_id else "",
            notified=change.notified,
        )
        for change in changes
        if change.event_id in ahead
        and may_know_list(viewer, ahead[change.event_id][0], [arms[member_id] for member_id in change.people])
    ]
    return sorted(impact, key=lambda list_impact: list_impact.dates[0].starts_at)
