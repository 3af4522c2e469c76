"""Access tokens for a mailbox: OAuth 2.0 for a program that acts for itself (RFC 6749 §4.4). Blocks."""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

import msgspec

from tracker.config.settings import Settings

LONGEST = 100_000  # bytes of an answer
OK = 200
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class _Answer(msgspec.Struct):
    access_token: str = ""
    error: str = ""
    error_description: str = ""


def access_token(settings: Settings, patience: float) -> str:
    """Return a new access token; `patience` is the time for each answer, in seconds.

    The connection is encrypted and its certificate checked, except to this computer. No redirect is followed: it could
    lead the client secret elsewhere. Errors: OSError, ValueError.
    """
    address = urlsplit(settings.imap_token_url)
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.imap_client_id,
        "client_secret": settings.imap_client_secret,
        "scope": settings.imap_scope,
    }
    host, port = address.hostname or "", address.port
    server: HTTPConnection = (
        HTTPSConnection(host, port, timeout=patience, context=ssl.create_default_context())
        if address.scheme == "https"
        else HTTPConnection(host, port, timeout=patience)
    )
    try:
        server.request("POST", address.path or "/", urlencode(form), FORM)
        answer = server.getresponse()
        return _token(answer.status, answer.read(LONGEST))
    except HTTPException as odd:
        raise ValueError(f"{host} doesn’t respond as a web server.") from odd
    finally:
        server.close()


def _token(status: int, body: bytes) -> str:
    """Return the token in an answer (RFC 6749 §5.1), or raise what the server says against it (§5.2)."""
    try:
        said = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError:
        said = _Answer()
    if status == OK and said.access_token.isprintable() and said.access_token.isascii() and said.access_token:
        return said.access_token
    raise ValueError(f"The token endpoint returned {status}. {said.error_description or said.error}".strip())
