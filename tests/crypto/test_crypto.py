"""Ids, keys, sealed files, and signed links."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from msgspec import Struct
from msgspec.structs import replace

from tests.cast import ZONE
from tracker.crypto import ids, keys, sealed_files
from tracker.crypto.sealed_files import CHUNK, TAG, FileChanged, NotSealed, Opener, Sealer, WrongSecret
from tracker.crypto.signed_links import LONGEST_MAILBOX, ItemLink, Links, PollLink, ReplyAddresses, ReplyLink
from tracker.errors import NotFound
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.markings import Category, Marking
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.holidays import HolidayChoice
from tracker.rules.recurrence.series import rule_for_choice

AGENCY, ONE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
STARTS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the zone of the plan
MARKING = Marking(categories=frozenset(Category), agency_id=AGENCY, decontrol_on=date(2027, 12, 31), agency="FBI")
PLAN = Plan(
    kind=Kind.JOINT_OPERATION,
    title="Operation Bluestem",
    visibility=Visibility.NAMED,
    starts=STARTS,
    zone=ZONE,
    duration=timedelta(hours=6),
    rule=rule_for_choice("weekly", STARTS, count=8),
    marking=MARKING,
    invitees={ONE: AttendeeRole.REQUIRED, OTHER: AttendeeRole.OPTIONAL},
    on_holidays={date(2027, 1, 18): HolidayChoice.SKIP, date(2027, 2, 15): HolidayChoice.KEEP},
)
PRINT_ID = "from tests.crypto.test_crypto import PLAN, ids; print(ids.id_from(PLAN))"


def id_in_a_process_of_its_own(hash_seed: int) -> str:
    """Return the id of the plan in a Python whose sets are ordered by this seed."""
    words = [sys.executable, "-c", PRINT_ID]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_a_marked_plan_has_the_same_id_in_every_process() -> None:
    assert {id_in_a_process_of_its_own(seed) for seed in (1, 2, 3)} == {str(ids.id_from(PLAN))}


def test_the_order_in_which_people_and_days_were_named_is_no_part_of_the_id() -> None:
    turned = replace(
        PLAN, invitees=dict(reversed(PLAN.invitees.items())), on_holidays=dict(reversed(PLAN.on_holidays.items()))
    )
    assert ids.id_from(turned) == ids.id_from(PLAN)


def test_equal_plans_have_one_id_whatever_the_agency_is_called_for_readers() -> None:
    renamed = replace(PLAN, marking=replace(MARKING, agency="Bureau"))
    assert renamed == PLAN
    assert ids.id_from(renamed) == ids.id_from(PLAN)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, title="Operation"),
        replace(PLAN, starts=STARTS + timedelta(minutes=1)),
        replace(PLAN, duration=timedelta(hours=7)),
        replace(PLAN, is_all_day=True),
        replace(PLAN, rule=rule_for_choice("weekly", STARTS, count=9)),
        replace(PLAN, invitees={ONE: AttendeeRole.OPTIONAL, OTHER: AttendeeRole.REQUIRED}),
        replace(PLAN, on_holidays={**PLAN.on_holidays, date(2027, 2, 15): HolidayChoice.SKIP}),
        replace(PLAN, marking=replace(MARKING, categories=frozenset({Category.LEI}))),
        replace(PLAN, marking=None),
    ],
)
def test_another_plan_has_another_id(other: Plan) -> None:
    assert ids.id_from(other) != ids.id_from(PLAN)


def test_facts_of_different_kinds_have_different_ids_though_they_read_alike() -> None:
    alike = [("a b",), ("a", "b"), (["a", "b"],), (frozenset({"a", "b"}),), (ONE,), (str(ONE),), (1,), ("1",), (None,)]
    assert len({ids.id_from(*facts) for facts in alike}) == len(alike)


class _Holds(Struct, frozen=True):
    what: object


@pytest.mark.parametrize("unknown", [object(), 0.5, b"bytes", STARTS.time(), UTC])
def test_no_id_is_made_from_what_may_read_otherwise_elsewhere(unknown: object) -> None:
    for facts in ((unknown,), ([unknown],), ({"key": unknown},), (_Holds(unknown),)):
        with pytest.raises(TypeError, match="No id can be made from"):
            ids.id_from(*facts)


SECRET = "a secret of the tests, long enough"
KEY = keys.key(SECRET, "one")


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    made = {keys.key(secret, purpose) for secret in (SECRET, f"{SECRET}.") for purpose in ("one", "other")}
    assert {len(key) for key in made} == {32}
    assert len(made) == 4


def test_a_key_stays_the_same_from_release_to_release() -> None:
    assert keys.key(SECRET, "audit").hex().startswith("0827c9b68646ae11")


def test_what_was_sealed_opens_and_two_seals_differ() -> None:
    seal, other = keys.seal(KEY, "Grüße", "member 1"), keys.seal(KEY, "Grüße", "member 1")
    assert keys.open_sealed(KEY, seal, "member 1") == keys.open_sealed(KEY, other, "member 1") == "Grüße"
    assert seal != other


@pytest.mark.parametrize("sealed", ["", "x", "é", "\ud800", "A" * 15, "A" * 80, "a b", "=" * 40, "\x00"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(keys.BrokenSeal):
        keys.open_sealed(KEY, sealed)


def test_a_seal_does_not_open_for_another_thing_or_with_another_key_or_changed() -> None:
    sealed = keys.seal(KEY, "secret", "member 1")
    flipped = ("B" if sealed[20] != "B" else "C").join((sealed[:20], sealed[21:]))
    for key, text, thing in (
        (KEY, sealed, "member 2"),
        (keys.key(SECRET, "other"), sealed, "member 1"),
        (KEY, flipped, "member 1"),
    ):
        with pytest.raises(keys.BrokenSeal):
            keys.open_sealed(key, text, thing)


def test_what_was_sealed_with_an_earlier_secret_opens_and_nothing_is_sealed_with_it() -> None:
    sealed = keys.seal(keys.key(SECRET, "one"), "words", "member 1")
    keys.use_secret("another secret, of at least thirty-two", SECRET)
    assert keys.unseal("one", sealed, "member 1") == "words"
    assert keys.named("one") != KEY
    assert keys.every("one")[1] == KEY
    keys.use_secret("another secret, of at least thirty-two")
    with pytest.raises(keys.BrokenSeal):
        keys.unseal("one", sealed, "member 1")
    keys.use_secret(SECRET)


def test_any_characters_can_be_compared() -> None:
    assert keys.same("é\ud800", "é\ud800")
    assert not keys.same("é", "e")


def test_tokens_are_new_each_time_and_found_by_a_fingerprint_of_64_digits() -> None:
    assert keys.new_token() != keys.new_token()
    assert len(keys.token_hash(keys.new_token())) == 64


TEXT = b"Operation Canary"


def sealed(content: bytes, *, piece: int = 700_000) -> bytes:
    target = BytesIO()
    sealer = Sealer(target, SECRET, {"made": "today"})
    for first in range(0, len(content), piece):
        sealer.write(content[first : first + piece])
    sealer.close()
    return target.getvalue()


def open_sealed(content: bytes, secret: str = SECRET) -> bytes:
    return Opener(BytesIO(content), secret).read()


def body(content: bytes) -> int:
    """Return where the chunks begin."""
    return content.index(b"\n", len(sealed_files.KIND)) + 1


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_goes_in_comes_out(length: int) -> None:
    content = (TEXT * (length // len(TEXT) + 1))[:length]
    assert open_sealed(sealed(content)) == content


def test_it_is_read_in_pieces_of_any_size() -> None:
    content = bytes(range(256)) * 9000
    reader, parts = Opener(BytesIO(sealed(content)), SECRET), []
    while part := reader.read(77_777):
        parts.append(part)
    assert b"".join(parts) == content
    assert {len(part) for part in parts[:-1]} == {77_777}


def test_the_header_may_be_read_and_the_content_not() -> None:
    file = sealed(TEXT)
    assert Opener(BytesIO(file), SECRET).facts["made"] == "today"
    assert TEXT not in file


def test_the_same_content_is_never_sealed_alike() -> None:
    assert sealed(TEXT)[-20:] != sealed(TEXT)[-20:]


def test_another_secret_differs_from_a_changed_file() -> None:
    with pytest.raises(WrongSecret):
        open_sealed(sealed(TEXT), "x" * 40)


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04 something else", sealed_files.KIND, sealed_files.KIND + b"[]\n"])
def test_another_kind_of_file_is_none_of_ours(file: bytes) -> None:
    with pytest.raises(NotSealed):
        open_sealed(file)


def test_every_changed_byte_is_found() -> None:
    file = sealed(TEXT)
    start = file.index(b"today")
    for place in [start, *range(body(file), len(file))]:
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises(FileChanged):
            open_sealed(bytes(changed))


@pytest.mark.parametrize("lost", [1, TAG, CHUNK // 2, CHUNK + TAG, 2 * (CHUNK + TAG), 9 * CHUNK])
def test_a_file_that_is_cut_off_is_found(lost: int) -> None:
    file = sealed(b"x" * (2 * CHUNK + 5))
    kept = file[: max(body(file), len(file) - lost)]
    with pytest.raises(FileChanged):
        open_sealed(kept)


def test_chunks_that_changed_places_are_found() -> None:
    file = sealed(b"x" * CHUNK + b"y" * CHUNK + b"z")
    start, size = body(file), CHUNK + TAG
    first, second, rest = file[start : start + size], file[start + size : start + 2 * size], file[start + 2 * size :]
    with pytest.raises(FileChanged):
        open_sealed(file[:start] + second + first + rest)


def test_a_chunk_of_another_file_is_found() -> None:
    envelope, other = sealed(TEXT), sealed(TEXT)
    with pytest.raises(FileChanged):
        open_sealed(envelope[: body(envelope)] + other[body(other) :])


LINKS = Links(b"k" * 32)
SIGNED_LINKS_ONE, TWO = UUID(int=1), UUID(int=2)


def test_a_reply_link_for_a_date_reads_back() -> None:
    assert LINKS.read_reply(LINKS.reply(SIGNED_LINKS_ONE, TWO)) == ReplyLink(SIGNED_LINKS_ONE, TWO)


def test_a_reply_link_for_a_series_reads_back() -> None:
    assert LINKS.read_reply(LINKS.reply(SIGNED_LINKS_ONE)) == ReplyLink(SIGNED_LINKS_ONE, None)


def test_an_item_link_reads_back() -> None:
    assert LINKS.read_item(LINKS.item(SIGNED_LINKS_ONE, TWO)) == ItemLink(SIGNED_LINKS_ONE, TWO)


def test_a_poll_link_reads_back_and_is_no_item_link_of_the_same_ids() -> None:
    assert LINKS.read_poll(LINKS.poll(SIGNED_LINKS_ONE, TWO)) == PollLink(SIGNED_LINKS_ONE, TWO)
    assert LINKS.poll(SIGNED_LINKS_ONE, TWO) != LINKS.item(SIGNED_LINKS_ONE, TWO)


def test_the_same_thing_has_the_same_link_on_every_try() -> None:
    assert LINKS.reply(SIGNED_LINKS_ONE, TWO) == Links(b"k" * 32).reply(SIGNED_LINKS_ONE, TWO)


def test_a_link_made_with_an_earlier_key_reads_back_and_none_is_made_with_it() -> None:
    both = Links(b"n" * 32, b"k" * 32)
    assert both.read_reply(LINKS.reply(SIGNED_LINKS_ONE, TWO)) == ReplyLink(SIGNED_LINKS_ONE, TWO)
    assert both.reply(SIGNED_LINKS_ONE, TWO) == Links(b"n" * 32).reply(SIGNED_LINKS_ONE, TWO)


def test_a_link_fits_a_line_of_email_and_an_address() -> None:
    token = LINKS.reply(SIGNED_LINKS_ONE, TWO)
    assert len(token) <= 90
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


MADE = {
    "item": (LINKS.item(SIGNED_LINKS_ONE, TWO), LINKS.read_item),
    "reply": (LINKS.reply(SIGNED_LINKS_ONE, TWO), LINKS.read_reply),
    "digest": (LINKS.digest(SIGNED_LINKS_ONE), LINKS.read_digest),
    "undo": (LINKS.undo(SIGNED_LINKS_ONE), LINKS.read_undo),
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
        LINKS.read_reply(Links(b"x" * 32).reply(SIGNED_LINKS_ONE))


def test_a_changed_letter_anywhere_opens_nothing() -> None:
    token = LINKS.reply(SIGNED_LINKS_ONE, TWO)
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
@example(LINKS.reply(SIGNED_LINKS_ONE)[:-1])
@example(LINKS.reply(SIGNED_LINKS_ONE) + "=")
@example("\ud800")
def test_anything_odd_is_not_found(token: str) -> None:
    with pytest.raises(NotFound):
        LINKS.read_reply(token)
    with pytest.raises(NotFound):
        LINKS.read_item(token)


SIGNED_LINKS_KEY, SIGNED_LINKS_OTHER = b"k" * 32, b"o" * 32
ADDRESSES = ReplyAddresses("reply@tracker.example", [SIGNED_LINKS_KEY])
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
    longest = ReplyAddresses(f"{'r' * LONGEST_MAILBOX}@tracker.example", [SIGNED_LINKS_KEY])
    assert len(longest.of(INVITATION).partition("@")[0]) == 64


def test_any_changed_character_makes_it_no_ones() -> None:
    address = ADDRESSES.of(INVITATION)
    for place in range(len("reply+"), address.index("@")):
        other = "b" if address[place] == "a" else "a"
        assert ADDRESSES.read(f"{address[:place]}{other}{address[place + 1 :]}") == NOTHING


def test_an_earlier_secret_still_reads_what_it_made() -> None:
    assert (
        ReplyAddresses("reply@tracker.example", [SIGNED_LINKS_OTHER, SIGNED_LINKS_KEY])
        .read(ADDRESSES.of(INVITATION))
        .invitation_id
        == INVITATION
    )
    assert ReplyAddresses("reply@tracker.example", [SIGNED_LINKS_OTHER]).read(ADDRESSES.of(INVITATION)) == NOTHING


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
