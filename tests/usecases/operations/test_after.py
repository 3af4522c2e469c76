"""The hot wash: written by the lead once everyone is released, read by everyone on the operation."""

from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import let_in, over, planned
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.after_actions import LONGEST_PART
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations import after_actions
from tracker.usecases.operations.after_actions import after_action_view

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"


@pytest.fixture
async def released(cast: Cast) -> UUID:
    """Return an operation that is over."""
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.kcpd_detective, event_id, cast.caht_lead)
    await over(cast.fbi_lead, event_id)
    return event_id


async def saved(viewer: Viewer, event_id: UUID, went_well: str = "The lot held.", *, read: int = 0) -> None:
    await after_actions.save_hot_wash(viewer, event_id, went_well, "", NOW, read=read)


async def test_everyone_on_the_operation_reads_its_hot_wash(cast: Cast, released: UUID) -> None:
    await saved(cast.fbi_lead, released)
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.caht_lead):
        found = (await after_action_view(viewer, released, KEY)).hot_wash
        assert found is not None
        assert (found.went_well, found.version, found.saved_by) == ("The lot held.", 1, "Fbi lead (FBI)")


async def test_people_who_are_not_on_the_operation_find_none(cast: Cast, released: UUID) -> None:
    await saved(cast.fbi_lead, released)
    for viewer in (cast.coordinator, cast.harbor_advocate, cast.administrator):
        with pytest.raises(NotFound):
            await after_action_view(viewer, released, KEY)


async def test_only_the_lead_writes_it(cast: Cast, released: UUID) -> None:
    with pytest.raises(NotAllowed, match="Only the operation lead"):
        await saved(cast.kcpd_detective, released)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (OperationState.EXECUTING, "once the operation is released or aborted"),
        (OperationState.CLOSED, "The operation is closed"),
    ],
)
async def test_it_is_written_after_the_operation_and_before_it_is_closed(
    cast: Cast, released: UUID, state: OperationState, reason: str
) -> None:
    await over(cast.fbi_lead, released, state)
    with pytest.raises(NotAllowed, match=reason):
        await saved(cast.fbi_lead, released)


async def test_a_hot_wash_that_was_saved_meanwhile_is_not_overwritten(cast: Cast, released: UUID) -> None:
    await saved(cast.fbi_lead, released)
    with pytest.raises(Conflict):
        await saved(cast.fbi_lead, released, "Nothing.")
    await saved(cast.fbi_lead, released, "All of it.", read=1)
    assert (await after_action_view(cast.fbi_lead, released, KEY)).version == 2


@pytest.mark.parametrize(("text", "sentence"), [("", "Enter what went well"), ("x" * (LONGEST_PART + 1), "5,001")])
async def test_a_hot_wash_says_something_and_not_too_much(cast: Cast, released: UUID, text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        await saved(cast.fbi_lead, released, text)
    assert sentence in refused.value.fields["went_well"]
