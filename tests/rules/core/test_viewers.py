"""Who acts, and from where."""

import pytest

from tracker.rules.core.viewers import Origin, network_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("fe80::7%eth0", "fe80::7"),
        ("unix:", ""),
        ("192.0.2.7, 198.51.100.1", ""),
        ("<b>192.0.2.7", ""),
        ("", ""),
    ],
)
def test_an_address_is_told_in_its_usual_form_and_nothing_else_is_one(text: str, address: str) -> None:
    assert network_address(text) == address


def test_of_the_id_of_a_session_only_the_beginning_is_told() -> None:
    here = Origin("page", "192.0.2.7", request="fedcba9876543210")
    assert here.within("0123456789abcdef" * 4) == Origin("page", "192.0.2.7", "0123456789ab", "fedcba9876543210")
