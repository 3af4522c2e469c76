"""What needs more than a session sends its visitor to a fresh proof first, and back afterwards."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Request, Response

from tests.cast import NOW
from tracker import clock
from tracker.ports.http.addresses import place
from tracker.ports.pages.core.reauthentication import first_reauthenticate, to_reauthentication
from tracker.rules.core.reauthentication import PROOF_HOLDS
from tracker.usecases.core.viewers import Visit

SECOND = timedelta(seconds=1)


@pytest.fixture
def proved_now() -> Any:
    """A request of somebody who has just proved who they are."""
    clock.start_at(NOW, stands_still=True)
    visit = Visit(viewer=None, session_id="", reauthenticated_at=NOW, idle_end=NOW, last_end=NOW)  # type: ignore[arg-type]  # nobody looks at the viewer
    yield Request({"type": "http", "state": {"visit": visit}})  # type: ignore[typeddict-item, var-annotated]  # enough
    clock.start_at(None)


def test_while_a_proof_holds_nothing_stands_in_the_way(proved_now: Any) -> None:
    clock.start_at(NOW + PROOF_HOLDS - SECOND, stands_still=True)
    assert first_reauthenticate(proved_now, "/reports") is None


def test_after_fifteen_minutes_the_way_leads_to_a_proof_and_on(proved_now: Any) -> None:
    clock.start_at(NOW + PROOF_HOLDS, stands_still=True)
    response = first_reauthenticate(proved_now, "/reports?year=2026&arm=all")
    assert isinstance(response, Response)
    assert (response.status_code, response.url) == (303, "/sign-in/again?next=/reports%3Fyear%3D2026%26arm%3Dall")


@pytest.mark.parametrize("back", ["/reports?year=2026&arm=all", "/people/x/access", "/settings"])
def test_the_place_to_go_on_to_is_one_that_the_proof_page_takes(back: str) -> None:
    asked = httpx.URL(to_reauthentication(back)).params["next"]
    assert place(asked) == back
