"""Fetches a calendar from an address that a member typed; only a small public HTTPS response is ever read.

Each redirect is followed by hand, as a new address with the same checks. Every failure is one of three, and none
reveals what was found on the way.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from urllib.parse import urljoin

import h11

from tracker.errors import Invalid
from tracker.ical.components import LARGEST
from tracker.ports.outside.network import Network, Refused
from tracker.rules.availability.shared_calendars import Problem, check_address, host_of

PATIENCE = 10.0  # seconds, redirects included
REDIRECTS = 2
CHUNK = 65_536  # bytes
REDIRECTING = (301, 302, 303, 307, 308)
OK = 200
AGENT = "calendar-reader"


class Failed(Exception):
    """The calendar could not be fetched."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


class Response(NamedTuple):
    """A server's response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


async def fetch(address: str, network: Network, own_host: str, *, patience: float = PATIENCE) -> bytes:
    """Return the content of an address, at most 2 MB, within some seconds. Errors: Failed."""
    try:
        async with asyncio.timeout(patience):
            for _ in range(REDIRECTS + 1):
                response = await _get(address, network)
                if response.status not in REDIRECTING:
                    return _calendar(response)
                address = check_address(urljoin(address, response.headers.get("location", "")), own_host)
    except (Refused, Invalid, OSError, TimeoutError, ValueError, h11.RemoteProtocolError) as odd:
        raise Failed(Problem.UNREACHABLE) from odd
    raise Failed(Problem.UNREACHABLE)


def _calendar(response: Response) -> bytes:
    if response.status != OK or response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Failed(Problem.CLOSED)
    return response.content


async def _get(address: str, network: Network) -> Response:
    host = host_of(address)
    headers = [
        ("Host", host),
        ("User-Agent", AGENT),
        ("Accept", "text/calendar"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    request = h11.Request(method="GET", target=address.removeprefix(f"https://{host}"), headers=headers)
    async with _connection(host, network) as (reader, writer):
        talk = h11.Connection(h11.CLIENT)
        writer.write((talk.send(request) or b"") + (talk.send(h11.EndOfMessage()) or b""))
        await writer.drain()
        return await _response(talk, reader)


async def _response(talk: h11.Connection, reader: StreamReader) -> Response:
    """Return the response; the body is read only for status 200."""
    response, content = None, bytearray()
    while not isinstance(event := await _next(talk, reader), h11.EndOfMessage | h11.ConnectionClosed):
        if isinstance(event, h11.Response):
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
            response = Response(event.status_code, headers)
            if response.status != OK:
                return response
        elif isinstance(event, h11.Data):
            content += event.data
        if len(content) > LARGEST:
            raise Failed(Problem.TOO_LARGE)
    if response is None:
        raise Failed(Problem.UNREACHABLE)
    return response._replace(content=bytes(content))


async def _next(talk: h11.Connection, reader: StreamReader) -> object:
    while (event := talk.next_event()) is h11.NEED_DATA:
        talk.receive_data(await reader.read(CHUNK))
    return event


@asynccontextmanager
async def _connection(host: str, network: Network) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await network.reach(host)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
