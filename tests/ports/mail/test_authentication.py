"""A faster reader of Authentication-Results finds what authres itself finds, in every header."""

from collections.abc import Callable
from typing import Any

import pytest
from authres import AuthenticationResultsHeader
from hypothesis import given
from hypothesis import strategies as st

from tracker.ports.mail import authentication

SERVER = "mx.tracker.example"
PIECES = [
    SERVER,
    "; ",
    "dmarc=pass",
    "dkim=fail",
    "spf=none",
    "none",
    " header.from=fbi.example",
    " header.d=fbi.example",
    " header.i=@fbi.example",
    " smtp.mailfrom=a@fbi.example",
    " policy.dmarc=none",
    ' reason="a \\"good\\" one"',
    " reason=because",
    " (p=reject (dis=none) \\) )",
    " 1",
    "/1",
    "=",
    "@",
    '"',
    "(",
    "\t",
    " ",
    "é",
    "\\",
]
headers = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.lists(
    st.sampled_from([one for one in PIECES if len(one) > 1]), max_size=8
).map(lambda rest: f"{SERVER}; dmarc=pass header.from=fbi.example{''.join(rest)}")


def told(read: Callable[[str], Any], text: str) -> object:
    """Return what a reader finds in a header: its parts, or the kind of error."""
    try:
        found = read(text)
    except Exception as odd:  # noqa: BLE001 - whatever it is, both have it
        return type(odd), str(odd)
    return found.authserv_id, [
        (one.method, one.result, one.reason, [(each.type, each.name, each.value) for each in one.properties])
        for one in found.results
    ]


@given(headers)
def test_every_header_is_read_as_by_the_library(text: str) -> None:
    whole = f"{authentication.NAME}: {text}"
    assert told(authentication.parsed, whole) == told(AuthenticationResultsHeader.parse, whole)


@pytest.mark.parametrize("method", ["dmarc", "dkim"])
def test_a_header_as_mail_servers_write_it_confirms_its_domain(method: str) -> None:
    signed = f"{SERVER}; spf=pass (designates 192.0.2.1) smtp.mailfrom=a@fbi.example; {method}=pass (2048-bit key)"
    of = "header.from=fbi.example" if method == "dmarc" else "header.d=fbi.example header.s=one header.b=AbC"
    assert authentication.is_verified("a@fbi.example", [f"{signed} {of}"], SERVER)
