"""Only addresses of the public internet are ever connected to."""

import pytest

from tracker.rules.availability.shared_calendars import is_public_address

INSIDE = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1
100::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 fec0::1 ff02::1
""".split()
NO_ADDRESS = ["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "8.8.8.8 ", "[::1]", "1.2.3.4.5"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_numeric_address_is_refused(text: str) -> None:
    assert not is_public_address(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "52.96.0.1", "100.63.255.255", "172.32.0.1", "2607:f8b0::1", "2a00::1"])
def test_what_is_of_the_public_internet_is_taken(address: str) -> None:
    assert is_public_address(address)
