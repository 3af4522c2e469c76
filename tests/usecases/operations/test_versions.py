"""A change of a plan names the version that its writer read, so no one's change is lost."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import B, planned, site
from tracker.errors import Conflict
from tracker.usecases.operations import plans

Change = Callable[[Cast, UUID, int], Awaitable[object]]
CHANGES: dict[str, Change] = {
    "add a site": lambda cast, event, read: plans.add_site_to_plan(cast.fbi_lead, event, site(B), NOW, version=read),
    "remove a site": lambda cast, event, read: plans.remove_site_from_plan(
        cast.fbi_lead, event, uuid4(), NOW, version=read
    ),
    "commit": lambda cast, event, read: plans.commit_resources(
        cast.hsi_liaison, event, cast.agencies["HSI"], people=2, vehicles=1, skills="", now=NOW, version=read
    ),
    "withdraw": lambda cast, event, read: plans.withdraw_resources(
        cast.hsi_liaison, event, cast.agencies["HSI"], NOW, version=read
    ),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_of_a_version_that_is_no_longer_current_is_refused(sqlite_cast: Cast, what: str) -> None:
    event_id = await planned(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison)
    with pytest.raises(Conflict, match="The plan has changed since you opened it"):
        await CHANGES[what](sqlite_cast, event_id, 1)
