"""Quoted-printable text is what Python's own encoder makes of it, however its lines end."""

import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.ports.mail.compose import text_part

TEXTS = st.text(st.sampled_from("ab =.\t—\u2028\n")).map(lambda text: text * 9)


@given(TEXTS)
def test_text_that_is_encoded_line_by_line_is_the_same_as_when_it_is_encoded_whole(text: str) -> None:
    whole = f"{text}\n".replace("\n", "\r\n").encode()
    assert text_part("text/plain", f"{text}\n").body == binascii.b2a_qp(whole, istext=True)


@given(TEXTS)
def test_text_without_an_end_of_line_is_read_as_it_was_written(text: str) -> None:
    assert quopri.decodestring(text_part("text/plain", text).body).decode() == text.replace("\n", "\r\n")


@pytest.mark.parametrize("text", ["word " * 40, "é" * 80])
def test_a_long_line_is_broken_by_both_characters_that_end_a_line(text: str) -> None:
    body = text_part("text/plain", text).body
    assert body.count(b"\n") == body.count(b"\r\n") > 0
