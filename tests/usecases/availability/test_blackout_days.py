"""Blackout days of agencies: who names them, who learns of them, and what the log keeps."""

from datetime import date

import pytest

from tests.cast import NOW, Cast, meeting
from tests.usecases.roster.forms import verbs
from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.usecases import availability
from tracker.usecases.events import scheduling

TODAY, MONDAY, FRIDAY = date(2026, 12, 15), date(2027, 1, 11), date(2027, 1, 15)


async def range_week(viewer: Viewer, cast: Cast) -> None:
    await availability.set_blackout(viewer, cast.agencies["FBI"], MONDAY, FRIDAY, "Range week", NOW, TODAY)


async def reasons(viewer: Viewer, *people: Viewer) -> list[str]:
    found = await availability.blackouts_of_people(viewer, [one.member_id for one in people], TODAY, FRIDAY)
    return [one.reason for some in found.values() for one in some]


async def test_a_lead_and_a_coordinator_name_the_days_of_an_agency_and_take_them_back(cast: Cast) -> None:
    fbi = cast.agencies["FBI"]
    await range_week(cast.fbi_lead, cast)
    await availability.set_blackout(cast.coordinator, fbi, MONDAY, None, "", NOW, TODAY)
    found = await availability.blackouts_of_agency(fbi, TODAY)
    assert [(one.first, one.last, one.reason) for one in found] == [
        (MONDAY, MONDAY, ""),
        (MONDAY, FRIDAY, "Range week"),
    ]
    for one in (*found, found[0]):
        await availability.remove_blackout(cast.fbi_lead, fbi, one.id, NOW)
    assert await availability.blackouts_of_agency(fbi, TODAY) == []
    assert await verbs(fbi) == ["blackout_named"] * 2 + ["blackout_taken_back"] * 2


async def test_nobody_else_does_and_who_does_not_know_the_agency_finds_none(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await range_week(sqlite_cast.fbi_alternate, sqlite_cast)
    with pytest.raises(NotFound):
        await range_week(sqlite_cast.bridge_advocate, sqlite_cast)


async def test_only_who_may_see_the_agency_learns_of_its_days(cast: Cast) -> None:
    await range_week(cast.fbi_lead, cast)
    assert await reasons(cast.coordinator, cast.fbi_alternate, cast.ipd_liaison) == ["Range week"]
    assert await reasons(cast.caht_lead, cast.fbi_lead) == ["Range week"]  # they sit in one committee
    assert await reasons(cast.bridge_advocate, cast.fbi_lead) == []
    await scheduling.schedule_event(cast.coordinator, meeting(cast.bridge_advocate, cast.fbi_lead), NOW)
    assert await reasons(cast.bridge_advocate, cast.fbi_lead) == []  # of the other arm they read no names


async def test_days_that_are_over_are_not_shown(cast: Cast) -> None:
    await range_week(cast.fbi_lead, cast)
    assert await availability.blackouts_of_agency(cast.agencies["FBI"], date(2027, 1, 16)) == []
