"""What closes an operation, and what would give it away."""

import pytest

from tracker.errors import Invalid
from tracker.rules.operations.plans import check_neutral, telltale_names, telltales

PLACES = ("Motel on the frontage road", "Lot")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Buy radios", ()),
        ("Radios for BLUESTEM", ("Bluestem",)),
        ("Keys of the motel on the Frontage Road", ("Motel on the frontage road",)),
        ("A lot of operations", ()),
        ("Plan the next operation", ()),
    ],
)
def test_a_name_of_the_operation_is_found_in_a_text_whatever_its_case(text: str, found: tuple[str, ...]) -> None:
    for title in ("Operation Bluestem", "Bluestem"):
        assert telltales(text, telltale_names(title, PLACES)) == found


def test_a_text_that_gives_the_operation_away_is_refused_at_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        check_neutral("neutral_title", "After Bluestem", telltale_names("Operation Bluestem", ()))
    assert refused.value.fields == {"neutral_title": "Leave out “Bluestem”. It would give the operation away."}
