"""The network for reading calendars: a name is resolved once, and each of its addresses is checked before use."""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from tracker.rules.availability.public_addresses import is_public

HTTPS = 443
MOST_ADDRESSES = 4  # addresses of one host that are tried

Resolve = Callable[[str], Awaitable[Sequence[str]]]
Connect = Callable[[str, str], Awaitable[tuple[StreamReader, StreamWriter]]]


class Refused(Exception):
    """A host has no address that responds, or one that is not on the public internet."""


async def resolve(host: str) -> Sequence[str]:
    """Return all numeric addresses of a host. Errors: OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def connect(
    address: str, host: str, *, port: int = HTTPS, trust: ssl.SSLContext | None = None
) -> tuple[StreamReader, StreamWriter]:
    """Open an encrypted connection to a numeric address; its certificate must be the host's. Errors: OSError.

    `trust` holds the trusted certificates, by default those of the machine.
    """
    context = trust or ssl.create_default_context()
    return await asyncio.open_connection(address, port, ssl=context, server_hostname=host, flags=socket.AI_NUMERICHOST)


class Network(Struct, frozen=True, kw_only=True):
    """Finds and reaches hosts; no proxy of the environment is used, because it would resolve the address again."""

    resolve: Resolve = resolve
    connect: Connect = connect
    may_reach: Callable[[str], bool] = is_public

    async def reach(self, host: str) -> tuple[StreamReader, StreamWriter]:
        """Connect to the first address of a host that responds, after checking all. Errors: Refused, OSError."""
        addresses = await self.resolve(host)
        if not addresses or not all(self.may_reach(address) for address in addresses):
            raise Refused
        for address in addresses[:MOST_ADDRESSES]:
            with suppress(OSError):
                return await self.connect(address, host)
        raise Refused
