"""Whether people come through a web server that the deployment does not name, so that everyone has its address.

Failed sign-ins are then counted for accounts only, not for networks (`failed_logins`).
"""

from datetime import datetime
from ipaddress import ip_address

from tracker.tables.schema.core.deployment import Deployment
from tracker.usecases.core.send_hold import ONLY
from tracker.usecases.identity.accounts import Arrival


async def note_arrival(arrival: Arrival, now: datetime) -> None:
    """Note a sign-in through an unnamed web server, or forget it after one whose address is known.

    A sign-in at this computer itself says nothing. The caller is inside `writing()`.
    """
    address = arrival.origin.address
    if arrival.is_behind_unnamed_proxy:
        await Deployment.update({Deployment.unnamed_proxy_at: now}).where(Deployment.id == ONLY)
    elif address and not ip_address(address).is_loopback:
        known = Deployment.unnamed_proxy_at.is_not_null()
        await Deployment.update({Deployment.unnamed_proxy_at: None}).where(known)
