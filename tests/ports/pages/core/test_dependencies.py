"""What needs more than a session sends its visitor to a confirmation first, and back afterward."""

from datetime import timedelta

import httpx
import pytest

from tests.cast import NOW
from tracker.ports.http.request_source import place
from tracker.ports.pages.core.dependencies import first_reauthenticate, to_reauthentication
from tracker.rules.core.viewers import PROOF_HOLDS
from tracker.usecases.core.viewers import Visit

SECOND = timedelta(seconds=1)


VISIT = Visit(viewer=None, session_id="", reauthenticated_at=NOW, idle_end=NOW, last_end=NOW, has_password=True)  # type: ignore[arg-type]  # no one looks at the viewer


def test_while_a_proof_holds_nothing_stands_in_the_way() -> None:
    assert first_reauthenticate(VISIT, "/reports", NOW + PROOF_HOLDS - SECOND) is None


def test_after_fifteen_minutes_the_way_leads_to_a_proof_and_on() -> None:
    response = first_reauthenticate(VISIT, "/reports?year=2026&arm=all", NOW + PROOF_HOLDS)
    assert response is not None
    assert (response.status_code, response.url) == (303, "/sign-in/again?next=/reports%3Fyear%3D2026%26arm%3Dall")


@pytest.mark.parametrize("back", ["/reports?year=2026&arm=all", "/people/x/access", "/settings"])
def test_the_place_to_go_on_to_is_one_that_the_proof_page_takes(back: str) -> None:
    asked = httpx.URL(to_reauthentication(back)).params["next"]
    assert place(asked) == back
