"""Search finds what the viewer may see, and counts nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.usecases.operations.world import planned
from tracker.rules.actions.item_changes import Change, NewItem
from tracker.rules.actions.item_lists import Filter
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.plan import DateChange
from tracker.rules.operations.orders import Paragraph
from tracker.rules.recurrence import rule_for
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.events import events, occurrences
from tracker.usecases.operations import orders
from tracker.usecases.views.search import search

# A local time is naive: its zone is beside it.
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
    await occurrences.change_date(cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    assert [one.id for one in (await search(cast.fbi_lead, "annex", NOW)).events] == [event_id]


async def test_an_operation_is_found_by_the_named_and_by_nobody_else(cast: Cast) -> None:
    await events.schedule(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert (await search(cast.kcpd_detective, "bluestem", NOW)).number == 1
    assert (await search(cast.harbor_advocate, "bluestem", NOW)).number == 0
    assert (await search(cast.coordinator, "bluestem", NOW)).number == 0


@pytest.mark.parametrize(
    ("text", "passage"),
    [("lot", "Site: A lot"), ("tinted", "A van with tinted windows."), ("bluestem tinted lot", "A van with tinted")],
)
async def test_an_operation_is_found_by_its_sites_and_its_order(cast: Cast, text: str, passage: str) -> None:
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    await orders.save(cast.fbi_lead, event_id, {Paragraph.SITUATION: "A van with tinted windows."}, NOW, read=0)
    [found] = (await search(cast.kcpd_detective, text, NOW)).events
    assert (found.id, found.passage.startswith(passage)) == (event_id, True)
    assert [(await search(one, text, NOW)).number for one in (cast.coordinator, cast.caht_lead)] == [0, 0]


async def test_an_earlier_order_is_not_searched(cast: Cast) -> None:
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    first = await orders.save(cast.fbi_lead, event_id, {Paragraph.MISSION: "Search the barn."}, NOW, read=0)
    await orders.save(cast.fbi_lead, event_id, {Paragraph.MISSION: "Search the garage."}, NOW, read=first)
    assert (await search(cast.kcpd_detective, "barn", NOW)).events == []
    assert (await search(cast.kcpd_detective, "garage", NOW)).number == 1


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


async def noted_item(giver: Viewer, owner: Viewer, note: str, **facts: Any) -> str:
    """Assign an item, and let its owner note something on it."""
    today = NOW.date()
    new = NewItem(title="Draft the protocol", owner_id=owner.member_id, due=today + timedelta(days=7), **facts)
    reference = await action_items.create(giver, new, NOW, today)
    await action_items.update(owner, reference, Change(note=note), 1, NOW + timedelta(minutes=1), today)
    return reference


@pytest.mark.parametrize("text", ["COUNTY counsel", "protocol counsel", "élan"])
async def test_a_note_of_an_action_item_is_found_beside_its_title(cast: Cast, text: str) -> None:
    reference = await noted_item(cast.coordinator, cast.caht_lead, "Waiting for the county counsel of Élan.")
    found = await search(cast.hsi_liaison, text, NOW)
    assert [one.reference for one in found.items] == [reference]
    assert [*found.passages.values()] == ["Waiting for the county counsel of Élan."]


async def test_a_note_of_an_operation_s_item_is_found_and_counted_by_the_named_alone(cast: Cast) -> None:
    event_id = await events.schedule(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    origin = await occurrences.date_for(cast.fbi_lead, event_id, "2027-01-16")
    await noted_item(cast.fbi_lead, cast.kcpd_detective, "Ask the county counsel.", origin_id=origin.id)
    assert (await search(cast.kcpd_detective, "counsel", NOW)).number == 1
    for stranger in (cast.coordinator, cast.harbor_advocate, cast.fbi_alternate):
        found = await search(stranger, "counsel", NOW)
        assert (found.number, dict(found.passages)) == (0, {})


async def test_a_sign_in_a_note_stands_for_itself(cast: Cast) -> None:
    await noted_item(cast.coordinator, cast.caht_lead, "Half of it")
    assert (await search(cast.caht_lead, "%", NOW)).items == []


async def test_the_list_of_action_items_looks_in_notes_too(cast: Cast) -> None:
    reference = await noted_item(cast.coordinator, cast.caht_lead, "Waiting for the county counsel.")
    board = await item_lists.board(cast.hsi_liaison, Filter(words="counsel"), NOW, NOW.date())
    assert [one.reference for group in board.groups for one in group.items] == [reference]
