"""Which network addresses belong to the public internet: the only ones that a member's calendar address may reach.

Of IPv6 only global unicast counts, which leaves out loopback, link-local, unique local and multicast addresses, and
those that contain an IPv4 address: mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
# IANA special-purpose registries (RFC 6890 and its updates), as a list: Python's own differs by release.
_NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, including Teredo: contains an IPv4 address
            "2001:db8::/32",
            "3fff::/20",  # documentation
            "2002::/16",  # 6to4: contains an IPv4 address
        ),
    )
)
_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's NAT (RFC 6598)
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure serves its own virtual machines here
            "169.254.0.0/16",  # link-local: metadata of cloud machines
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",  # multicast, reserved, broadcast
        ),
    )
)


def is_public(text: str) -> bool:
    """Return whether a numeric address belongs to the public internet; False for other text."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return _is_public_v6(address)


def _is_public_v6(address: IPv6Address) -> bool:
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_V6)
