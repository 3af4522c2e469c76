"""Sealed files: what goes in comes out, and nothing that was changed, moved or cut off does."""

from io import BytesIO

import pytest

from tracker.crypto import sealed_files
from tracker.crypto.sealed_files import CHUNK, TAG, Changed, NotSealed, Opener, Sealer, WrongSecret

SECRET = "a secret of the tests, long enough"
TEXT = b"Operation Canary"


def sealed(content: bytes, *, piece: int = 700_000) -> bytes:
    target = BytesIO()
    sealer = Sealer(target, SECRET, {"made": "today"})
    for first in range(0, len(content), piece):
        sealer.write(content[first : first + piece])
    sealer.close()
    return target.getvalue()


def opened(content: bytes, secret: str = SECRET) -> bytes:
    return Opener(BytesIO(content), secret).read()


def body(content: bytes) -> int:
    """Return where the chunks begin."""
    return content.index(b"\n", len(sealed_files.KIND)) + 1


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_goes_in_comes_out(length: int) -> None:
    content = (TEXT * (length // len(TEXT) + 1))[:length]
    assert opened(sealed(content)) == content


def test_it_is_read_in_pieces_of_any_size() -> None:
    content = bytes(range(256)) * 9000
    reader, parts = Opener(BytesIO(sealed(content)), SECRET), []
    while part := reader.read(77_777):
        parts.append(part)
    assert b"".join(parts) == content
    assert {len(part) for part in parts[:-1]} == {77_777}


def test_the_header_may_be_read_and_the_content_not() -> None:
    file = sealed(TEXT)
    assert Opener(BytesIO(file), SECRET).facts["made"] == "today"
    assert TEXT not in file


def test_the_same_content_is_never_sealed_alike() -> None:
    assert sealed(TEXT)[-20:] != sealed(TEXT)[-20:]


def test_another_secret_is_told_from_a_changed_file() -> None:
    with pytest.raises(WrongSecret):
        opened(sealed(TEXT), "x" * 40)


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04 something else", sealed_files.KIND, sealed_files.KIND + b"[]\n"])
def test_another_kind_of_file_is_none_of_ours(file: bytes) -> None:
    with pytest.raises(NotSealed):
        opened(file)


def test_every_changed_byte_is_found() -> None:
    file = sealed(TEXT)
    start = file.index(b"today")
    for place in [start, *range(body(file), len(file))]:
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises(Changed):
            opened(bytes(changed))


@pytest.mark.parametrize("lost", [1, TAG, CHUNK // 2, CHUNK + TAG, 2 * (CHUNK + TAG), 9 * CHUNK])
def test_a_file_that_is_cut_off_is_found(lost: int) -> None:
    file = sealed(b"x" * (2 * CHUNK + 5))
    kept = file[: max(body(file), len(file) - lost)]
    with pytest.raises(Changed):
        opened(kept)


def test_chunks_that_changed_places_are_found() -> None:
    file = sealed(b"x" * CHUNK + b"y" * CHUNK + b"z")
    start, size = body(file), CHUNK + TAG
    first, second, rest = file[start : start + size], file[start + size : start + 2 * size], file[start + 2 * size :]
    with pytest.raises(Changed):
        opened(file[:start] + second + first + rest)


def test_a_chunk_of_another_file_is_found() -> None:
    one, other = sealed(TEXT), sealed(TEXT)
    with pytest.raises(Changed):
        opened(one[: body(one)] + other[body(other) :])
