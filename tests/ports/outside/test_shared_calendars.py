"""The guard against server-side request forgery, over real sockets: what is not public is never connected to."""

import asyncio
from asyncio import StreamWriter
from functools import partial
from pathlib import Path

import pytest

from tests.ical.files import calendar, vevent
from tests.ports.outside.server import ADDRESS, HERE, HOST, Answering, answer_with, serve_calendars
from tracker.ports.outside import AddressRefused, FetchFailed, Network, connect, fetch, resolve
from tracker.rules.availability.shared_calendars import CalendarProblem, is_public_address

OWN = "tracker.example"
FILE = calendar(vevent())
INSIDE = "127.0.0.1 10.0.0.1 169.254.169.254 100.64.0.1 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 fe80::1%lo fd00::1".split()


async def problem(address: str, network: Network, patience: float = 10.0) -> CalendarProblem:
    """Return why an address cannot be fetched."""
    with pytest.raises(FetchFailed) as failed:
        await fetch(address, network, OWN, patience=patience)
    return failed.value.problem


async def test_a_calendar_is_fetched_with_little_said_of_who_asks(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, answer_with("200 OK", FILE)) as server:
        assert await fetch(f"{ADDRESS}?key=1", server.network(), OWN) == FILE
    [asked] = server.asked
    assert asked.startswith(f"GET /me/calendar.ics?key=1 HTTP/1.1\r\nHost: {HOST}\r\n")
    assert not {"cookie", "authorization", "referer", "tracker"} & set(asked.lower().replace(":", " ").split())


async def test_a_body_in_pieces_is_put_together(tmp_path: Path) -> None:
    async def pieces(_: str, writer: StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(0, len(FILE), 50):
            piece = FILE[number : number + 50]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        writer.write(b"0\r\n\r\n")

    async with serve_calendars(tmp_path, pieces) as server:
        assert await fetch(ADDRESS, server.network(), OWN) == FILE


@pytest.mark.parametrize("inside", INSIDE)
async def test_a_name_that_leads_inside_is_refused_before_anything_is_connected(tmp_path: Path, inside: str) -> None:
    async with serve_calendars(tmp_path, answer_with("200 OK", FILE)) as server:
        server.names[HOST] = [inside]
        assert await problem(ADDRESS, server.network(may_reach=is_public_address)) is CalendarProblem.UNREACHABLE
        assert server.connections == 0


async def test_one_address_inside_among_public_ones_is_enough_to_refuse(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, answer_with("200 OK", FILE)) as server:
        server.names[HOST] = ["8.8.8.8", "2607:f8b0::1", HERE]
        assert await problem(ADDRESS, server.network(may_reach=is_public_address)) is CalendarProblem.UNREACHABLE
        assert server.connections == 0


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(tmp_path: Path) -> None:
    reached = []

    async with serve_calendars(tmp_path, answer_with("200 OK", FILE)) as server:

        async def noted(address: str, host: str) -> object:
            reached.append((address, host))
            return await connect(address, host, port=server.port, trust=server.trust)

        await fetch(ADDRESS, server.network(connect=noted), OWN)
    assert reached == [(HERE, HOST)]
    assert server.resolved == [HOST]


async def test_the_machines_own_name_is_refused_as_the_product_itself_resolves_it() -> None:
    assert await resolve("localhost")
    with pytest.raises(AddressRefused):
        await Network().reach("localhost")


async def test_a_connection_by_name_instead_of_by_number_is_not_made() -> None:
    with pytest.raises(OSError, match=r"."):
        await connect("localhost", "localhost")


async def test_no_name_and_a_name_inside_are_treated_alike(tmp_path: Path) -> None:
    async def unknown(_: str) -> list[str]:
        raise OSError("no such host")

    async with serve_calendars(tmp_path, answer_with("200 OK", FILE)) as server:
        assert await problem(ADDRESS, server.network(resolve=unknown)) is CalendarProblem.UNREACHABLE
        server.names[HOST] = []
        assert await problem(ADDRESS, server.network()) is CalendarProblem.UNREACHABLE


async def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, answer_with("200 OK", FILE), name="other.example") as server:
        assert await problem(ADDRESS, server.network()) is CalendarProblem.UNREACHABLE
    assert server.asked == []


