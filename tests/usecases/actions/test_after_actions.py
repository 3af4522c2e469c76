"""After-action items: for the people on the operation, or for a committee that learns nothing of it."""

from datetime import date
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, everybody
from tests.usecases.operations.world import over, planned
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.records import AfterActionItem, ItemAssignment
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.roster import Member
from tracker.usecases.actions import after_actions, item_lists
from tracker.usecases.operations import approvals
from tracker.usecases.operations.records import after_action_view
from tracker.usecases.roster.known_people import candidates_among

pytestmark = pytest.mark.both_engines

KEY, TODAY, DUE = "2027-01-16", NOW.date(), date(2027, 1, 30)


@pytest.fixture
async def debriefed(cast: Cast) -> UUID:
    """Return an operation that is debriefed."""
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison, cast.kcpd_alternate)
    await over(cast.fbi_lead, event_id, OperationState.DEBRIEFED)
    return event_id


async def given(viewer: Viewer, event_id: UUID) -> list[after_actions.AfterActionGiven]:
    return await after_actions.after_actions_given(viewer, (await after_action_view(viewer, event_id, KEY)).operation)


async def added(cast: Cast, event_id: UUID, title: str = "Fix the radios at the lot") -> AfterActionItem:
    await after_actions.add_after_action(cast.fbi_lead, event_id, title, NOW)
    return (await given(cast.fbi_lead, event_id))[-1].action


def assignment(owner: Viewer, committee: UUID | None = None, title: str = "") -> ItemAssignment:
    return ItemAssignment(owner_id=owner.member_id, due=DUE, committee_id=committee, neutral_title=title)


async def assigned(cast: Cast, event_id: UUID, action: AfterActionItem, wanted: ItemAssignment) -> str:
    return await after_actions.assign_after_action(cast.fbi_lead, event_id, action.id, wanted, NOW, TODAY)


async def references(viewer: Viewer) -> set[str]:
    """Return the action items that a viewer sees in the list."""
    board = await item_lists.list_items_for(viewer, item_lists.ItemFilter(), NOW, TODAY)
    return {item.reference for group in board.groups for item in group.items}


async def test_an_operation_is_not_closed_while_an_after_action_item_has_no_owner(cast: Cast, debriefed: UUID) -> None:
    action = await added(cast, debriefed)
    with pytest.raises(NotAllowed, match="“Fix the radios at the lot” has no owner and no due date"):
        await approvals.change_plan_state(cast.fbi_lead, debriefed, OperationState.CLOSED, NOW)
    await assigned(cast, debriefed, action, assignment(cast.kcpd_detective))
    await approvals.change_plan_state(cast.fbi_lead, debriefed, OperationState.CLOSED, NOW)


async def test_an_item_for_the_people_on_the_operation_is_seen_by_them_alone(cast: Cast, debriefed: UUID) -> None:
    reference = await assigned(cast, debriefed, await added(cast, debriefed), assignment(cast.kcpd_detective))
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison):
        assert await references(viewer) == {reference}
    for viewer in (cast.coordinator, cast.ipd_liaison, cast.caht_lead):
        assert await references(viewer) == set()


async def test_a_committee_reads_the_neutral_title_and_nothing_of_the_operation(cast: Cast, debriefed: UUID) -> None:
    steering = cast.committees["steering"]
    wanted = assignment(cast.caht_lead, steering, "Agree on a radio channel")
    reference = await assigned(cast, debriefed, await added(cast, debriefed), wanted)
    view = await item_lists.item_view(cast.caht_lead, reference)
    assert (view.item.title, view.item.origin, view.after) == ("Agree on a radio channel", None, None)
    assert [note.text for note in view.notes] == [""]
    assert view.item.committee_id == steering


async def test_people_on_the_operation_see_where_the_item_of_the_committee_comes_from(
    cast: Cast, debriefed: UUID
) -> None:
    wanted = assignment(cast.caht_lead, cast.committees["steering"], "Agree on a radio channel")
    reference = await assigned(cast, debriefed, await added(cast, debriefed), wanted)
    after = (await item_lists.item_view(cast.kcpd_detective, reference)).after
    assert after is not None
    assert after.title == "Operation Bluestem"


async def test_a_person_on_the_operation_and_not_on_the_committee_sees_that_it_is_assigned_and_not_to_whom(
    cast: Cast, debriefed: UUID
) -> None:
    wanted = assignment(cast.hsi_liaison, cast.committees["enforcement"], "Agree on a radio channel")
    await assigned(cast, debriefed, await added(cast, debriefed), wanted)
    [one] = await given(cast.kcpd_alternate, debriefed)
    assert one.action.item_id is not None
    assert one.item is None


@pytest.mark.parametrize("title", ["Radios after Bluestem", "radios at A LOT"])
async def test_a_title_for_a_committee_that_names_the_operation_or_a_site_is_refused(
    cast: Cast, debriefed: UUID, title: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await assigned(
            cast,
            debriefed,
            await added(cast, debriefed),
            assignment(cast.caht_lead, cast.committees["steering"], title),
        )
    assert "would give the operation away" in refused.value.fields["neutral_title"]


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
        await assigned(cast, debriefed, await added(cast, debriefed), wanted)
    assert refused.value.fields[field].startswith(sentence)


async def test_only_people_who_can_see_an_item_are_offered_as_its_owner(cast: Cast, debriefed: UUID) -> None:
    offered = await after_actions.assignment_choices(cast.fbi_lead, debriefed, (await added(cast, debriefed)).id)
    found = set(await candidates_among(offered.owners, [one.member_id for one in everybody(cast)]))
    on_it = {cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison, cast.kcpd_alternate}
    assert {one.member_id for one in (*on_it, cast.caht_lead, cast.fbi_alternate)} <= found
    assert cast.bridge_advocate.member_id not in found


async def test_a_seat_of_a_former_agency_makes_no_one_an_owner(cast: Cast, debriefed: UUID) -> None:
    alternate = cast.fbi_alternate.member_id
    action_id = (await added(cast, debriefed)).id
    offered = await after_actions.assignment_choices(cast.fbi_lead, debriefed, action_id)
    assert set(await candidates_among(offered.owners, [alternate])) == {alternate}
    await Member.update({Member.agency: cast.hsi_liaison.agency_id}).where(Member.id == alternate)
    assert set(await candidates_among(offered.owners, [alternate])) == set()


async def test_an_item_with_an_owner_is_neither_assigned_again_nor_removed(cast: Cast, debriefed: UUID) -> None:
    action = await added(cast, debriefed)
    await assigned(cast, debriefed, action, assignment(cast.kcpd_detective))
    with pytest.raises(Conflict):
        await assigned(cast, debriefed, action, assignment(cast.hsi_liaison))
    with pytest.raises(Conflict):
        await after_actions.remove_after_action(cast.fbi_lead, debriefed, action.id, NOW)


async def test_an_item_without_an_owner_can_be_removed_by_the_lead_alone(cast: Cast, debriefed: UUID) -> None:
    action = await added(cast, debriefed)
    with pytest.raises(NotAllowed):
        await after_actions.remove_after_action(cast.kcpd_detective, debriefed, action.id, NOW)
    await after_actions.remove_after_action(cast.fbi_lead, debriefed, action.id, NOW)
    assert await given(cast.fbi_lead, debriefed) == []
