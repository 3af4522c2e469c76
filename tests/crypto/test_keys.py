"""Keys: one for each purpose, and seals that open only with the same key for the same thing."""

import pytest

from tracker.crypto import keys

SECRET = "a secret of the tests, long enough"
KEY = keys.key(SECRET, "one")


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    made = {keys.key(secret, purpose) for secret in (SECRET, f"{SECRET}.") for purpose in ("one", "other")}
    assert {len(key) for key in made} == {32}
    assert len(made) == 4


def test_a_key_stays_the_same_from_release_to_release() -> None:
    assert keys.key(SECRET, "audit").hex().startswith("0827c9b68646ae11")


def test_what_was_sealed_opens_and_two_seals_differ() -> None:
    one, other = keys.seal(KEY, "Grüße", "member 1"), keys.seal(KEY, "Grüße", "member 1")
    assert keys.open_sealed(KEY, one, "member 1") == keys.open_sealed(KEY, other, "member 1") == "Grüße"
    assert one != other


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
