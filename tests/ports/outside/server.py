"""A calendar server on loopback with a certificate of its own, and the network as a test wants it to be."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct, field

from tracker.ports.outside import Network, connect

HOST = "calendar.example"
ADDRESS = f"https://{HOST}/me/calendar.ics"
HERE = "127.0.0.1"

Answering = Callable[[str, StreamWriter], Awaitable[None]]


class Server(Struct):
    """What a server was asked, and how it is reached; `names` tells which addresses a host is said to have."""

    port: int
    trust: ssl.SSLContext
    connections: int = 0
    asked: list[str] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    names: dict[str, Sequence[str]] = field(default_factory=dict)

    def network(self, **parts: object) -> Network:
        """Return a network on which this server may be reached under its own address."""
        usual = {
            "resolve": self._resolve,
            "may_reach": lambda address: address == HERE,
            "connect": partial(connect, port=self.port, trust=self.trust),
        }
        return Network(**{**usual, **parts})  # type: ignore[arg-type]  # each is what its name says

    async def _resolve(self, host: str) -> Sequence[str]:
        self.resolved.append(host)
        return self.names.get(host, [HERE])


def answer_with(status: str, body: bytes = b"", **headers: str) -> Answering:
    """Answer with a status, headers and a body."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()

    async def response(_: str, writer: StreamWriter) -> None:
        writer.write(head + body)

    return response


@asynccontextmanager
async def serve_calendars(folder: Path, response: Answering, name: str = HOST) -> AsyncIterator[Server]:
    """Serve with a certificate for a name."""
    certificate = _certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    server = Server(port=0, trust=trust)

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        server.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        await response(server.asked[-1], writer)
        await writer.drain()
        writer.close()

    async def count(reader: StreamReader, writer: StreamWriter) -> None:
        server.connections += 1
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    listening = await asyncio.start_server(count, HERE, 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


def _certificate(folder: Path, host: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{host}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
