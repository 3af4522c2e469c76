"""Action items against both databases: assigning, moving, who sees them, after an operation, and blocked ones."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, PROGRAM, ZONE, Cast, everyone, meeting, operation
from tests.emails import ReadEmail, read_email, send_due_messages
from tests.usecases.actions.world import assign_item
from tests.usecases.operations.world import end_operation, plan_operation
from tracker.crypto import ids
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules import actions as actions_rules
from tracker.rules.actions import ItemEdit, ItemFilter, ItemStatus
from tracker.rules.core.email_declarations import EMAILS, MessageKind
from tracker.rules.core.viewers import Role, Viewer, Visibility
from tracker.rules.emails.emails import Email, SitePage
from tracker.rules.operations.records import AfterActionItem, ItemAssignment
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import BlockedItem
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.roster import Member, MemberRole
from tracker.tables.visible import actions
from tracker.tables.visible.events import events
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.events import occurrences
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import approvals
from tracker.usecases.operations.records import after_action_view
from tracker.usecases.roster.known_people import Candidates, candidates_among, candidates_with_words
from tracker.usecases.views.home import home_for

TODAY = date(2026, 12, 15)
DUE = date(2026, 12, 22)
LATER = NOW + timedelta(hours=1)


async def edit_item(viewer: Viewer, reference: str, version: int = 1, **facts: Any) -> None:
    await action_items.save_item_edit(viewer, reference, ItemEdit(**facts), version, LATER, TODAY)


async def may_see_item(viewer: Viewer, reference: str) -> bool:
    try:
        await item_lists.item_view(viewer, reference)
    except NotFound:
        return False
    return True


async def latest_source(cast: Cast, reference: str) -> str:
    return (await item_lists.item_view(cast.coordinator, reference)).notes[0].source


async def schedule_origin(cast: Cast, **facts: Any) -> UUID:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, **facts), NOW)
    return (await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")).id


async def schedule_operation(cast: Cast) -> UUID:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, cast.kcpd_detective), NOW)
    return (await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id


async def assignment_emails() -> list[tuple[UUID, str]]:
    rows = await Message.select(Message.recipient, Message.kind).where(Message.kind == "item_assigned")
    return [(row["recipient"], row["kind"]) for row in rows]


@pytest.mark.both_engines
async def test_an_item_has_a_random_reference_and_is_in_the_list(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    board = await item_lists.list_items_for(cast.hsi_liaison, ItemFilter(), NOW, TODAY)
    assert [(group.name, [one.reference for one in group.items]) for group in board.groups] == [("Later", [reference])]
    assert reference.startswith("AI-")


@pytest.mark.both_engines
async def test_a_reference_that_is_taken_is_drawn_again(cast: Cast) -> None:
    try:
        ids.seed(7)
        ids.new_id(), ids.new_uid()
        taken = ids.reference("AI")
        await assign_item(cast.coordinator, cast.caht_lead)
        await ActionItem.update({ActionItem.reference: taken}).where(ActionItem.version == 1)
        ids.seed(7)
        assert await assign_item(cast.coordinator, cast.caht_lead) != taken
    finally:
        ids.seed(None)


@pytest.mark.both_engines
async def test_the_new_owner_is_notified_once_and_no_one_of_their_own_item(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.caht_lead)
    await assign_item(cast.coordinator, cast.coordinator)
    assert await assignment_emails() == [(cast.caht_lead.member_id, "item_assigned")]


@pytest.mark.both_engines
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
        await assign_item(cast.coordinator, cast.caht_lead, **facts)
    assert list(refused.value.fields) == [field]


@pytest.mark.both_engines
async def test_a_member_without_a_role_gives_items_to_no_one_else(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await assign_item(cast.kcpd_detective, cast.hsi_liaison)
    assert await assign_item(cast.kcpd_detective, cast.kcpd_detective)


@pytest.mark.both_engines
async def test_an_item_of_an_operation_is_seen_by_its_list_alone(cast: Cast) -> None:
    reference = await assign_item(cast.fbi_lead, cast.kcpd_detective, origin_id=await schedule_operation(cast))
    seen = {name for name, viewer in cast.members.items() if await may_see_item(viewer, reference)}
    assert seen == {"fbi_lead", "hsi_liaison", "kcpd_detective"}


@pytest.mark.both_engines
async def test_an_item_is_not_given_to_someone_who_may_not_see_where_it_comes_from(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await assign_item(cast.fbi_lead, cast.caht_lead, origin_id=await schedule_operation(cast))
    assert "owner" in refused.value.fields
    with pytest.raises(Invalid):
        await assign_item(cast.coordinator, cast.harbor_advocate, seen_by=Visibility.LAW_ENFORCEMENT)


@pytest.mark.both_engines
async def test_an_owner_who_loses_access_to_the_event_loses_the_item(cast: Cast) -> None:
    reference = await assign_item(
        cast.coordinator, cast.caht_lead, seen_by=Visibility.COMMITTEE, committee_id=cast.committees["steering"]
    )
    outside = replace(cast.caht_lead, audiences=cast.bridge_advocate.audiences)
    assert await may_see_item(cast.caht_lead, reference)
    assert not await may_see_item(outside, reference)


@pytest.mark.both_engines
async def test_counts_are_of_what_the_viewer_sees(cast: Cast) -> None:
    await assign_item(cast.fbi_lead, cast.kcpd_detective, origin_id=await schedule_operation(cast))
    await assign_item(cast.coordinator, cast.caht_lead)
    counted = [
        (await item_lists.list_items_for(viewer, ItemFilter(), NOW, TODAY)).counts.open
        for viewer in (cast.fbi_lead, cast.coordinator, cast.caht_lead)
    ]
    assert counted == [2, 1, 1]


@pytest.mark.both_engines
async def test_an_update_keeps_its_history_newest_first(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await edit_item(cast.caht_lead, reference, progress=50, status=ItemStatus.IN_PROGRESS, note="Half\r\nof it")
    view = await item_lists.item_view(cast.coordinator, reference)
    assert [(note.by, note.change, note.text) for note in view.notes] == [
        ("Caht lead", "Open → In progress, 50%", "Half\nof it"),
        ("Coordinator", "Assigned to Caht lead, due Tue, Dec 22", ""),
    ]


@pytest.mark.both_engines
async def test_a_new_due_day_notes_the_old_one_and_emails_no_one(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    before = await assignment_emails()
    await edit_item(cast.coordinator, reference, due=DUE + timedelta(days=7), note="Room was not free.")
    view = await item_lists.item_view(cast.coordinator, reference)
    assert view.notes[0].change == "due Tue, Dec 22 → Tue, Dec 29"
    assert await assignment_emails() == before


@pytest.mark.both_engines
async def test_one_of_twenty_updates_of_the_same_version_counts(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    results = await asyncio.gather(
        *(edit_item(cast.caht_lead, reference, progress=number) for number in range(1, 21)), return_exceptions=True
    )
    assert sum(one is None for one in results) == 1
    assert sum(isinstance(one, Conflict) for one in results) == 19
    assert (await item_lists.item_view(cast.caht_lead, reference)).item.version == 2


@pytest.mark.both_engines
async def test_done_twice_is_done_once(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    for _ in range(2):
        item = await action_items.mark_item_done(cast.caht_lead, reference, 1, LATER, TODAY)
    assert (item.status, item.version, item.closed_at) == (ItemStatus.DONE, 2, LATER)


@pytest.mark.both_engines
async def test_done_refuses_a_version_that_someone_changed_meanwhile(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await edit_item(cast.caht_lead, reference, progress=50)
    with pytest.raises(Conflict):
        await action_items.mark_item_done(cast.coordinator, reference, 1, LATER, TODAY)


@pytest.mark.both_engines
async def test_a_done_item_is_reopened_at_zero(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await action_items.mark_item_done(cast.caht_lead, reference, 1, LATER, TODAY)
    await action_items.reopen_item(cast.caht_lead, reference, 2, LATER, TODAY)
    item = (await item_lists.item_view(cast.caht_lead, reference)).item
    assert (item.is_open, item.closed_at, item.progress) == (True, None, 0)


@pytest.mark.both_engines
async def test_done_items_are_listed_for_thirty_days_when_asked_for(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await action_items.mark_item_done(cast.caht_lead, reference, 1, LATER, TODAY)

    async def listed(now: datetime, chosen: ItemFilter) -> int:
        board = await item_lists.list_items_for(cast.coordinator, chosen, now, TODAY)
        return sum(len(group.items) for group in board.groups)

    assert await listed(LATER, ItemFilter()) == 0
    assert await listed(LATER, ItemFilter(with_done=True)) == 1
    assert await listed(LATER + timedelta(days=31), ItemFilter(with_done=True)) == 0


@pytest.mark.both_engines
async def test_who_neither_owns_nor_gave_an_item_reads_it_only(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    with pytest.raises(NotAllowed):
        await edit_item(cast.hsi_liaison, reference, progress=50)


@pytest.mark.both_engines
async def test_the_owner_cannot_cancel_an_item_but_its_giver_can(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    with pytest.raises(NotAllowed):
        await edit_item(cast.caht_lead, reference, status=ItemStatus.CANCELED)
    await edit_item(cast.coordinator, reference, status=ItemStatus.CANCELED)
    assert not (await item_lists.item_view(cast.caht_lead, reference)).item.is_open


@pytest.mark.both_engines
async def test_an_item_handed_over_tells_the_new_owner_and_closes_the_old_link(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, LATER, TODAY)
    assert {who for who, _ in await assignment_emails()} == {cast.caht_lead.member_id, cast.hsi_liaison.member_id}
    with pytest.raises(NotFound):
        await action_items.item_by_link(item.id, cast.caht_lead.member_id, NOW, LINK)
    _, now_theirs = await action_items.item_by_link(item.id, cast.hsi_liaison.member_id, NOW, LINK)
    assert now_theirs.agency == "HSI"


@pytest.mark.both_engines
async def test_an_item_is_not_handed_to_someone_who_may_not_see_it(cast: Cast) -> None:
    reference = await assign_item(cast.fbi_lead, cast.kcpd_detective, origin_id=await schedule_operation(cast))
    with pytest.raises(Invalid):
        await action_items.reassign_item(cast.fbi_lead, reference, cast.caht_lead.member_id, 1, LATER, TODAY)


@pytest.mark.both_engines
async def test_an_item_that_comes_back_to_its_first_owner_is_reported_again(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    await action_items.reassign_item(cast.coordinator, reference, cast.hsi_liaison.member_id, 1, LATER, TODAY)
    await action_items.reassign_item(cast.coordinator, reference, cast.caht_lead.member_id, 2, LATER, TODAY)
    assert [who for who, _ in await assignment_emails()].count(cast.caht_lead.member_id) == 2


@pytest.mark.both_engines
async def test_the_history_says_what_a_program_changed_and_what_was_changed_on_the_site(sqlite_cast: Cast) -> None:
    reference = await assign_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert await latest_source(sqlite_cast, reference) == "site"
    await edit_item(replace(sqlite_cast.caht_lead, origin=PROGRAM), reference, status=ItemStatus.DONE)
    assert await latest_source(sqlite_cast, reference) == "api"


@pytest.mark.both_engines
async def test_a_link_speaks_to_the_owner_and_its_updates_are_told_apart(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    viewer, _ = await action_items.item_by_link(item.id, cast.caht_lead.member_id, NOW, LINK)
    await edit_item(viewer, reference, status=ItemStatus.DONE)
    assert await latest_source(cast, reference) == "link"
    entry = await AuditEntry.select().order_by(AuditEntry.seq, ascending=False).first()
    assert (entry["source"], entry["verb"], entry["actor"]) == ("link", "item_updated", str(cast.caht_lead.member_id))


@pytest.mark.both_engines
async def test_the_link_of_someone_who_left_or_may_not_see_it_or_of_no_item_is_not_found(cast: Cast) -> None:
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    item = (await item_lists.item_view(cast.coordinator, reference)).item
    await Member.update({Member.status: "departed"}).where(Member.id == cast.caht_lead.member_id)
    for item_id, owner in ((item.id, cast.caht_lead), (uuid4(), cast.hsi_liaison), (item.id, cast.hsi_liaison)):
        with pytest.raises(NotFound):
            await action_items.item_by_link(item_id, owner.member_id, NOW, LINK)


@pytest.mark.both_engines
async def test_a_meeting_carries_the_open_items_of_its_committee_and_of_its_own_dates(cast: Cast) -> None:
    steering = cast.committees["steering"]
    origin = await schedule_origin(cast, visibility=Visibility.COMMITTEE, committee_id=steering)
    here = await assign_item(cast.coordinator, cast.caht_lead, origin_id=origin)
    carried = await assign_item(cast.coordinator, cast.fbi_lead, committee_id=steering)
    await assign_item(cast.coordinator, cast.fbi_lead)
    of_committee = await actions.items_of_committee(cast.caht_lead, steering)
    assert {one.reference for one in of_committee} == {here, carried}
    assert [one.reference for one in await actions.items_from_date(cast.caht_lead, origin)] == [here]
    assert [one.origin for one in of_committee if one.reference == here] == ["Monthly task force meeting, Tue, Jan 12"]
    await action_items.mark_item_done(cast.caht_lead, here, 1, LATER, TODAY)
    assert [one.reference for one in await actions.items_of_committee(cast.caht_lead, steering)] == [carried]


async def known_by(candidates: Candidates) -> set[str]:
    """Return who can be chosen: everyone in the cast has such an address."""
    return {one.name for one in (await candidates_with_words(candidates, "example", 50)).people}


@pytest.mark.both_engines
async def test_the_form_offers_only_the_list_of_a_named_event_as_owners(cast: Cast) -> None:
    origin = await schedule_operation(cast)
    offered = await item_lists.new_item_choices(cast.fbi_lead, origin, NOW)
    assert await known_by(offered.owners) == {"Fbi lead", "Hsi liaison", "Kcpd detective"}
    assert origin in offered.origins


@pytest.mark.both_engines
async def test_a_member_without_a_role_is_offered_themselves(cast: Cast) -> None:
    offered = await item_lists.new_item_choices(cast.kcpd_detective, None, NOW)
    assert await known_by(offered.owners) == {"Kcpd detective"}


@pytest.mark.both_engines
async def test_an_event_stays_visible_to_who_owns_an_open_item_from_it(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    origin = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    reference = await assign_item(cast.coordinator, cast.caht_lead, origin_id=origin.id)
    event, plan = await event_deeds.plan_to_change(cast.coordinator, event_id)
    without = {one: role for one, role in plan.invitees.items() if one != cast.caht_lead.member_id}
    named = replace(plan, visibility=Visibility.NAMED, invitees=without)
    with pytest.raises(Invalid) as refused:
        await event_deeds.change_event(cast.coordinator, event_id, named, event.version, LATER)
    assert reference in refused.value.fields["visibility"]


@pytest.mark.both_engines
async def test_an_item_of_someone_who_is_suspended_does_not_keep_its_event_as_open_as_it_is(sqlite_cast: Cast) -> None:
    origin = await schedule_origin(sqlite_cast)
    await assign_item(sqlite_cast.coordinator, sqlite_cast.caht_lead, origin_id=origin)
    await Member.update({Member.status: "suspended"}).where(Member.id == sqlite_cast.caht_lead.member_id)
    date = await events.date_by_id(sqlite_cast.coordinator, origin)
    assert date is not None
    event, plan = await event_deeds.plan_to_change(sqlite_cast.coordinator, date.event.id)
    ours = replace(plan, visibility=Visibility.LAW_ENFORCEMENT, invitees=meeting(sqlite_cast.fbi_lead).invitees)
    await event_deeds.change_event(sqlite_cast.coordinator, event.id, ours, event.version, NOW)
    changed = await event_deeds.event_seen_by(sqlite_cast.coordinator, event.id)
    assert changed.visibility is Visibility.LAW_ENFORCEMENT


KEY, AFTER_ACTION_DUE = "2027-01-16", date(2027, 1, 30)


@pytest.fixture
async def debriefed(cast: Cast) -> UUID:
    """Return an operation that is debriefed."""
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison, cast.kcpd_alternate)
    await end_operation(cast.fbi_lead, event_id, OperationState.DEBRIEFED)
    return event_id


async def after_actions_of(viewer: Viewer, event_id: UUID) -> list[item_lists.AfterActionGiven]:
    return await item_lists.after_actions_given(viewer, (await after_action_view(viewer, event_id, KEY)).operation)


async def add_after_action(cast: Cast, event_id: UUID, title: str = "Fix the radios at the lot") -> AfterActionItem:
    await item_lists.add_after_action(cast.fbi_lead, event_id, title, NOW)
    return (await after_actions_of(cast.fbi_lead, event_id))[-1].action


def assignment(owner: Viewer, committee: UUID | None = None, title: str = "") -> ItemAssignment:
    return ItemAssignment(owner_id=owner.member_id, due=AFTER_ACTION_DUE, committee_id=committee, neutral_title=title)


async def assign_after_action(cast: Cast, event_id: UUID, action: AfterActionItem, wanted: ItemAssignment) -> str:
    return await item_lists.assign_after_action(cast.fbi_lead, event_id, action.id, wanted, NOW, TODAY)


async def references_seen(viewer: Viewer) -> set[str]:
    """Return the action items that a viewer sees in the list."""
    board = await item_lists.list_items_for(viewer, actions_rules.ItemFilter(), NOW, TODAY)
    return {item.reference for group in board.groups for item in group.items}


@pytest.mark.both_engines
async def test_an_operation_is_not_closed_while_an_after_action_item_has_no_owner(cast: Cast, debriefed: UUID) -> None:
    action = await add_after_action(cast, debriefed)
    with pytest.raises(NotAllowed, match="“Fix the radios at the lot” has no owner and no due date"):
        await approvals.change_plan_state(cast.fbi_lead, debriefed, OperationState.CLOSED, NOW)
    await assign_after_action(cast, debriefed, action, assignment(cast.kcpd_detective))
    await approvals.change_plan_state(cast.fbi_lead, debriefed, OperationState.CLOSED, NOW)


@pytest.mark.both_engines
async def test_an_item_for_the_people_on_the_operation_is_seen_by_them_alone(cast: Cast, debriefed: UUID) -> None:
    reference = await assign_after_action(
        cast, debriefed, await add_after_action(cast, debriefed), assignment(cast.kcpd_detective)
    )
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison):
        assert await references_seen(viewer) == {reference}
    for viewer in (cast.coordinator, cast.ipd_liaison, cast.caht_lead):
        assert await references_seen(viewer) == set()


@pytest.mark.both_engines
async def test_a_committee_reads_the_neutral_title_and_nothing_of_the_operation(cast: Cast, debriefed: UUID) -> None:
    steering = cast.committees["steering"]
    wanted = assignment(cast.caht_lead, steering, "Agree on a radio channel")
    reference = await assign_after_action(cast, debriefed, await add_after_action(cast, debriefed), wanted)
    view = await item_lists.item_view(cast.caht_lead, reference)
    assert (view.item.title, view.item.origin, view.after) == ("Agree on a radio channel", None, None)
    assert [note.text for note in view.notes] == [""]
    assert view.item.committee_id == steering


@pytest.mark.both_engines
async def test_people_on_the_operation_see_where_the_item_of_the_committee_comes_from(
    cast: Cast, debriefed: UUID
) -> None:
    wanted = assignment(cast.caht_lead, cast.committees["steering"], "Agree on a radio channel")
    reference = await assign_after_action(cast, debriefed, await add_after_action(cast, debriefed), wanted)
    after = (await item_lists.item_view(cast.kcpd_detective, reference)).after
    assert after is not None
    assert after.title == "Operation Bluestem"


@pytest.mark.both_engines
async def test_a_person_on_the_operation_and_not_on_the_committee_sees_that_it_is_assigned_and_not_to_whom(
    cast: Cast, debriefed: UUID
) -> None:
    wanted = assignment(cast.hsi_liaison, cast.committees["enforcement"], "Agree on a radio channel")
    await assign_after_action(cast, debriefed, await add_after_action(cast, debriefed), wanted)
    [after_action] = await after_actions_of(cast.kcpd_alternate, debriefed)
    assert after_action.action.item_id is not None
    assert after_action.item is None


@pytest.mark.both_engines
@pytest.mark.parametrize("title", ["Radios after Bluestem", "radios at A LOT"])
async def test_a_title_for_a_committee_that_names_the_operation_or_a_site_is_refused(
    cast: Cast, debriefed: UUID, title: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await assign_after_action(
            cast,
            debriefed,
            await add_after_action(cast, debriefed),
            assignment(cast.caht_lead, cast.committees["steering"], title),
        )
    assert "would give the operation away" in refused.value.fields["neutral_title"]


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("owner", "committee", "field", "sentence"),
    [
        ("caht_lead", None, "owner", "They aren’t on the operation."),
        ("ipd_liaison", "services", "committee", "Choose one of your committees."),
        ("fbi_alternate", "enforcement", "owner", "They aren’t on that committee"),
    ],
)
async def test_an_owner_must_be_able_to_see_the_item(
    cast: Cast, debriefed: UUID, owner: str, committee: str | None, field: str, sentence: str
) -> None:
    chosen = cast.committees[committee] if committee else None
    wanted = assignment(cast.members[owner], chosen, "Agree on a radio channel")
    with pytest.raises(Invalid) as refused:
        await assign_after_action(cast, debriefed, await add_after_action(cast, debriefed), wanted)
    assert refused.value.fields[field].startswith(sentence)


@pytest.mark.both_engines
async def test_only_people_who_can_see_an_item_are_offered_as_its_owner(cast: Cast, debriefed: UUID) -> None:
    offered = await item_lists.assignment_choices(
        cast.fbi_lead, debriefed, (await add_after_action(cast, debriefed)).id
    )
    candidates = set(await candidates_among(offered.owners, [one.member_id for one in everyone(cast)]))
    on_it = {cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison, cast.kcpd_alternate}
    assert {one.member_id for one in (*on_it, cast.caht_lead, cast.fbi_alternate)} <= candidates
    assert cast.bridge_advocate.member_id not in candidates


@pytest.mark.both_engines
async def test_a_seat_of_a_former_agency_makes_no_one_an_owner(cast: Cast, debriefed: UUID) -> None:
    alternate = cast.fbi_alternate.member_id
    action_id = (await add_after_action(cast, debriefed)).id
    offered = await item_lists.assignment_choices(cast.fbi_lead, debriefed, action_id)
    assert set(await candidates_among(offered.owners, [alternate])) == {alternate}
    await Member.update({Member.agency: cast.hsi_liaison.agency_id}).where(Member.id == alternate)
    assert set(await candidates_among(offered.owners, [alternate])) == set()


@pytest.mark.both_engines
async def test_an_item_with_an_owner_is_neither_assigned_again_nor_removed(cast: Cast, debriefed: UUID) -> None:
    action = await add_after_action(cast, debriefed)
    await assign_after_action(cast, debriefed, action, assignment(cast.kcpd_detective))
    with pytest.raises(Conflict):
        await assign_after_action(cast, debriefed, action, assignment(cast.hsi_liaison))
    with pytest.raises(Conflict):
        await item_lists.remove_after_action(cast.fbi_lead, debriefed, action.id, NOW)


@pytest.mark.both_engines
async def test_an_item_without_an_owner_can_be_removed_by_the_lead_alone(cast: Cast, debriefed: UUID) -> None:
    action = await add_after_action(cast, debriefed)
    with pytest.raises(NotAllowed):
        await item_lists.remove_after_action(cast.kcpd_detective, debriefed, action.id, NOW)
    await item_lists.remove_after_action(cast.fbi_lead, debriefed, action.id, NOW)
    assert await after_actions_of(cast.fbi_lead, debriefed) == []


SOON = NOW + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
WHY = "The county counsel has not approved it."


async def edit_item_now(viewer: Viewer, reference: str, at: datetime = SOON, **facts: Any) -> None:
    version = (await item_lists.item_view(viewer, reference)).item.version
    await action_items.save_item_edit(viewer, reference, ItemEdit(**facts), version, at, TODAY)


async def block_item(viewer: Viewer, reference: str, at: datetime = SOON) -> None:
    await edit_item_now(viewer, reference, at, status=ItemStatus.BLOCKED, note=WHY)


async def send_emails_of_kind(kind: MessageKind, now: datetime) -> dict[UUID, ReadEmail]:
    """Send due emails, and return the emails of one kind by recipient."""
    return {
        message.recipient_id: read_email(written)
        for message, written in await send_due_messages(now)
        if isinstance(written, Email) and EMAILS[type(message.content)].kind is kind
    }


async def calls_for_help(now: datetime = SOON + MINUTE) -> dict[UUID, ReadEmail]:
    return await send_emails_of_kind(MessageKind.ITEM_BLOCKED, now)


async def waiting_for_help(viewer: Viewer) -> list[tuple[str, str]]:
    rows = (await home_for(viewer, SOON, TODAY, ZONE)).follow_up
    return [(row.item.reference, row.reason) for row in rows if isinstance(row, BlockedItem)]


async def assign_item_of_services(cast: Cast) -> str:
    """Assign an item of the committee that the CAHT lead chairs."""
    return await assign_item(cast.coordinator, cast.harbor_advocate, committee_id=cast.committees["services"])


@pytest.mark.both_engines
async def test_a_blocked_item_is_on_the_home_page_of_coordinator_and_chair_with_its_reason(cast: Cast) -> None:
    reference = await assign_item_of_services(cast)
    await block_item(cast.harbor_advocate, reference)
    assert await waiting_for_help(cast.coordinator) == [(reference, WHY)]
    assert await waiting_for_help(cast.caht_lead) == [(reference, WHY)]
    assert await waiting_for_help(cast.fbi_lead) == []


async def test_the_row_of_a_blocked_item_leaves_when_it_is_unblocked(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    await edit_item_now(sqlite_cast.coordinator, reference, SOON + MINUTE, status=ItemStatus.IN_PROGRESS)
    assert await waiting_for_help(sqlite_cast.coordinator) == []


async def test_a_blocked_item_that_is_overdue_has_one_row(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    rows = (await home_for(sqlite_cast.coordinator, SOON, DUE + timedelta(days=3), ZONE)).follow_up
    assert [type(row) for row in rows] == [BlockedItem]


async def test_the_reason_stays_the_owner_s_whatever_is_noted_afterward(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await edit_item_now(sqlite_cast.harbor_advocate, reference, SOON - MINUTE, note="Half of it is done.")
    await block_item(sqlite_cast.harbor_advocate, reference)
    await edit_item_now(sqlite_cast.coordinator, reference, SOON + MINUTE, note="Calling them today.")
    assert await waiting_for_help(sqlite_cast.coordinator) == [(reference, WHY)]


async def test_coordinator_and_chair_get_one_email_each_that_says_who_is_blocked_and_why(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    calls = await calls_for_help()
    assert set(calls) == {sqlite_cast.coordinator.member_id, sqlite_cast.caht_lead.member_id}
    email = calls[sqlite_cast.coordinator.member_id]
    assert email.subject == f"Blocked, due Tue, Dec 22: action item {reference}"
    assert email.facts[1:3] == (("Owner", "Harbor advocate (Harbor House)"), ("Reason", WHY))
    assert [one.target for one in email.buttons] == [
        SitePage(path=f"/action-items/{reference}#update"),
        SitePage(path=f"/action-items/{reference}#reassign"),
    ]


async def test_a_chair_who_blocks_an_item_gets_no_email_about_it(sqlite_cast: Cast) -> None:
    await block_item(sqlite_cast.caht_lead, await assign_item_of_services(sqlite_cast))
    assert set(await calls_for_help()) == {sqlite_cast.coordinator.member_id}


async def test_an_owner_without_an_account_calls_for_help_by_the_link_in_an_email(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    item = (await item_lists.item_view(sqlite_cast.coordinator, reference)).item
    viewer, _ = await action_items.item_by_link(item.id, item.owner_id, NOW, LINK)
    await block_item(viewer, reference)
    assert sqlite_cast.coordinator.member_id in await calls_for_help()


async def test_no_email_goes_to_a_coordinator_who_may_not_see_where_the_item_comes_from(sqlite_cast: Cast) -> None:
    origin = await schedule_operation(sqlite_cast)
    reference = await assign_item(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective, origin_id=origin)
    await block_item(sqlite_cast.kcpd_detective, reference)
    queued = Message.select(Message.recipient).where(Message.kind == MessageKind.ITEM_BLOCKED.value)
    assert [row["recipient"] for row in await queued] == [sqlite_cast.fbi_lead.member_id]
    email = (await calls_for_help())[sqlite_cast.fbi_lead.member_id]
    assert dict(email.facts) == {"Due": "Tuesday, December 22, 2026", "Details": "Shown after sign-in"}
    assert await waiting_for_help(sqlite_cast.coordinator) == []


async def test_no_email_goes_to_a_chair_whose_office_ended_before_it_was_sent(sqlite_cast: Cast) -> None:
    await block_item(sqlite_cast.harbor_advocate, await assign_item_of_services(sqlite_cast))
    await MemberRole.delete().where(MemberRole.role == Role.COMMITTEE_CHAIR.value)
    assert set(await calls_for_help()) == {sqlite_cast.coordinator.member_id}


async def test_an_item_that_is_unblocked_within_a_minute_sends_no_email(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    await edit_item_now(sqlite_cast.harbor_advocate, reference, SOON + MINUTE / 2, status=ItemStatus.OPEN)
    assert await calls_for_help() == {}


async def test_an_item_that_is_blocked_twice_within_a_minute_sends_one_email(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    await edit_item_now(sqlite_cast.harbor_advocate, reference, SOON + MINUTE / 3, status=ItemStatus.OPEN)
    await block_item(sqlite_cast.harbor_advocate, reference, SOON + MINUTE / 2)
    assert await calls_for_help() == {}
    assert len(await calls_for_help(SOON + 2 * MINUTE)) == 2


async def test_the_owner_gets_the_note_of_who_helps_by_email(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    at = SOON + 2 * MINUTE
    await edit_item_now(
        sqlite_cast.coordinator, reference, at, status=ItemStatus.IN_PROGRESS, note="They approve it today."
    )
    [(reader, email)] = (await send_emails_of_kind(MessageKind.ITEM_NOTED, at)).items()
    assert reader == sqlite_cast.harbor_advocate.member_id
    assert email.subject == f"About your blocked action item {reference}"
    assert email.facts[1:3] == (("Note", "They approve it today."), ("By", "Coordinator"))


async def test_an_owner_s_own_note_on_a_blocked_item_is_emailed_to_no_one(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    at = SOON + 2 * MINUTE
    await edit_item_now(sqlite_cast.harbor_advocate, reference, at, note="Still waiting.")
    assert await send_emails_of_kind(MessageKind.ITEM_NOTED, at) == {}


async def test_a_blocked_item_that_is_reassigned_is_open_for_its_new_owner(sqlite_cast: Cast) -> None:
    reference = await assign_item_of_services(sqlite_cast)
    await block_item(sqlite_cast.harbor_advocate, reference)
    await action_items.reassign_item(
        sqlite_cast.coordinator, reference, sqlite_cast.caht_alternate.member_id, 2, SOON + MINUTE, TODAY
    )
    view = await item_lists.item_view(sqlite_cast.coordinator, reference)
    assert (view.item.status, view.item.blocked_at) == (ItemStatus.OPEN, None)
    assert view.notes[0].change == "Blocked → Open, reassigned to Caht alternate"
    assert await waiting_for_help(sqlite_cast.coordinator) == []
