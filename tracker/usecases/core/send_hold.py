"""A restored copy sends nothing until a person confirms that it is the only one and resumes sending."""

from datetime import datetime
from typing import NamedTuple

from piccolo.querystring import QueryString

from tracker.database import engine, writing
from tracker.errors import NotFound
from tracker.rules.core.viewers import BY_COMMAND, Viewer
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.schema.identity import Session, SignInLink
from tracker.usecases.core import audit, outbox

ONLY_ROW = 1  # id of the only row
_STATE = "SELECT copy_of, backed_up_at, unnamed_proxy_at, set_up_at FROM deployment"


class DeploymentState(NamedTuple):
    """What this deployment knows of itself."""

    copy_of: datetime | None = None
    """The time of the backup this copy was restored from, while sending is on hold; None when it sends."""
    backed_up_at: datetime | None = None
    """When the last backup was made."""
    unnamed_proxy_at: datetime | None = None
    """When a sign-in last came through an unnamed web server; None when the last one had an address."""
    set_up_at: datetime | None = None
    """When a person hid the setup checklist; None while it is shown."""


async def deployment_state() -> DeploymentState:
    """Return all of it, which home and the health checks ask for at once."""
    rows = await engine().run_querystring(QueryString(_STATE))
    return DeploymentState(**rows[0]) if rows else DeploymentState()


async def held_copy() -> datetime | None:
    """Return the time of the backup this copy was restored from, while sending is on hold; None when it sends."""
    return (await deployment_state()).copy_of


async def hold_sending(copy_of: datetime, now: datetime) -> None:
    """Hold sending in this database, restored from a backup of that moment, and end all its sessions and links.

    Access revoked after the backup would be open again; feeds and tokens are closed while the hold lasts.
    """
    async with writing():
        await Deployment.update({Deployment.copy_of: copy_of}).where(Deployment.id == ONLY_ROW)
        await Session.delete(force=True)
        await SignInLink.delete(force=True)
        await audit.record(BY_COMMAND, "backup_restored", "deployment", "", {"copy_of": copy_of.isoformat()}, now)


async def release_sending(viewer: Viewer | None, now: datetime) -> bool:
    """Resume sending and return whether it was on hold; `viewer` is None for the server's operator.

    The lost instance may have sent what waits here, so no change that follows is left out because a waiting message
    says it.
    Errors: NotFound for a viewer who may not manage accounts.
    """
    if viewer is not None and not viewer.manages_accounts:
        raise NotFound
    async with writing():
        copy_of = await held_copy()
        if copy_of is None:
            return False
        await Deployment.update({Deployment.copy_of: None}).where(Deployment.id == ONLY_ROW)
        await outbox.doubt_waiting(now)
        by = viewer.actor if viewer else BY_COMMAND
        await audit.record(by, "resumed_sending", "deployment", "", {"copy_of": copy_of.isoformat()}, now)
    return True
