"""Outbound connections: reads the shared calendars that are due, from addresses that members typed.

Only a small public HTTPS response is ever read: a name is resolved once, and each of its addresses is checked.
"""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import NamedTuple
from urllib.parse import urljoin

import anyio
import h11
from anyio import to_thread
from msgspec import Struct

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import Invalid, TooLarge
from tracker.ical.lines import LARGEST
from tracker.ical.shared_calendars import read_busy_times
from tracker.rules.availability.shared_calendars import (
    CalendarProblem,
    check_calendar_address,
    host_of_address,
    is_public_address,
    kept_window,
)
from tracker.usecases import availability
from tracker.usecases.availability import DueCalendar

AT_ONCE = 20  # calendars in one tick
PATIENCE = 10.0  # seconds for the text of one calendar
Resolve = Callable[[str], Awaitable[Sequence[str]]]
HTTPS = 443


async def resolve(host: str) -> Sequence[str]:
    """Return all numeric addresses of a host. Errors: OSError."""
    resolved = await asyncio.get_running_loop().getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in resolved))


Connect = Callable[[str, str], Awaitable[tuple[StreamReader, StreamWriter]]]


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
    may_reach: Callable[[str], bool] = is_public_address

    async def reach(self, host: str) -> tuple[StreamReader, StreamWriter]:
        """Connect to the first address of a host that responds, after checking all. Errors: Refused, OSError."""
        addresses = await self.resolve(host)
        if not addresses or not all(self.may_reach(address) for address in addresses):
            raise AddressRefused
        for address in addresses[:MOST_ADDRESSES]:
            with suppress(OSError):
                return await self.connect(address, host)
        raise AddressRefused


async def read_due(settings: Settings, network: Network) -> int:
    """Read the due calendars, and return how many; where reading is turned off, delete what was read."""
    if not settings.shared_calendars:
        await availability.forget_all_spans()
        return 0
    for number in range(AT_ONCE):
        due_calendar = await availability.claim_calendar(clock.now())
        if due_calendar is None:
            return number
        await _read(due_calendar, settings, network)
    return AT_ONCE


async def _read(due_calendar: DueCalendar, settings: Settings, network: Network) -> None:
    now = clock.now()
    window = kept_window(now, settings.time_zone)
    try:
        content = await fetch(due_calendar.address, network, settings.own_host)
        with anyio.fail_after(PATIENCE):
            reading = await to_thread.run_sync(
                partial(read_busy_times, content, *window, settings.time_zone), abandon_on_cancel=True
            )
    except FetchFailed as failed:
        await availability.record_failed_read(due_calendar, failed.problem, now)
    except Invalid:
        await availability.record_failed_read(due_calendar, CalendarProblem.CLOSED, now)
    except (TooLarge, TimeoutError):
        await availability.record_failed_read(due_calendar, CalendarProblem.TOO_LARGE, now)
    else:
        await availability.keep_spans(due_calendar, reading.spans, reading.unread, window, now)


FETCH_PATIENCE = 10.0  # seconds, redirects included
REDIRECTS = 2
CHUNK = 65_536  # bytes
REDIRECTING = (301, 302, 303, 307, 308)
OK = 200
AGENT = "calendar-reader"


class FetchFailed(Exception):
    """The calendar could not be fetched."""

    def __init__(self, problem: CalendarProblem) -> None:
        self.problem = problem
        super().__init__(problem)


class CalendarResponse(NamedTuple):
    """A server's response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


async def fetch(address: str, network: Network, own_host: str, *, patience: float = FETCH_PATIENCE) -> bytes:
    """Return the content of an address, at most 2 MB, within some seconds. Errors: Failed."""
    try:
        async with asyncio.timeout(patience):
            for _ in range(REDIRECTS + 1):
                response = await _get(address, network)
                if response.status not in REDIRECTING:
                    if (
                        response.status != OK
                        or response.headers.get("content-encoding", "identity").lower() != "identity"
                    ):
                        raise FetchFailed(CalendarProblem.CLOSED)
                    return response.content
                address = check_calendar_address(urljoin(address, response.headers.get("location", "")), own_host)
    except (AddressRefused, Invalid, OSError, TimeoutError, ValueError, h11.RemoteProtocolError) as odd:
        raise FetchFailed(CalendarProblem.UNREACHABLE) from odd
    raise FetchFailed(CalendarProblem.UNREACHABLE)


async def _get(address: str, network: Network) -> CalendarResponse:
    host = host_of_address(address)
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
        return await _calendar_response(talk, reader)


async def _calendar_response(talk: h11.Connection, reader: StreamReader) -> CalendarResponse:
    """Return the response; the body is read only for status 200."""
    response, content = None, bytearray()
    while not isinstance(event := talk.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            talk.receive_data(await reader.read(CHUNK))
        elif isinstance(event, h11.Response):
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
            response = CalendarResponse(event.status_code, headers)
            if response.status != OK:
                return response
        elif isinstance(event, h11.Data):
            content += event.data
        if len(content) > LARGEST:
            raise FetchFailed(CalendarProblem.TOO_LARGE)
    if response is None:
        raise FetchFailed(CalendarProblem.UNREACHABLE)
    return response._replace(content=bytes(content))


@asynccontextmanager
async def _connection(host: str, network: Network) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await network.reach(host)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


MOST_ADDRESSES = 4  # addresses of one host that are tried


class AddressRefused(Exception):
    """A host has no address that responds, or one that is not on the public internet."""
