"""Saved filters: what of an address they keep."""

from tracker.rules.core.drafts import kept_query


def test_a_filter_keeps_what_narrows_and_neither_the_day_nor_the_page() -> None:
    assert (
        kept_query("calendar", "month=2027-01&kind=training&kind=meeting&mine=1&committee=")
        == "kind=training&kind=meeting&mine=1"
    )
    assert kept_query("messages", "state=failed&after=2027-01-12_x&event=1") == "state=failed"


def test_what_means_the_same_is_kept_the_same() -> None:
    assert kept_query("people", "left=1&q=a+b") == kept_query("people", "q=a%20b&left=1") == "q=a+b&left=1"


def test_an_address_that_narrows_nothing_leaves_nothing_to_keep() -> None:
    assert kept_query("audit", "before=2027-01-12&who=") == ""
