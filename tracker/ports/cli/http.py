"""The HTTP server, the same for the demo and for production."""

import errno
import socket
import sys

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tracker.errors import Conflict, Invalid, NotAllowed

BACKLOG = 2048  # waiting connections
GOODBYE = 3  # seconds that open requests get at shutdown
MOST_OF_HEAD = 64_000  # bytes of a request before its body, and what arrives in one piece with them
MOST = 2_000_000  # bytes of a request, trailers included; the application accepts fewer


class Bounded(HttpToolsProtocol):
    """The server's own request reader, which has no limit for headers, with limits."""

    _received = 0
    _is_in_body = False

    def data_received(self, data: bytes) -> None:
        """Read on, or refuse and disconnect when a request exceeds the limits."""
        if self._received > (MOST if self._is_in_body else MOST_OF_HEAD):
            self._refuse()
            return
        self._received += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._is_in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_in_body, self._received = False, 0
        super().on_message_complete()

    def _refuse(self) -> None:
        if self._is_in_body:  # a response may be under way
            self.transport.close()
        else:
            self.send_400_response("The request is too large.")


def need_assertions() -> None:
    """Raise `NotAllowed` under `python -O`: icalendar keeps line breaks out of calendars by an assertion."""
    if sys.flags.optimize:
        raise NotAllowed("Python runs with -O, which turns off checks that keep emails safe. Start it without -O.")


def server_config(app: str, *, proxy: str = "") -> uvicorn.Config:
    """Return the server for a factory named "module:function"; `proxy` is the address whose X-Forwarded-* count.

    By default none count: uvicorn would trust any peer on this machine.
    """
    return uvicorn.Config(
        app,
        factory=True,
        http=Bounded,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        timeout_graceful_shutdown=GOODBYE,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, 0 = any free port. Errors: Conflict when the port is in use, Invalid."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as refused:
        if refused.errno == errno.EADDRINUSE:
            raise Conflict(f"Port {port} is in use. Choose another one with --port, or PORT= with make.") from refused
        raise Invalid(f"Can't listen on {host}, port {port}: {refused.strerror}.") from refused
    return listener
