"""The people that a visitor can be; for five of them, one-time sign-in links, addresses of feeds, and tokens."""

from datetime import datetime, timedelta

from msgspec import Struct

from tracker.demo.cast import BEHIND_THE_SCENES, address
from tracker.errors import NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.identity import api_tokens
from tracker.usecases.identity.one_time_links import issue_link
from tracker.usecases.identity.sign_in_attempts import account_at

LIFETIME = timedelta(hours=24)
FEED = "Phone"
PROGRAM = "Demo"
PERSONAS = {
    "coordinator": "Coordinator",
    "fbi_lead": "FBI operation lead",
    "kcpd_detective": "KCPD detective",
    "caht_lead": "CAHT lead",
    "advocate": "NGO advocate",
}
"""The description of each of the five, by their key in the cast."""
OFFERED = tuple(map(address, (*PERSONAS, *BEHIND_THE_SCENES)))
"""The email addresses of the people on the sign-in page, in its order."""


class Persona(Struct, frozen=True, kw_only=True):
    """One persona, as `demo.json` lists it."""

    name: str
    email: str
    role: str
    arm: str
    agency: str
    sign_in_url: str
    feed_url: str
    api_token: str


async def personas(base_url: str, now: datetime) -> list[Persona]:
    """Return all five with new links, valid once and for 24 hours, and new tokens; missing feeds are made."""
    return [await _persona(key, role, base_url, now) for key, role in PERSONAS.items()]


async def _persona(key: str, role: str, base_url: str, now: datetime) -> Persona:
    account = await account_at(address(key))
    if account is None:
        raise NotFound(f"This isn't a demo: no one has the address {address(key)}.")
    viewer = await viewer_for(account.member_id, now)
    link = await issue_link(viewer.member_id, now, LIFETIME)
    return Persona(
        name=viewer.name,
        email=viewer.email,
        role=role,
        arm=viewer.arm,
        agency=viewer.agency,
        sign_in_url=f"{base_url}/sign-in/link/{link}",
        feed_url=f"{base_url}/feeds/{await _feed(viewer, now)}.ics",
        api_token=await _token(viewer, now),
    )


async def _feed(viewer: Viewer, now: datetime) -> str:
    known = await subscriptions.feed_tokens(viewer, now, now)
    return (
        next(iter(known.values()), None)
        or (await subscriptions.create_subscription(viewer, FEED, FeedScope.ALL, now, shows_operations=False))[1]
    )


async def _token(viewer: Viewer, now: datetime) -> str:
    """Return a new token with all scopes, replacing that of an earlier start: only its hash was kept."""
    for old in await api_tokens.api_tokens_of(viewer, now):
        if old.name == PROGRAM:
            await api_tokens.revoke_token_of(viewer, old.id, now)
    return await api_tokens.create_token(viewer, PROGRAM, frozenset(ApiScope), now)
