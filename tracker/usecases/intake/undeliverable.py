"""People whose email can't be delivered: who they are, why, and sending to them again."""

from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine, writing
from tracker.errors import Conflict, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.intake.bounces import COUNTED_FOR
from tracker.rules.intake.undeliverable import PausedPerson, ReturnedEmail, Undeliverable
from tracker.tables.background.intake import bounces as known
from tracker.tables.schema.intake.bounces import EmailPause
from tracker.tables.visible.intake import bounces
from tracker.usecases.core import audit
from tracker.usecases.roster import directory

_PAUSED = (
    "SELECT p.member, r.name, g.code FROM email_pause p"
    " JOIN member r ON r.id = p.member AND r.email = p.address JOIN agency g ON g.id = r.agency"
    " WHERE p.restored_at IS NULL AND r.status <> 'departed' ORDER BY r.name, r.id"
)
_PAUSE = (
    "SELECT p.id, p.paused_at FROM email_pause p JOIN member r ON r.id = p.member AND r.email = p.address"
    " WHERE p.restored_at IS NULL AND r.id = {}"
)
RESUMED = "Sending to this address isn’t paused."


async def paused_people(viewer: Viewer) -> list[PausedPerson]:
    """Return the people to whom nothing is sent, by name; none for viewers who may not manage accounts."""
    if not viewer.manages_accounts:
        return []
    found = await engine().run_querystring(QueryString(_PAUSED))
    return [PausedPerson(member_id=row["member"], name=row["name"], agency=row["code"]) for row in found]


async def number_paused() -> int:
    """Return to how many people nothing is sent."""
    return len(await engine().run_querystring(QueryString(_PAUSED)))


async def of_person(viewer: Viewer, member_id: UUID, now: datetime) -> Undeliverable | None:
    """Return what came back from a person's address within 90 days.

    Only those who manage accounts, and the person, may know: others would learn that there were emails. Errors:
    NotFound.
    """
    if not (viewer.manages_accounts or viewer.member_id == member_id):
        return None
    person = await directory.person(viewer, member_id)
    returned = await known.returned(member_id, now - COUNTED_FOR)
    said = await bounces.said(viewer, member_id)
    pause = await _pause(member_id)
    return Undeliverable(
        address=person.email,
        paused_at=pause[1] if pause else None,
        returned=tuple(
            ReturnedEmail(
                at=one.at,
                fate=one.fate,
                cause=one.cause,
                is_counted=one.is_counted,
                message_id=one.message_id if one.message_id in said else None,
                said=said.get(one.message_id, ""),
            )
            for one in returned
        ),
    )


async def restore(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Send to a person's address again; what wasn't sent meanwhile stays unsent, for people to send again.

    Errors: NotFound, also for viewers who may not manage accounts, Conflict when nothing is paused.
    """
    if not viewer.manages_accounts:
        raise NotFound
    async with writing():
        await directory.person(viewer, member_id)
        pause = await _pause(member_id)
        if pause is None:
            raise Conflict(RESUMED)
        await EmailPause.update({EmailPause.restored_at: now}).where(EmailPause.id == pause[0])
        await audit.record(viewer.actor, "email_resumed", "member", member_id, {}, now)


async def _pause(member_id: UUID) -> tuple[UUID, datetime] | None:
    """Return the pause of the address that a person has now, and since when it holds."""
    found = await engine().run_querystring(QueryString(_PAUSE, member_id))
    return (found[0]["id"], found[0]["paused_at"]) if found else None
