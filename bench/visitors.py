"""Visitors over plain sockets that are kept open: they cost little themselves, so that the server is measured."""

import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from bench.server import HOST, Server

TOGETHER = 16  # connections, each with one request under way
PIECE = 1 << 18  # bytes taken at once
PATIENCE = 30.0  # seconds
END_OF_HEAD = b"\r\n\r\n"


class Visitors:
    """Some connections to one server; all of them ask for the same thing at the same time."""

    def __init__(self, server: Server, path: str, headers: Mapping[str, str], count: int = TOGETHER) -> None:
        lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{server.port}", *(f"{k}: {v}" for k, v in headers.items())]
        self._server = server
        self._request = "\r\n".join([*lines, "", ""]).encode("ascii")
        self._open = [socket.create_connection((HOST, server.port), timeout=PATIENCE) for _ in range(count)]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connections."""
        for line in self._open:
            line.close()

    def one(self) -> tuple[int, dict[str, str], bytes]:
        """Ask once; return status, headers (names in lower case) and body."""
        self._open[0].sendall(self._request)
        return _response(self._open[0])

    def rate(self, status: int, count: int) -> float:
        """Ask so many times on each connection; return answers per second of the server's processor time.

        On an idle machine that is what it answers in a second; on a busy one, what else runs does not count.
        Raises RuntimeError for an answer with another status.
        """
        began = self._server.worked
        for _ in range(count):
            for line in self._open:
                line.sendall(self._request)
            for line in self._open:
                if _response(line)[0] != status:
                    raise RuntimeError(f"A response was not {status}.")
        return count * len(self._open) / (self._server.worked - began)


def _response(line: socket.socket) -> tuple[int, dict[str, str], bytes]:
    got = b""
    while (end := got.find(END_OF_HEAD)) < 0:
        got += _piece(line)
    first, *rest = got[:end].decode("latin-1").split("\r\n")
    status = int(first.split()[1])
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}
    body, length = [got[end + len(END_OF_HEAD) :]], 0 if status == 304 else int(headers["content-length"])  # noqa: PLR2004 - has no body (RFC 9110 §15.4.5)
    while sum(map(len, body)) < length:
        body.append(_piece(line))
    return status, headers, b"".join(body)


def _piece(line: socket.socket) -> bytes:
    if piece := line.recv(PIECE):
        return piece
    raise RuntimeError("The server hung up.")
