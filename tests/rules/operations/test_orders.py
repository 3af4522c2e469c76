"""An operations order has five paragraphs, each of a limited length, and isn't empty."""

import pytest

from tracker.errors import Invalid
from tracker.rules.operations.orders import EMPTY_ORDER, LONGEST_PARAGRAPH, Paragraph, checked_paragraphs


def test_paragraphs_that_are_left_out_are_empty() -> None:
    assert checked_paragraphs({Paragraph.MISSION: "Serve the warrant."}) == {
        Paragraph.SITUATION: "",
        Paragraph.MISSION: "Serve the warrant.",
        Paragraph.EXECUTION: "",
        Paragraph.ADMINISTRATION: "",
        Paragraph.COMMAND: "",
    }


def test_an_order_without_text_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        checked_paragraphs({Paragraph.MISSION: ""})
    assert refused.value.fields == {"situation": EMPTY_ORDER}


def test_each_paragraph_that_is_too_long_is_named() -> None:
    longest, longer = "x" * LONGEST_PARAGRAPH, "x" * (LONGEST_PARAGRAPH + 1)
    with pytest.raises(Invalid) as refused:
        checked_paragraphs({Paragraph.SITUATION: longest, Paragraph.MISSION: longer, Paragraph.COMMAND: longer})
    assert refused.value.fields == dict.fromkeys(
        ("mission", "command"), "Use at most 5,000 characters. This has 5,001."
    )
