"""Addresses that read replies: one for each invitation, made and read back with a key, and stored nowhere.

`reply+TOKEN@host`: the token is the invitation's id and 128 bits of its HMAC-SHA-256, in base32, because mail servers
may change the case of a local part. Its 52 letters leave 11 characters for the mailbox (RFC 5321 §4.5.3.1.1: 64).
"""

import base64
import hmac
from collections.abc import Sequence
from uuid import UUID

ID = 16  # bytes of a UUID
MAC = 16  # bytes: 128 bits
TOKEN = 52  # characters
LONGEST_MAILBOX = 64 - TOKEN - 1  # characters before the plus sign
_PURPOSE = b"tracker.reply_address"


class ReplyAddresses:
    """Makes addresses with the first key and reads those of every key; `mailbox` is an address like reply@host."""

    def __init__(self, mailbox: str, keys: Sequence[bytes]) -> None:
        self._name, _, self._host = mailbox.lower().rpartition("@")
        self._keys = keys

    def of(self, invitation_id: UUID) -> str:
        """Return the address that reads replies to one invitation."""
        token = _letters(invitation_id.bytes + _mac(self._keys[0], invitation_id.bytes))
        return f"{self._name}+{token}@{self._host}"

    def is_ours(self, address: str) -> bool:
        """Return whether an address is the mailbox, with any token or none: a stranger learns nothing from it."""
        local, _, host = address.lower().rpartition("@")
        return (local.partition("+")[0], host) == (self._name, self._host)

    def read(self, address: str) -> UUID | None:
        """Return the invitation of an address; None for every other one, however close it is."""
        token = address.lower().rpartition("@")[0].partition("+")[2]
        if not self.is_ours(address) or len(token) != TOKEN:
            return None
        try:
            raw = base64.b32decode(token.upper() + "=" * (-TOKEN % 8))
        except ValueError:
            return None
        known = (_mac(key, raw[:ID]) for key in self._keys)
        is_ours = _letters(raw) == token and any(hmac.compare_digest(raw[ID:], mac) for mac in known)
        return UUID(bytes=raw[:ID]) if is_ours else None  # base32 has several spellings of the last character


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _mac(key: bytes, raw: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + raw, "sha256")[:MAC]
