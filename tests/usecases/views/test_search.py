"""Search finds what the viewer may see, and counts nothing else."""

from datetime import datetime, timedelta

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tracker.rules.events.plan import DateChange
from tracker.rules.recurrence import rule_for
from tracker.usecases.events import events, occurrences
from tracker.usecases.views.search import search

# A local time is naive: its zone stands beside it.
# ruff: noqa: DTZ001

pytestmark = [pytest.mark.anyio, pytest.mark.both_engines]


async def test_all_words_must_substitute_an_event_wherever_they_stand(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, agenda="Interpreter roster 20", place="Federal courthouse")
    await events.schedule(cast.coordinator, plan, NOW)
    found = await search(cast.fbi_lead, "COURTHOUSE interpreter monthly", NOW)
    assert [(one.title, one.passage) for one in found.events] == [
        ("Monthly task force meeting", "Interpreter roster 20")
    ]
    assert (await search(cast.fbi_lead, "courthouse nowhere", NOW)).number == 0


async def test_what_one_date_alone_says_is_found(cast: Cast) -> None:
    start = datetime(2027, 1, 12, 10)
    event_id = await events.schedule(
        cast.coordinator, meeting(cast.fbi_lead, rule=rule_for("weekly", start, count=3)), NOW
    )
    moved = DateChange(starts=datetime(2027, 1, 20, 10), duration=timedelta(hours=1), place="Library annex")
    await occurrences.change_date(cast.coordinator, event_id, "2027-01-19", moved, 1, NOW, notify=False)
    assert [one.id for one in (await search(cast.fbi_lead, "annex", NOW)).events] == [event_id]


async def test_an_operation_is_found_by_the_named_and_by_nobody_else(cast: Cast) -> None:
    await events.schedule(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert (await search(cast.kcpd_detective, "bluestem", NOW)).number == 1
    assert (await search(cast.harbor_advocate, "bluestem", NOW)).number == 0
    assert (await search(cast.coordinator, "bluestem", NOW)).number == 0


@pytest.mark.parametrize("text", ["%", "_", "!", "'", "{}", "  ", "%%%", "\\"])
async def test_signs_stand_for_themselves(cast: Cast, text: str) -> None:
    await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert (await search(cast.fbi_lead, text, NOW)).events == ([] if text.strip() else ())


async def test_people_whom_the_viewer_may_know_are_found(cast: Cast) -> None:
    found = await search(cast.coordinator, "kcpd detective", NOW)
    assert [one.name for one in found.people] == ["Kcpd detective"]


@pytest.mark.parametrize("text", ["ÉLAN", "élan", "Élan"])
async def test_letters_of_every_alphabet_are_found_whatever_their_case(cast: Cast, text: str) -> None:
    await events.schedule(cast.coordinator, meeting(cast.fbi_lead, title="Élan briefing"), NOW)
    assert (await search(cast.fbi_lead, text, NOW)).number == 1


async def test_a_committee_is_found_by_its_name_and_its_place_by_whoever_sits_in_it(cast: Cast) -> None:
    assert [one.name for one in (await search(cast.fbi_lead, "steering usao", NOW)).committees] == [
        "Steering Committee"
    ]


async def test_a_committee_is_not_found_by_whoever_holds_no_seat_in_it(cast: Cast) -> None:
    found = await search(cast.harbor_advocate, "enforcement", NOW)
    assert (found.committees, found.number) == ([], 0)
    assert len((await search(cast.fbi_lead, "enforcement", NOW)).committees) == 1
