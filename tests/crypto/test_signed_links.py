"""Signed links."""

from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from tracker.crypto.signed_links import ItemLink, Links, PollLink, ReplyLink
from tracker.errors import NotFound

LINKS = Links(b"k" * 32)
ONE, TWO = UUID(int=1), UUID(int=2)


def test_a_reply_link_for_a_date_reads_back() -> None:
    assert LINKS.read_reply(LINKS.reply(ONE, TWO)) == ReplyLink(ONE, TWO)


def test_a_reply_link_for_a_series_reads_back() -> None:
    assert LINKS.read_reply(LINKS.reply(ONE)) == ReplyLink(ONE, None)


def test_an_item_link_reads_back() -> None:
    assert LINKS.read_item(LINKS.item(ONE, TWO)) == ItemLink(ONE, TWO)


def test_a_poll_link_reads_back_and_is_no_item_link_of_the_same_ids() -> None:
    assert LINKS.read_poll(LINKS.poll(ONE, TWO)) == PollLink(ONE, TWO)
    assert LINKS.poll(ONE, TWO) != LINKS.item(ONE, TWO)


def test_the_same_thing_has_the_same_link_on_every_try() -> None:
    assert LINKS.reply(ONE, TWO) == Links(b"k" * 32).reply(ONE, TWO)


def test_a_link_made_with_an_earlier_key_reads_back_and_none_is_made_with_it() -> None:
    both = Links(b"n" * 32, b"k" * 32)
    assert both.read_reply(LINKS.reply(ONE, TWO)) == ReplyLink(ONE, TWO)
    assert both.reply(ONE, TWO) == Links(b"n" * 32).reply(ONE, TWO)


def test_a_link_fits_a_line_of_mail_and_an_address() -> None:
    token = LINKS.reply(ONE, TWO)
    assert len(token) <= 90
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


MADE = {
    "item": (LINKS.item(ONE, TWO), LINKS.read_item),
    "reply": (LINKS.reply(ONE, TWO), LINKS.read_reply),
    "digest": (LINKS.digest(ONE), LINKS.read_digest),
    "undo": (LINKS.undo(ONE), LINKS.read_undo),
}


@pytest.mark.parametrize("purpose", MADE)
def test_a_link_for_one_purpose_opens_nothing_of_another(purpose: str) -> None:
    token, own = MADE[purpose]
    assert own(token)
    for read in (read for _, read in MADE.values() if read != own):
        with pytest.raises(NotFound):
            read(token)


def test_a_link_made_with_another_key_opens_nothing() -> None:
    with pytest.raises(NotFound):
        LINKS.read_reply(Links(b"x" * 32).reply(ONE))


def test_a_changed_letter_anywhere_opens_nothing() -> None:
    token = LINKS.reply(ONE, TWO)
    opened = []
    for place, letter in enumerate(token):
        changed = token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
        try:
            opened.append(LINKS.read_reply(changed))
        except NotFound:
            continue
    assert opened == []


@given(some.text(max_size=120))
@example("")
@example(".")
@example("é.x")
@example("a" * 10_000)
@example(LINKS.reply(ONE)[:-1])
@example(LINKS.reply(ONE) + "=")
@example("\ud800")
def test_anything_odd_is_not_found(token: str) -> None:
    with pytest.raises(NotFound):
        LINKS.read_reply(token)
    with pytest.raises(NotFound):
        LINKS.read_item(token)
