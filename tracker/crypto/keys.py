"""Keys for each purpose, derived from the one secret of the settings, and the seals and tokens made with them.

`use(secret)` is called once when a process starts; from then on `named(purpose)` returns the key of that purpose.
Values made with an earlier secret can still be read, with `every` key of their purpose, but none is made with it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from contextlib import suppress
from functools import lru_cache
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

LENGTH = 32  # bytes of a key
NONCE = 12  # bytes, as AES-GCM wants them
TOKEN = 32  # bytes of a token that grants access: 256 bits
LONGEST_VALUE = 2_000  # characters of a signed value
Value = TypeVar("Value", bound=Struct)

_secrets: tuple[str, ...] = ()  # today's, then earlier ones


class BrokenSeal(Exception):
    """The value was sealed with another key or for another purpose, or it was changed."""


def use_secret(secret: str, *earlier: str) -> None:
    """Set the secret from which this process derives its keys, and the earlier secrets, the latest first."""
    global _secrets  # noqa: PLW0603 - the secrets of the process, set once at start
    _secrets = (secret, *earlier)


def named(purpose: str) -> bytes:
    """Return the key of one purpose, for example "audit". Errors: `RuntimeError` before `use_secret`."""
    return every(purpose)[0]


def every(purpose: str) -> tuple[bytes, ...]:
    """Return the keys of one purpose: today's, then those of earlier secrets, the latest first."""
    if not _secrets:
        raise RuntimeError("tracker.crypto.keys.use_secret(secret) has not been called in this process.")
    return tuple(key(secret, purpose) for secret in _secrets)


@lru_cache(64)
def key(secret: str, purpose: str) -> bytes:
    """Derive a key of 32 bytes from the secret by HKDF-SHA-256 (RFC 5869); no purpose's key reveals another's."""
    return HKDF(SHA256(), LENGTH, salt=None, info=f"tracker:{purpose}".encode()).derive(secret.encode())


def seal(with_key: bytes, text: str, bound_to: str = "") -> str:
    """Encrypt and authenticate a text (AES-256-GCM, base64url); it opens only with the same `bound_to`."""
    nonce = secrets.token_bytes(NONCE)
    return _letters(nonce + AESGCM(with_key).encrypt(nonce, text.encode(), bound_to.encode()))


def open_sealed(with_key: bytes, sealed: str, bound_to: str = "") -> str:
    """Return the text that was sealed. Errors: `BrokenSeal` for anything else."""
    try:
        raw = base64.b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        return AESGCM(with_key).decrypt(raw[:NONCE], raw[NONCE:], bound_to.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error) as broken:
        raise BrokenSeal from broken


def unseal(purpose: str, sealed: str, bound_to: str = "") -> str:
    """Return a text that was sealed for a purpose, with today's or an earlier secret. Errors: `BrokenSeal`."""
    for with_key in every(purpose)[:-1]:
        with suppress(BrokenSeal):
            return open_sealed(with_key, sealed, bound_to)
    return open_sealed(every(purpose)[-1], sealed, bound_to)


def mac(with_key: bytes, text: str) -> str:
    """Return the HMAC-SHA-256 of a text (base64url, 43 characters)."""
    return _letters(hmac.digest(with_key, text.encode("utf-8", "surrogatepass"), "sha256"))


def sign_value(purpose: str, value: Struct, bound_to: str = "") -> str:
    """Return a value as letters and their HMAC; it is read only with the same `bound_to`."""
    letters = _letters(msgspec.json.encode(value))
    return f"{letters}.{mac(named(purpose), bound_to + letters)}"


def read_value(purpose: str, text: str, kind: type[Value], bound_to: str = "") -> Value | None:
    """Return a value that was signed for a purpose, with today's or an earlier secret; None for anything else."""
    letters, _, seal = text.partition(".") if len(text) <= LONGEST_VALUE else ("", "", "")
    if not letters or not any(same(seal, mac(key, bound_to + letters)) for key in every(purpose)):
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)), type=kind)
    except (msgspec.DecodeError, binascii.Error):  # signed by a release with other fields
        return None


def same(secret: str, other: str) -> bool:
    """Compare two secrets in constant time; any characters are allowed."""
    return hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def new_token() -> str:
    """Return 256 random bits (base64url, 43 characters)."""
    return secrets.token_urlsafe(TOKEN)


def token_hash(token: str) -> str:
    """Return the SHA-256 by which a token is stored and found (hexadecimal); enough for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
