"""Problems for programs: what a refusal says."""

import json
from typing import Any

from tracker.errors import Invalid, NotAllowed, NotFound, TrackerError
from tracker.ports.http.problems import response_to


def said(error: TrackerError) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response_to(error).content)
    return found


def test_a_refusal_lists_each_reason_by_itself_and_all_of_them_as_its_detail() -> None:
    found = said(NotAllowed("No number yet.", "You lead it."))
    assert (found["reasons"], found["detail"]) == (["No number yet.", "You lead it."], "No number yet. You lead it.")


def test_a_refusal_without_a_reason_of_its_own_has_the_usual_one() -> None:
    assert said(NotAllowed())["reasons"] == ["You can’t do this."]


def test_what_is_missing_or_invalid_has_no_reasons() -> None:
    assert [("reasons" in said(one)) for one in (NotFound(), Invalid(place="Too long."))] == [False, False]
