"""Files that cannot be read or changed without the key: AES-256-GCM in chunks, so that any size fits in memory.

A file begins with two plain lines, the kind and a header in JSON; then come the chunks. The key is made for this one
file from a secret and a random salt. A chunk's nonce is its number and whether it is the last, so none can be left out,
moved, repeated or cut off (STREAM, Hoang and others 2015).
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tracker.crypto import keys

KIND = b"taskforce-tracker sealed file 1\n"
CHUNK = 1 << 20  # bytes sealed at once
TAG = 16  # bytes that a seal adds to each chunk
LONGEST_HEADER = 10_000  # bytes
MARK = "key"  # in the header: distinguishes a wrong secret from a changed file


class NotSealed(Exception):
    """The file is not a sealed file of this product."""


class WrongSecret(Exception):
    """The file was sealed with another secret."""


class Changed(Exception):
    """The file was changed, or part of it is missing."""


class _Writes(Protocol):
    def write(self, content: bytes, /) -> object: ...


class Sealer:
    """A writable file; what is written is sealed into `target`, which is complete only after `close`."""

    def __init__(self, target: _Writes, secret: str, facts: Mapping[str, Any]) -> None:
        salt = secrets.token_hex(16)
        key = _key(secret, salt)
        header = KIND + json.dumps({**facts, "salt": salt, MARK: _mark(key)}).encode() + b"\n"
        self._target, self._cipher, self._bound_to = target, AESGCM(key), hashlib.sha256(header).digest()
        self._waiting = bytearray()
        self._number = 0
        target.write(header)

    def write(self, content: bytes) -> int:
        """Add content; every chunk but the last is sealed as soon as it is full."""
        self._waiting += content
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(content)

    def close(self) -> None:
        """Seal the last chunk."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, content: bytes, *, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), content, self._bound_to))
        self._number += 1


class Opener:
    """A readable file; `facts` is its header. Errors: NotSealed, WrongSecret, and Changed while reading."""

    def __init__(self, source: BinaryIO, secret: str) -> None:
        kind, line = source.readline(len(KIND)), source.readline(LONGEST_HEADER)
        self.facts = _facts(kind, line)
        key = _key(secret, str(self.facts["salt"]))
        if self.facts[MARK] != _mark(key):
            raise WrongSecret
        self._source, self._cipher = source, AESGCM(key)
        self._bound_to = hashlib.sha256(kind + line).digest()
        self._ahead = source.read(CHUNK + TAG)
        if not self._ahead:  # even an empty file has one sealed chunk
            raise Changed
        self._ready = b""
        self._number = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, or all that is left for a negative `size`; none at the end."""
        parts = []
        while size and (self._ready or self._ahead):
            self._ready = self._ready or self._opened()
            parts.append(self._ready[:size] if size > 0 else self._ready)
            self._ready = self._ready[len(parts[-1]) :]
            size = max(0, size - len(parts[-1])) if size > 0 else size
        return b"".join(parts)

    def _opened(self) -> bytes:
        sealed, self._ahead = self._ahead, self._source.read(CHUNK + TAG)
        nonce = _nonce(self._number, is_last=not self._ahead)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._bound_to)
        except InvalidTag as broken:
            raise Changed from broken


def _facts(kind: bytes, line: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(line) if kind == KIND else {}
    except ValueError:
        facts = {}
    if not isinstance(facts, dict) or not {"salt", MARK} <= facts.keys():
        raise NotSealed
    return facts


def _key(secret: str, salt: str) -> bytes:
    return keys.key(secret, f"sealed file:{salt}")


def _mark(key: bytes) -> str:
    return keys.mac(key, MARK)[:16]


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
