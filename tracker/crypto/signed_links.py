"""Signed links and reply addresses: what an email may open or answer without an account.

Pure; the owner of the key makes them and reads them back, and nothing is stored.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from itsdangerous import BadSignature, Signer

from tracker.errors import NotFound

ID = 16  # bytes of a UUID
REMEMBERED = 64  # tokens: the three reply buttons of an email have the same
LONGEST = 200  # characters; ours have 86 or 87


class ReplyLink(NamedTuple):
    """Replies to one invitation: for one date, or for the series when `occurrence_id` is None."""

    invitation_id: UUID
    occurrence_id: UUID | None


class ItemLink(NamedTuple):
    """Updates one action item while this member owns it."""

    item_id: UUID
    owner_id: UUID


class PollLink(NamedTuple):
    """Replies to one date poll, as this member."""

    poll_id: UUID
    member_id: UUID


class Links:
    """Makes tokens with the first key and reads those of every key; a token works only for its own purpose."""

    def __init__(self, *keys: bytes) -> None:
        self._reply = _signers(keys, "reply")
        self._item = _signers(keys, "item")
        self._poll = _signers(keys, "poll")
        self._digest = _signers(keys, "digest")
        self._invitation = _signers(keys, "invitation")
        self._undo = _signers(keys, "undo")
        self._address = _signers(keys, "address")

    def reply(self, invitation_id: UUID, occurrence_id: UUID | None = None) -> str:
        """Return the token of a reply page."""
        return _signed(self._reply, invitation_id, *([occurrence_id] if occurrence_id else []))

    def item(self, item_id: UUID, owner_id: UUID) -> str:
        """Return the token of an item's update page."""
        return _signed(self._item, item_id, owner_id)

    def poll(self, poll_id: UUID, member_id: UUID) -> str:
        """Return the token of a person's page of a date poll."""
        return _signed(self._poll, poll_id, member_id)

    def digest(self, member_id: UUID) -> str:
        """Return the token that stops a member's weekly digest."""
        return _signed(self._digest, member_id)

    def invitation(self, member_id: UUID, link_id: UUID) -> str:
        """Return the token of an emailed sign-in link: only its hash is stored; each send attempt computes it again."""
        return _signed(self._invitation, member_id, link_id)

    def undo(self, words_id: UUID) -> str:
        """Return the token that undoes what an email changed."""
        return _signed(self._undo, words_id)

    def address(self, alias_id: UUID) -> str:
        """Return the token that confirms a further address of a member."""
        return _signed(self._address, alias_id)

    def read_address(self, token: str) -> UUID:
        """Return the address that a token confirms. Errors: NotFound for anything else."""
        return _read(self._address, token)[0]

    def read_undo(self, token: str) -> UUID:
        """Return the email whose change a token undoes. Errors: NotFound for anything else."""
        return _read(self._undo, token)[0]

    def read_reply(self, token: str) -> ReplyLink:
        """Return the contents of a reply token. Errors: NotFound for anything else."""
        ids = _read(self._reply, token)
        return ReplyLink(ids[0], ids[1] if len(ids) > 1 else None)

    def read_item(self, token: str) -> ItemLink:
        """Return the contents of an item's token. Errors: NotFound for anything else."""
        return ItemLink(*_read(self._item, token))

    def read_poll(self, token: str) -> PollLink:
        """Return the contents of a poll's token. Errors: NotFound for anything else."""
        return PollLink(*_read(self._poll, token))

    def read_digest(self, token: str) -> UUID:
        """Return the member whose digest a token stops. Errors: NotFound for anything else."""
        return _read(self._digest, token)[0]


def _signers(keys: Sequence[bytes], purpose: str) -> tuple[Signer, ...]:
    # By default, itsdangerous signs with SHA-1 and derives its key by joining strings.
    salt = f"tracker.links.{purpose}"
    return tuple(Signer(key, salt=salt, key_derivation="hmac", digest_method=sha256) for key in keys)


@lru_cache(REMEMBERED)
def _signed(signers: tuple[Signer, ...], *ids: UUID) -> str:
    payload = b"".join(row_id.bytes for row_id in ids)
    return signers[0].sign(base64.urlsafe_b64encode(payload).rstrip(b"=")).decode("ascii")


def _read(signers: Sequence[Signer], token: str) -> list[UUID]:
    try:
        sent = token.encode("ascii") if len(token) <= LONGEST else b""
        letters = next(payload for signer in signers if (payload := _link_letters(signer, sent)))
        payload = base64.urlsafe_b64decode(letters + b"=" * (-len(letters) % 4))
    except (StopIteration, UnicodeEncodeError, binascii.Error) as odd:
        raise NotFound from odd
    return [UUID(bytes=payload[start : start + ID]) for start in range(0, len(payload), ID)]


def _link_letters(signer: Signer, token: bytes) -> bytes:
    """Return the content of a token; empty when this signer did not write it, or wrote it in another spelling."""
    try:
        letters = signer.unsign(token)
    except BadSignature:
        return b""
    return letters if signer.sign(letters) == token else b""  # base64 has several spellings of the same signature


ID_LENGTH = 16  # bytes of a UUID
MAC = 16  # bytes: 128 bits
TOKEN = 52  # characters
LONGEST_MAILBOX = 64 - TOKEN - 1  # characters before the plus sign
_INVITATION, _MESSAGE = b"tracker.reply_address", b"tracker.reply_address.message"
_BOUNCED = b"tracker.bounce_address.message"


class AddressSubject(NamedTuple):
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

    def read(self, address: str) -> AddressSubject:
        """Return what an address is about; nothing for every address that was not made here, however close it is."""
        raw = _bytes_of(address.lower().rpartition("@")[0].partition("+")[2]) if self.is_ours(address) else b""
        return AddressSubject(*(self._read(purpose, raw) for purpose in (_INVITATION, _MESSAGE, _BOUNCED)))

    def _made(self, purpose: bytes, subject: UUID) -> str:
        token = _address_letters(subject.bytes + _mac(self._keys[0], purpose, subject.bytes))
        return f"{self._name}+{token}@{self._host}"

    def _read(self, purpose: bytes, raw: bytes) -> UUID | None:
        known = (_mac(key, purpose, raw[:ID_LENGTH]) for key in self._keys)
        return UUID(bytes=raw[:ID_LENGTH]) if any(hmac.compare_digest(raw[ID_LENGTH:], mac) for mac in known) else None


def _bytes_of(token: str) -> bytes:
    """Return the bytes that a token spells, or none; base32 has several spellings of the last character."""
    try:
        raw = base64.b32decode(token.upper() + "=" * (-TOKEN % 8)) if len(token) == TOKEN else b""
    except ValueError:
        return b""
    return raw if _address_letters(raw) == token else b""


def _address_letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _mac(key: bytes, purpose: bytes, raw: bytes) -> bytes:
    return hmac.digest(key, purpose + raw, "sha256")[:MAC]
