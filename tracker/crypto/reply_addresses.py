"""Addresses of one mailbox, for each invitation and each message, made and read back with a key, and stored nowhere.

An invitation's address reads what calendar programs send. A message has two: one reads what a person writes back to it,
the other what mail servers say when it comes back.

`reply+TOKEN@host`: the token is the id and 128 bits of its HMAC-SHA-256, in base32, because mail servers
may change the case of a local part. Its 52 letters leave 11 characters for the mailbox (RFC 5321 §4.5.3.1.1: 64).
"""

import base64
import hmac
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

ID = 16  # bytes of a UUID
MAC = 16  # bytes: 128 bits
TOKEN = 52  # characters
LONGEST_MAILBOX = 64 - TOKEN - 1  # characters before the plus sign
_INVITATION, _MESSAGE = b"tracker.reply_address", b"tracker.reply_address.message"
_BOUNCED = b"tracker.bounce_address.message"


class Subject(NamedTuple):
    """What an address is about: at most one of these."""

    invitation_id: UUID | None
    """The invitation whose replies it reads."""
    message_id: UUID | None
    """The message to which it reads what its recipient writes back."""
    bounced_id: UUID | None
    """The message whose bounces it reads."""


class ReplyAddresses:
    """Makes addresses with the first key and reads those of every key; `mailbox` is an address like reply@host."""

    def __init__(self, mailbox: str, keys: Sequence[bytes]) -> None:
        self._name, _, self._host = mailbox.lower().rpartition("@")
        self._keys = keys

    def of(self, invitation_id: UUID) -> str:
        """Return the address that reads replies to one invitation."""
        return self._made(_INVITATION, invitation_id)

    def of_message(self, message_id: UUID) -> str:
        """Return the address that reads what its recipient replies to one message."""
        return self._made(_MESSAGE, message_id)

    def of_bounced(self, message_id: UUID) -> str:
        """Return the address that reads the bounces of one message: the sender on its envelope."""
        return self._made(_BOUNCED, message_id)

    def is_ours(self, address: str) -> bool:
        """Return whether an address is the mailbox, with any token or none: a stranger learns nothing from it."""
        local, _, host = address.lower().rpartition("@")
        return (local.partition("+")[0], host) == (self._name, self._host)

    def read(self, address: str) -> Subject:
        """Return what an address is about; nothing for every address that was not made here, however close it is."""
        raw = _bytes_of(address.lower().rpartition("@")[0].partition("+")[2]) if self.is_ours(address) else b""
        return Subject(*(self._read(purpose, raw) for purpose in (_INVITATION, _MESSAGE, _BOUNCED)))

    def _made(self, purpose: bytes, subject: UUID) -> str:
        token = _letters(subject.bytes + _mac(self._keys[0], purpose, subject.bytes))
        return f"{self._name}+{token}@{self._host}"

    def _read(self, purpose: bytes, raw: bytes) -> UUID | None:
        known = (_mac(key, purpose, raw[:ID]) for key in self._keys)
        return UUID(bytes=raw[:ID]) if any(hmac.compare_digest(raw[ID:], mac) for mac in known) else None


def _bytes_of(token: str) -> bytes:
    """Return the bytes that a token spells, or none; base32 has several spellings of the last character."""
    try:
        raw = base64.b32decode(token.upper() + "=" * (-TOKEN % 8)) if len(token) == TOKEN else b""
    except ValueError:
        return b""
    return raw if _letters(raw) == token else b""


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _mac(key: bytes, purpose: bytes, raw: bytes) -> bytes:
    return hmac.digest(key, purpose + raw, "sha256")[:MAC]
