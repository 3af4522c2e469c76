"""Passwords: long ones that no one attempts first are taken, with a reason for each that is not."""

import pytest

from tracker.rules.identity.passwords import LONGEST, SHORTEST, password_refusal

COMMON = frozenset({"iloveyou", "dragon", "horse", "battery", "correct", "correcthorsebatterystaple"})
PERSONAL = ("Dana Whitfield", "dana.whitfield@kcpd.example", "KCPD")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "violet kettle orbit plywood",
        "x7!Qm2#Lp9@Vt4&",
        "Grüße aus dem Süden der Insel",
        "é" * 5 + "violin carpet nebula" + "ü" * 4,
        "長い合言葉は誰にも推測されない文",
        "a b c d e f g h i j k l m n o",
        "".join(chr(0x100 + step) for step in range(LONGEST)),
    ],
)
def test_a_long_password_that_nobody_guesses_first_is_taken(password):
    assert password_refusal(password, COMMON, PERSONAL) is None


@pytest.mark.parametrize(
    "password",
    [
        "humantrafficking1",
        "HumanTrafficking2026!",
        "TaskForceTracker#2026",
        "P@ssw0rdP@ssw0rd1",
        "Welcome-To-Kansas-City",
        "iloveyou12345678",
        "Dragon.Dragon.2026",
        "qwertyuiopasdfghjkl",
        "123456789012345",
        "danawhitfield1987",
        "kcpd-detective-2026",
        "Winter2026-Monday!",
    ],
)
def test_a_password_of_known_words_is_refused_with_the_reason(password):
    assert "easy to guess" in password_refusal(password, COMMON, PERSONAL)


@pytest.mark.parametrize("password", ["a" * 15, "abcabcabcabcabc", "horsetail!horsetail!", "ababababababbba"])
def test_a_password_that_repeats_itself_is_refused(password):
    assert "repeats" in password_refusal(password, COMMON)


def test_a_password_below_fifteen_characters_is_refused():
    assert f"at least {SHORTEST}" in password_refusal("x7!Qm2#Lp9@Vt4", COMMON)


def test_a_password_above_128_characters_is_refused():
    assert f"at most {LONGEST}" in password_refusal("x7!Qm2#Lp9@Vt4&" * 9, COMMON)


def test_a_space_at_the_end_counts_as_a_character():
    assert password_refusal("x7!Qm2#Lp9@Vt4 ", COMMON) is None
