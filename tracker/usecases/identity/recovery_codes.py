"""Recovery codes for a lost phone: ten of 80 bits, each usable once (NIST SP 800-63B-4 §3.1.2).

Only hashes are stored, made with a key that is not in the database, so guessing from a stolen copy is useless.
"""

import base64
import re
import secrets
from datetime import datetime
from uuid import UUID

from tracker.crypto import keys
from tracker.database import writing
from tracker.rules.core.actors import Actor, Origin
from tracker.tables.schema.identity.identity import RecoveryCode
from tracker.usecases.core import audit
from tracker.usecases.identity.accounts import Account

COUNT = 10
BYTES = 10  # random bytes in a code: 16 characters
GROUP = 4  # characters between two hyphens
LOOK_ALIKE = str.maketrans("018", "OIB")  # the alphabet of the codes has no 0, 1, 8, 9 (RFC 4648 §6)


async def renew_codes(member_id: UUID, now: datetime, *, by: Actor) -> list[str]:
    """Replace a member's codes with ten new ones and return them; they cannot be shown again."""
    codes = [_new_code() for _ in range(COUNT)]
    async with writing():
        await forget_codes(member_id)
        await RecoveryCode.insert(
            *(RecoveryCode(id=_hashes(member_id, one)[0], member=member_id, made_at=now, used_at=None) for one in codes)
        )
        await audit.record(by, "recovery_codes_made", "member", member_id, {"codes": COUNT}, now)
    return codes


async def use_recovery_code(account: Account, typed: str, now: datetime) -> bool:
    """Return whether a code is right and unused, and use it up. The caller is inside `writing()`."""
    unused = RecoveryCode.id.is_in(_hashes(account.member_id, typed)) & RecoveryCode.used_at.is_null()
    return bool(await RecoveryCode.update({RecoveryCode.used_at: now}).where(unused).returning(RecoveryCode.id))


async def note_used(account: Account, origin: Origin, now: datetime) -> None:
    """Record that a code was used, and how many are left; the caller is inside `writing()`."""
    facts = {"left": await codes_left(account.member_id)}
    await audit.record(account.actor(origin), "recovery_code_used", "member", account.member_id, facts, now)


async def codes_left(member_id: UUID) -> int:
    """Return how many unused codes a member has."""
    mine = (RecoveryCode.member == member_id) & RecoveryCode.used_at.is_null()
    left: int = await RecoveryCode.count().where(mine)
    return left


async def forget_codes(member_id: UUID) -> None:
    """Delete a member's codes, used or not; the caller is inside `writing()`."""
    await RecoveryCode.delete().where(RecoveryCode.member == member_id)


def _new_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(BYTES)).decode("ascii")
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def _hashes(member_id: UUID, typed: str) -> list[str]:
    """Return the hashes under which a code may be stored: with today's key, then with earlier ones."""
    letters = re.sub(r"[\s-]", "", typed).upper().translate(LOOK_ALIKE)
    return [keys.mac(one, f"{member_id} {letters}") for one in keys.every("recovery code")]
