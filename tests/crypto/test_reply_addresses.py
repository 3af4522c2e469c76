"""A reply address names one invitation, can't be guessed, and survives what mail servers do to it."""

from uuid import UUID, uuid4

import pytest

from tracker.crypto.signed_links import LONGEST_MAILBOX, ReplyAddresses

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