async def test_a_certificate_of_no_one_is_not_believed(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, answer_with("200 OK", FILE)) as server:
        assert (
            await problem(ADDRESS, server.network(connect=partial(connect, port=server.port)))
            is CalendarProblem.UNREACHABLE
        )
    assert server.asked == []


def _leading(*places: str) -> Answering:
    """Answer the first requests by leading elsewhere, the next with a calendar."""
    rest = list(places)

    async def response(asked: str, writer: StreamWriter) -> None:
        step = answer_with("302 Found", Location=rest.pop(0)) if rest else answer_with("200 OK", FILE)
        await step(asked, writer)

    return response


async def test_a_redirect_is_followed_and_its_host_resolved_again(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, _leading("/other.ics", ADDRESS)) as server:
        assert await fetch(ADDRESS, server.network(), OWN) == FILE
    assert server.resolved == [HOST] * 3
    assert [one.split()[1] for one in server.asked] == ["/me/calendar.ics", "/other.ics", "/me/calendar.ics"]


async def test_more_than_two_redirects_are_not_followed(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, _leading(*[ADDRESS] * 3)) as server:
        assert await problem(ADDRESS, server.network()) is CalendarProblem.UNREACHABLE
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "place",
    [
        "http://calendar.example/a.ics",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://calendar.example:8443/a",
        "file:///etc/passwd",
        "//2130706433/a",
        "https://localhost/",
        f"https://{OWN}/feeds/x.ics",
        "https://user:password@calendar.example/",
        "https://[",
    ],
)
async def test_a_redirect_out_of_the_rules_is_not_followed(tmp_path: Path, place: str) -> None:
    async with serve_calendars(tmp_path, _leading(place)) as server:
        assert await problem(ADDRESS, server.network(may_reach=lambda _: True)) is CalendarProblem.UNREACHABLE
    assert len(server.asked) == 1


async def test_a_redirect_to_a_name_that_leads_inside_is_refused(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, _leading("https://inside.example/")) as server:
        server.names["inside.example"] = ["10.0.0.1"]
        assert await problem(ADDRESS, server.network()) is CalendarProblem.UNREACHABLE
        assert server.connections == 1


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "500 Oops", "204 No Content", "206 Partial"])
async def test_another_answer_than_200_is_no_calendar(tmp_path: Path, status: str) -> None:
    async with serve_calendars(tmp_path, answer_with(status, b"")) as server:
        assert await problem(ADDRESS, server.network()) is CalendarProblem.CLOSED


async def test_a_body_that_is_packed_is_not_unpacked(tmp_path: Path) -> None:
    async with serve_calendars(
        tmp_path, answer_with("200 OK", b"\x1f\x8b" + bytes(100), Content_Encoding="gzip")
    ) as server:
        assert await problem(ADDRESS, server.network()) is CalendarProblem.CLOSED


async def _endless(_: str, writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not writer.is_closing():
        writer.write(bytes(100_000))
        await writer.drain()


async def test_an_answer_without_an_end_is_cut_at_two_megabytes(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, _endless) as server:
        assert await problem(ADDRESS, server.network()) is CalendarProblem.TOO_LARGE


async def _slow(_: str, writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"x: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_a_server_that_dawdles_is_left(tmp_path: Path) -> None:
    async with serve_calendars(tmp_path, _slow) as server:
        assert await problem(ADDRESS, server.network(), patience=0.5) is CalendarProblem.UNREACHABLE


async def _odd(_: str, writer: StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")


async def _nothing(_: str, writer: StreamWriter) -> None:
    writer.write(b"")


async def _headers(_: str, writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000)


@pytest.mark.parametrize("response", [_odd, _nothing, _headers])
async def test_what_does_not_speak_as_a_web_server_is_unreachable(tmp_path: Path, response: Answering) -> None:
    async with serve_calendars(tmp_path, response) as server:
        assert await problem(ADDRESS, server.network()) is CalendarProblem.UNREACHABLE


async def test_a_proxy_of_the_environment_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serve_calendars(tmp_path, answer_with("200 OK", FILE)) as server:
        assert await fetch(ADDRESS, server.network(), OWN) == FILE
