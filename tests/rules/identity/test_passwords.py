"""Passwords that may be taken, and the names of browsers."""

import pytest

from tracker.rules.identity import LONGEST, SHORTEST, browser_name, password_refusal

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
def test_a_long_password_that_no_one_tries_first_is_taken(password):
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


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (WINDOWS, "Chrome on Windows"),
        (f"{WINDOWS} Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0) CriOS/129.0 Mobile Safari/604.1", "Chrome on iPad"),
        ("Mozilla/5.0 (Linux; Android 15) SamsungBrowser/26.0 Chrome/122.0 Mobile", "Samsung Internet on Android"),
        ("curl/8.5", "Another browser"),
        ("", "Another browser"),
    ],
)
def test_a_browser_is_named_with_its_system(agent: str, name: str) -> None:
    assert browser_name(agent) == name
