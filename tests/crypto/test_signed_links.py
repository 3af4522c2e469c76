"""Signed links."""

from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from tracker.crypto.signed_links import LONGEST_MAILBOX, ItemLink, Links, PollLink, ReplyAddresses, ReplyLink
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


KEY, OTHER = b"k" * 32, b"o" * 32
ADDRESSES = ReplyAddresses("reply@tracker.example", [KEY])
INVITATION = UUID("9a0c2f50-6a1c-4a71-8f0e-0e5f8d3c2b1a")
NOTHING = (None, None, None)


def test_an_address_is_read_back() -> None:
    assert ADDRESSES.read(ADDRESSES.of(INVITATION)) == (INVITATION, None, None)


def test_an_invitation_a_message_and_its_bounces_never_share_an_address() -> None:
    assert ADDRESSES.read(ADDRESSES.of_message(INVITATION)) == (None, INVITATION, None)
    assert ADDRESSES.read(ADDRESSES.of_bounced(INVITATION)) == (None, None, INVITATION)


def test_a_mail_server_may_change_its_case() -> None:
    assert ADDRESSES.read(ADDRESSES.of(INVITATION).upper()).invitation_id == INVITATION


def test_its_local_part_is_as_long_as_email_allows() -> None:
    longest = ReplyAddresses(f"{'r' * LONGEST_MAILBOX}@tracker.example", [KEY])
    assert len(longest.of(INVITATION).partition("@")[0]) == 64


def test_any_changed_character_makes_it_no_ones() -> None:
    address = ADDRESSES.of(INVITATION)
    for place in range(len("reply+"), address.index("@")):
        other = "b" if address[place] == "a" else "a"
        assert ADDRESSES.read(f"{address[:place]}{other}{address[place + 1 :]}") == NOTHING


def test_an_earlier_secret_still_reads_what_it_made() -> None:
    assert (
        ReplyAddresses("reply@tracker.example", [OTHER, KEY]).read(ADDRESSES.of(INVITATION)).invitation_id == INVITATION
    )
    assert ReplyAddresses("reply@tracker.example", [OTHER]).read(ADDRESSES.of(INVITATION)) == NOTHING


@pytest.mark.parametrize(
    "address",
    [
        "reply@tracker.example",
        "reply+@tracker.example",
        f"reply+{'a' * 52}@tracker.example",
        f"reply+{'1' * 52}@tracker.example",
        f"reply+{'é' * 52}@tracker.example",
        "",
        "@",
        "reply+" * 1_000,
    ],
)
def test_other_addresses_are_no_invitation_s(address: str) -> None:
    assert ADDRESSES.read(address) == NOTHING


def test_every_address_of_the_mailbox_is_ours_and_no_other() -> None:
    ours = ["reply@tracker.example", "REPLY+x@Tracker.example", ADDRESSES.of(uuid4())]
    others = ["reply@elsewhere.example", "replyx@tracker.example", "reply+x@tracker.example.evil.example"]
    assert [ADDRESSES.is_ours(one) for one in [*ours, *others]] == [True] * 3 + [False] * 3
