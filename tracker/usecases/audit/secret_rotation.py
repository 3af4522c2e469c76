"""After the secret was replaced: values in the database are sealed with the new one, and the audit log records it.

Both keys are in use (`keys.use(new, old)`). Values that are only hashed with a key stay and are read with the old key:
recovery codes, links in emails, older entries of the audit log.
"""

from datetime import datetime
from typing import Any

from tracker.crypto import keys
from tracker.database import writing
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.schema.availability import SharedCalendar
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.roster import Member
from tracker.usecases.availability import shared_calendars
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import audit
from tracker.usecases.identity import security_codes

SEALED: tuple[tuple[Any, str, str], ...] = (
    (Member, "totp_sealed", security_codes.PURPOSE),
    (Subscription, "token_sealed", subscriptions.FEED_PURPOSE),
    (SharedCalendar, "address_sealed", shared_calendars.PURPOSE),
)
"""Every column that holds sealed values, each bound to the id of its row, and the purpose of its key."""


async def reseal_everything(now: datetime) -> int:
    """Seal everything with the new secret, so the old one opens nothing in this database; return how many values."""
    async with writing():
        number = sum([await _reseal(*one) for one in SEALED])
        await audit.record(BY_COMMAND, "secret_replaced", "deployment", "", {}, now)
    return number


async def _reseal(table: Any, column: str, purpose: str) -> int:
    """Seal a column again, row by row: each seal differs, and this happens once in years."""
    found = [row for row in await table.select("id", column) if row[column] is not None]
    for row in found:
        bound_to = str(row["id"])
        sealed = keys.seal(keys.named(purpose), keys.unseal(purpose, row[column], bound_to), bound_to)
        await table.update({column: sealed}).where(table.id == row["id"])
    return len(found)
