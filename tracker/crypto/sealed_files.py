"""Files that cannot be read or changed without the key: AES-256-GCM in chunks, so that any size fits in memory.

An archive is several files as one of them: a compressed tar, written completely or not at all.
"""

import gzip
import hashlib
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tracker.crypto import keys
from tracker.errors import Conflict, Invalid

KIND = b"taskforce-tracker sealed file 1\n"
CHUNK = 1 << 20  # bytes sealed at once
TAG = 16  # bytes that a seal adds to each chunk
LONGEST_HEADER = 10_000  # bytes
MARK = "key"  # in the header: distinguishes a wrong secret from a changed file


class NotSealed(Exception):
    """The file is not a sealed file of this product."""


class WrongSecret(Exception):
    """The file was sealed with another secret."""


class FileChanged(Exception):
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
        try:
            facts = json.loads(line) if kind == KIND else {}
        except ValueError:
            facts = {}
        if not isinstance(facts, dict) or not {"salt", MARK} <= facts.keys():
            raise NotSealed
        self.facts = facts
        key = _key(secret, str(self.facts["salt"]))
        if self.facts[MARK] != _mark(key):
            raise WrongSecret
        self._source, self._cipher = source, AESGCM(key)
        self._bound_to = hashlib.sha256(kind + line).digest()
        self._ahead = source.read(CHUNK + TAG)
        if not self._ahead:  # even an empty file has one sealed chunk
            raise FileChanged
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
            raise FileChanged from broken


def _key(secret: str, salt: str) -> bytes:
    return keys.key(secret, f"sealed file:{salt}")


def _mark(key: bytes) -> str:
    return keys.mac(key, MARK)[:16]


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


LEVEL = 6  # of gzip
PIECE = 1 << 16  # bytes


def write_archive(target: Path, folder: Path, secret: str, facts: Mapping[str, Any]) -> int:
    """Seal the files of a folder into a new file, and return its size in bytes; `facts` stay readable in its header.

    It is written under a temporary name first, so `target` is never incomplete. Errors: Conflict when it exists.
    """
    if target.exists():
        raise Conflict(f"{target} already exists. Choose another name.")
    part = target.with_name(f"{target.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            sealer = Sealer(file, secret, facts)
            with (
                gzip.GzipFile(fileobj=cast("BinaryIO", sealer), mode="wb", compresslevel=LEVEL, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as archive,
            ):
                for path in sorted(folder.iterdir()):
                    archive.add(path, path.name)
            sealer.close()
            file.flush()
            os.fsync(file.fileno())
        return part.rename(target).stat().st_size
    finally:
        part.unlink(missing_ok=True)


def read_archive(source: Path, secret: str, folder: Path, names: Collection[str]) -> Mapping[str, Any]:
    """Extract the files of these names from a sealed one, ignoring others, and return the facts of its header.

    Every byte is verified when this returns; do not use the files in the folder before. Errors: Invalid, OSError.
    """
    try:
        with source.open("rb") as file:
            opener = Opener(file, secret)
            _unpack(opener, folder, names)
            return opener.facts
    except (FileChanged, EOFError, gzip.BadGzipFile, tarfile.TarError) as broken:
        raise Invalid(f"{source} is damaged or incomplete. Use another backup.") from broken
    except NotSealed as other:
        raise Invalid(f"{source} isn't a backup of this product.") from other
    except WrongSecret as other:
        raise Invalid(
            f"{source} was encrypted with another secret. Name the file with the secret of that time."
        ) from other


def _unpack(opener: Opener, folder: Path, names: Collection[str]) -> None:
    """Read to the end, where the last seal is."""
    with gzip.GzipFile(fileobj=cast("BinaryIO", opener)) as packed:
        with tarfile.open(fileobj=packed, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.name in names else None
                if content is not None:
                    with (folder / member.name).open("xb") as file:
                        shutil.copyfileobj(content, file)
        while packed.read(PIECE):
            pass
