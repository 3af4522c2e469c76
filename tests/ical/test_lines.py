"""P2: whatever people type, the bytes stay lines of a calendar."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import Invalid
from tracker.ical import lines

CONTROLS = ["\x00", "\x07", "\r", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u2029", "\ufeff"]
anything = st.text(max_size=300)
typed = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff"), max_size=300)


def unfolded(raw: bytes) -> str:
    return re.sub(rb"\r\n[ \t]", b"", raw).decode()


def read(value: str) -> str:
    """Undo the escapes as RFC 5545 §3.3.11 has them."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)


@given(typed)
def test_what_is_folded_unfolds_to_itself(text: str) -> None:
    assert unfolded(lines.fold(f"SUMMARY:{text}")) == f"SUMMARY:{text}\r\n"


@given(typed)
def test_no_line_is_longer_than_75_octets_or_cut_inside_a_character(text: str) -> None:
    folded = lines.fold(f"SUMMARY:{text}")
    assert folded.endswith(b"\r\n")
    assert all(len(line.decode().encode()) <= 75 for line in folded[:-2].split(b"\r\n"))


@given(st.lists(typed, max_size=4).map("\n".join))
def test_a_text_reads_back_equal(text: str) -> None:
    assert read(unfolded(lines.text_line("SUMMARY", text)).removeprefix("SUMMARY:").removesuffix("\r\n")) == text


@given(anything)
def test_no_text_at_all_starts_a_line_of_its_own(text: str) -> None:
    try:
        written = lines.text_line("SUMMARY", text)
    except (Invalid, UnicodeEncodeError):
        return
    assert all(line.startswith(b" ") for line in written[:-2].split(b"\r\n")[1:])
    assert b"\r" not in written.replace(b"\r\n", b"")
    assert b"\n" not in written.replace(b"\r\n", b"")


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_is_refused(control: str) -> None:
    with pytest.raises(Invalid):
        lines.text_line("SUMMARY", f"a{control}X-EVIL:1")


@pytest.mark.parametrize("control", [*CONTROLS, "\n"])
def test_a_control_character_in_a_name_is_refused(control: str) -> None:
    with pytest.raises(Invalid):
        lines.address_line("ORGANIZER", "a@tracker.example", f"A{control}B")


@pytest.mark.parametrize("control", ["\r", "\x00"])
def test_a_control_character_in_a_date_or_rule_is_refused(control: str) -> None:
    with pytest.raises(Invalid):
        lines.plain_line("RRULE", f"FREQ=DAILY{control}X-EVIL:1")


def test_a_name_in_quotes_cannot_end_them() -> None:
    assert lines.address_line("ATTENDEE", "a@tracker.example", 'A";X-EVIL="b', "RSVP=FALSE") == (
        b"ATTENDEE;CN=\"A';X-EVIL='b\";RSVP=FALSE:mailto:a@tracker.example\r\n"
    )


@pytest.mark.parametrize("email", ["", "a", "a@b\r\nX:1", "a b@c", "a;b@c", 'a"@b', "a@b@c", "a@b c"])
def test_an_odd_mail_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        lines.address_line("ATTENDEE", email, "A")


@pytest.mark.parametrize("email", ["o'brien+tf@kcpd.example", "a.b-c_d@x.example.gov"])
def test_an_ordinary_mail_address_is_taken(email: str) -> None:
    assert lines.address_line("ATTENDEE", email, "A").endswith(f":mailto:{email}\r\n".encode())


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "https://a b", 'https://a"b', "https://a\r\nX:1", "ftp://a"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    with pytest.raises(Invalid):
        lines.link_line("URL", url)
