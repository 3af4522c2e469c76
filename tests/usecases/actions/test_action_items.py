"""Action items against both databases: giving, moving, handing over, who sees them, links, and what is emailed."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, PROGRAM, Cast, meeting, operation
from tracker.crypto import ids
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.actions.action_items import ItemEdit, ItemFilter, ItemStatus, NewItem
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.roster import Member
from tracker.tables.visible import actions
from tracker.tables.visible.events import events
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.events import occurrences
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.roster.known_people import Candidates, candidates_with_words

pytestmark = pytest.mark.both_engines

TODAY = date(2026, 12, 15)
DUE = date(2026, 12, 22)
LATER = NOW + timedelta(hours=1)


async def given(viewer: Viewer, owner: Viewer, **facts: Any) -> str:
    new = NewItem(title="Send the contact sheet", owner_id=owner.member_id, due=DUE)
    return await action_items.create_item(viewer, replace(new, **facts), NOW, TODAY)


async def moved(viewer: Viewer, reference: str, version: int = 1, **facts: Any) -> None:
    await action_items.save_item_edit(viewer, reference, ItemEdit(**facts), version, LATER, TODAY)


async def sees(viewer: Viewer, reference: str) -> bool:
    try:
        await item_lists.item_view(viewer, reference)
    except NotFound:
        return False
    return True


async def latest_source(cast: Cast, reference: str) -> str:
    return (await item_lists.item_view(cast.coordinator, reference)).notes[0].source


async def an_origin(cast: Cast, **facts: Any) -> UUID:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, **facts), NOW)
    return (await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")).id


async def an_operation(cast: Cast) -> UUID:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, cast.kcpd_detective), NOW)
    return (await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id


async def mails() -> list[tuple[UUID, str]]:
    rows = await Message.select(Message.recipient, Message.kind).where(Message.kind == "item_assigned")
    return [(row["recipient"], row["kind"]) for row in rows]


async def test_an_item_has_a_random_reference_and_stands_in_the_list(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    board = await item_lists.list_items_for(cast.hsi_liaison, ItemFilter(), NOW, TODAY)
    assert [(group.name, [one.reference for one in group.items]) for group in board.groups] == [("Later", [reference])]
    assert reference.startswith("AI-")


async def test_a_reference_that_is_taken_is_drawn_again(cast: Cast) -> None:
    try:
        ids.seed(7)
        ids.new_id(), ids.new_uid()
        taken = ids.reference("AI")
        await given(cast.coordinator, cast.caht_lead)
        await ActionItem.update({ActionItem.reference: taken}).where(ActionItem.version == 1)
        ids.seed(7)
        assert await given(cast.coordinator, cast.caht_lead) != taken
    finally:
        ids.seed(None)


async def test_the_new_owner_is_told_once_and_nobody_of_their_own_item(cast: Cast) -> None:
    await given(cast.coordinator, cast.caht_lead)
    await given(cast.coordinator, cast.coordinator)
    assert await mails() == [(cast.caht_lead.member_id, "item_assigned")]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"title": " \u200e "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"due": TODAY - timedelta(days=1)}, "due"),
        ({"owner_id": uuid4()}, "owner"),
        ({"origin_id": uuid4()}, "origin"),
        ({"seen_by": Visibility.NAMED}, "seen_by"),
        ({"seen_by": Visibility.COMMITTEE, "committee_id": uuid4()}, "seen_by"),
    ],
    ids=["no title", "long title", "over", "nobody", "no such date", "named", "no such committee"],
)
async def test_an_item_that_cannot_be_given_says_at_which_field(cast: Cast, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await given(cast.coordinator, cast.caht_lead, **facts)
    assert list(refused.value.fields) == [field]


async def test_a_member_without_a_role_gives_items_to_nobody_else(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await given(cast.kcpd_detective, cast.hsi_liaison)
    assert await given(cast.kcpd_detective, cast.kcpd_detective)


async def test_an_item_of_an_operation_is_seen_by_its_list_alone(cast: Cast) -> None:
    reference = await given(cast.fbi_lead, cast.kcpd_detective, origin_id=await an_operation(cast))
    seen = {name for name, viewer in cast.members.items() if await sees(viewer, reference)}
    assert seen == {"fbi_lead", "hsi_liaison", "kcpd_detective"}


async def test_an_item_is_not_given_to_somebody_who_may_not_see_where_it_comes_from(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await given(cast.fbi_lead, cast.caht_lead, origin_id=await an_operation(cast))
    assert "owner" in refused.value.fields
    with pytest.raises(Invalid):
        await given(cast.coordinator, cast.harbor_advocate, seen_by=Visibility.LAW_ENFORCEMENT)


async def test_an_owner_who_loses_sight_of_the_event_loses_the_item(cast: Cast) -> None:
    reference = await given(
        cast.coordinator, cast.caht_lead, seen_by=Visibility.COMMITTEE, committee_id=cast.committees["steering"]
    )
    outside = replace(cast.caht_lead, audiences=cast.bridge_advocate.audiences)
    assert await sees(cast.caht_lead, reference)
    assert not await sees(outside, reference)


async def test_counts_are_of_what_the_viewer_sees(cast: Cast) -> None:
    await given(cast.fbi_lead, cast.kcpd_detective, origin_id=await an_operation(cast))
    await given(cast.coordinator, cast.caht_lead)
    counted = [
        (await item_lists.list_items_for(viewer, ItemFilter(), NOW, TODAY)).counts.open
        for viewer in (cast.fbi_lead, cast.coordinator, cast.caht_lead)
    ]
    assert counted == [2, 1, 1]


async def test_an_update_keeps_its_history_newest_first(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    await moved(cast.caht_lead, reference, progress=50, status=ItemStatus.IN_PROGRESS, note="Half\r\nof it")
    view = await item_lists.item_view(cast.coordinator, reference)
    assert [(note.by, note.change, note.text) for note in view.notes] == [
        ("Caht lead", "Open → In progress, 50%", "Half\nof it"),
        ("Coordinator", "Assigned to Caht lead, due Tue, Dec 22", ""),
    ]


async def test_a_new_due_day_notes_the_old_one_and_mails_nobody(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    before = await mails()
    await moved(cast.coordinator, reference, due=DUE + timedelta(days=7), note="Room was not free.")
    view = await item_lists.item_view(cast.coordinator, reference)
    assert view.notes[0].change == "due Tue, Dec 22 → Tue, Dec 29"
    assert await mails() == before


async def test_one_of_twenty_updates_of_the_same_version_counts(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    results = await asyncio.gather(
        *(moved(cast.caht_lead, reference, progress=number) for number in range(1, 21)), return_exceptions=True
    )
    assert sum(one is None for one in results) == 1
    assert sum(isinstance(one, Conflict) for one in results) == 19
    assert (await item_lists.item_view(cast.caht_lead, reference)).item.version == 2


async def test_done_twice_is_done_once(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    for _ in range(2):
        item = await action_items.mark_item_done(cast.caht_lead, reference, 1, LATER, TODAY)
    assert (item.status, item.version, item.closed_at) == (ItemStatus.DONE, 2, LATER)


async def test_done_refuses_a_version_that_somebody_changed_meanwhile(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    await moved(cast.caht_lead, reference, progress=50)
    with pytest.raises(Conflict):
        await action_items.mark_item_done(cast.coordinator, reference, 1, LATER, TODAY)


async def test_a_done_item_is_reopened_at_zero(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    await action_items.mark_item_done(cast.caht_lead, reference, 1, LATER, TODAY)
    await action_items.reopen_item(cast.caht_lead, reference, 2, LATER, TODAY)
    item = (await item_lists.item_view(cast.caht_lead, reference)).item
    assert (item.is_open, item.closed_at, item.progress) == (True, None, 0)


async def test_done_items_are_listed_for_thirty_days_when_asked_for(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    await action_items.mark_item_done(cast.caht_lead, reference, 1, LATER, TODAY)

    async def listed(now: datetime, chosen: ItemFilter) -> int:
        board = await item_lists.list_items_for(cast.coordinator, chosen, now, TODAY)
        return sum(len(group.items) for group in board.groups)

    assert await listed(LATER, ItemFilter()) == 0
    assert await listed(LATER, ItemFilter(with_done=True)) == 1
    assert await listed(LATER + timedelta(days=31), ItemFilter(with_done=True)) == 0


async def test_who_neither_owns_nor_gave_an_item_reads_it_only(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    with pytest.raises(NotAllowed):
        await moved(cast.hsi_liaison, reference, progress=50)


async def test_the_owner_cannot_cancel_an_item_but_its_giver_can(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    with pytest.raises(NotAllowed):
        await moved(cast.caht_lead, reference, status=ItemStatus.CANCELED)
    await moved(cast.coordinator, reference, status=ItemStatus.CANCELED)
    assert not (await item_lists.item_view(cast.caht_lead, reference)).item.is_open


async def test_an_item_handed_over_tells_the_new_owner_and_closes_the_old_link(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, LATER, TODAY)
    assert {who for who, _ in await mails()} == {cast.caht_lead.member_id, cast.hsi_liaison.member_id}
    with pytest.raises(NotFound):
        await action_items.item_by_link(item.id, cast.caht_lead.member_id, NOW, LINK)
    _, now_theirs = await action_items.item_by_link(item.id, cast.hsi_liaison.member_id, NOW, LINK)
    assert now_theirs.agency == "HSI"


async def test_an_item_is_not_handed_to_somebody_who_may_not_see_it(cast: Cast) -> None:
    reference = await given(cast.fbi_lead, cast.kcpd_detective, origin_id=await an_operation(cast))
    with pytest.raises(Invalid):
        await action_items.reassign_item(cast.fbi_lead, reference, cast.caht_lead.member_id, 1, LATER, TODAY)


async def test_an_item_that_comes_back_to_its_first_owner_is_told_again(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, LATER, TODAY)
    await action_items.reassign_item(cast.coordinator, reference, cast.caht_lead.member_id, 2, LATER, TODAY)
    assert [who for who, _ in await mails()].count(cast.caht_lead.member_id) == 2


async def test_the_history_says_what_a_program_changed_and_what_was_changed_on_the_site(sqlite_cast: Cast) -> None:
    reference = await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert await latest_source(sqlite_cast, reference) == "site"
    await moved(replace(sqlite_cast.caht_lead, origin=PROGRAM), reference, status=ItemStatus.DONE)
    assert await latest_source(sqlite_cast, reference) == "api"


async def test_a_link_speaks_to_the_owner_and_its_updates_are_told_apart(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    viewer, _ = await action_items.item_by_link(item.id, cast.caht_lead.member_id, NOW, LINK)
    await moved(viewer, reference, status=ItemStatus.DONE)
    assert await latest_source(cast, reference) == "link"
    entry = await AuditEntry.select().order_by(AuditEntry.seq, ascending=False).first()
    assert (entry["source"], entry["verb"], entry["actor"]) == ("link", "item_updated", str(cast.caht_lead.member_id))


async def test_the_link_of_somebody_who_left_or_may_not_see_it_or_of_no_item_is_not_found(cast: Cast) -> None:
    reference = await given(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    await Member.update({Member.status: "departed"}).where(Member.id == cast.caht_lead.member_id)
    for item_id, owner in ((item.id, cast.caht_lead), (uuid4(), cast.hsi_liaison), (item.id, cast.hsi_liaison)):
        with pytest.raises(NotFound):
            await action_items.item_by_link(item_id, owner.member_id, NOW, LINK)


async def test_a_meeting_carries_the_open_items_of_its_committee_and_of_its_own_dates(cast: Cast) -> None:
    steering = cast.committees["steering"]
    origin = await an_origin(cast, visibility=Visibility.COMMITTEE, committee_id=steering)
    here = await given(cast.coordinator, cast.caht_lead, origin_id=origin)
    carried = await given(cast.coordinator, cast.fbi_lead, committee_id=steering)
    await given(cast.coordinator, cast.fbi_lead)
    of_committee = await actions.items_of_committee(cast.caht_lead, steering)
    assert {one.reference for one in of_committee} == {here, carried}
    assert [one.reference for one in await actions.items_from_date(cast.caht_lead, origin)] == [here]
    assert [one.origin for one in of_committee if one.reference == here] == ["Monthly task force meeting, Tue, Jan 12"]
    await action_items.mark_item_done(cast.caht_lead, here, 1, LATER, TODAY)
    assert [one.reference for one in await actions.items_of_committee(cast.caht_lead, steering)] == [carried]


async def known_by(candidates: Candidates) -> set[str]:
    """Return who can be chosen: everyone in the cast has such an address."""
    return {one.name for one in (await candidates_with_words(candidates, "example", 50)).people}


async def test_the_form_offers_only_the_list_of_a_named_event_as_owners(cast: Cast) -> None:
    origin = await an_operation(cast)
    offered = await item_lists.new_item_choices(cast.fbi_lead, origin, NOW)
    assert await known_by(offered.owners) == {"Fbi lead", "Hsi liaison", "Kcpd detective"}
    assert origin in offered.origins


async def test_a_member_without_a_role_is_offered_themselves(cast: Cast) -> None:
    offered = await item_lists.new_item_choices(cast.kcpd_detective, None, NOW)
    assert await known_by(offered.owners) == {"Kcpd detective"}


async def test_an_event_stays_in_the_sight_of_who_owns_an_open_item_from_it(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    origin = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    reference = await given(cast.coordinator, cast.caht_lead, origin_id=origin.id)
    event, plan = await event_deeds.plan_to_change(cast.coordinator, event_id)
    without = {one: role for one, role in plan.invitees.items() if one != cast.caht_lead.member_id}
    named = replace(plan, visibility=Visibility.NAMED, invitees=without)
    with pytest.raises(Invalid) as refused:
        await event_deeds.change_event(cast.coordinator, event_id, named, event.version, LATER)
    assert reference in refused.value.fields["visibility"]


async def test_an_item_of_somebody_who_is_suspended_does_not_keep_its_event_as_open_as_it_is(sqlite_cast: Cast) -> None:
    origin = await an_origin(sqlite_cast)
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead, origin_id=origin)
    await Member.update({Member.status: "suspended"}).where(Member.id == sqlite_cast.caht_lead.member_id)
    date = await events.date_by_id(sqlite_cast.coordinator, origin)
    assert date is not None
    event, plan = await event_deeds.plan_to_change(sqlite_cast.coordinator, date.event.id)
    ours = replace(plan, visibility=Visibility.LAW_ENFORCEMENT, invitees=meeting(sqlite_cast.fbi_lead).invitees)
    await event_deeds.change_event(sqlite_cast.coordinator, event.id, ours, event.version, NOW)
    changed = await event_deeds.event_seen_by(sqlite_cast.coordinator, event.id)
    assert changed.visibility is Visibility.LAW_ENFORCEMENT
