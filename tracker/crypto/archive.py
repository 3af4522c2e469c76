"""Several files as one sealed file: a compressed tar, written completely or not at all, and read the same way."""

import gzip
import os
import shutil
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from tracker.crypto.sealed_file import Changed, NotSealed, Opener, Sealer, WrongSecret
from tracker.errors import Conflict, Invalid

LEVEL = 6  # of gzip
PIECE = 1 << 16  # bytes


def write(target: Path, folder: Path, secret: str, facts: Mapping[str, Any]) -> int:
    """Seal the files of a folder into a new file, and return its size in bytes; `facts` stay readable in its header.

    It is written under a temporary name first, so `target` is never incomplete. Errors: Conflict when it exists.
    """
    if target.exists():
        raise Conflict(f"{target} already exists. Choose another name.")
    part = target.with_name(f"{target.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            sealer = Sealer(file, secret, facts)
            _pack(folder, cast("BinaryIO", sealer))
            sealer.close()
            file.flush()
            os.fsync(file.fileno())
        return part.rename(target).stat().st_size
    finally:
        part.unlink(missing_ok=True)


def read(source: Path, secret: str, folder: Path, names: Collection[str]) -> Mapping[str, Any]:
    """Extract the files of these names from a sealed one, ignoring others, and return the facts of its header.

    Every byte is verified when this returns; do not use the files in the folder before. Errors: Invalid, OSError.
    """
    try:
        with source.open("rb") as file:
            opener = _opener(file, source, secret)
            _unpack(opener, folder, names)
            return opener.facts
    except (Changed, EOFError, gzip.BadGzipFile, tarfile.TarError) as broken:
        raise Invalid(f"{source} is damaged or incomplete. Use another backup.") from broken


def _opener(file: BinaryIO, source: Path, secret: str) -> Opener:
    try:
        return Opener(file, secret)
    except NotSealed as other:
        raise Invalid(f"{source} isn't a backup of this product.") from other
    except WrongSecret as other:
        raise Invalid(
            f"{source} was encrypted with another secret. Name the file with the secret of that time."
        ) from other


def _pack(folder: Path, target: BinaryIO) -> None:
    with (
        gzip.GzipFile(fileobj=target, mode="wb", compresslevel=LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name)


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
