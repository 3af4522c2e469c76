"""Signed links: what an email's button may open without an account. Pure; the owner of the key makes and reads them.

A token names its purpose and nothing else, ends with the event or the item (the use case checks), survives reuse, and
never signs anyone in. The exception is an invitation: that is a one-time link, found by its hash and never read here. A
token that is forged, cut or made for another page gets the same error.
"""

import base64
import binascii
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
    payload = b"".join(one.bytes for one in ids)
    return signers[0].sign(base64.urlsafe_b64encode(payload).rstrip(b"=")).decode("ascii")


def _read(signers: Sequence[Signer], token: str) -> list[UUID]:
    try:
        sent = token.encode("ascii") if len(token) <= LONGEST else b""
        letters = next(found for signer in signers if (found := _letters(signer, sent)))
        payload = base64.urlsafe_b64decode(letters + b"=" * (-len(letters) % 4))
    except (StopIteration, UnicodeEncodeError, binascii.Error) as odd:
        raise NotFound from odd
    return [UUID(bytes=payload[start : start + ID]) for start in range(0, len(payload), ID)]


def _letters(signer: Signer, token: bytes) -> bytes:
    """Return the content of a token; empty when this signer did not write it, or wrote it in another spelling."""
    try:
        letters = signer.unsign(token)
    except BadSignature:
        return b""
    return letters if signer.sign(letters) == token else b""  # base64 has several spellings of the same signature
