"""Personas: the people of a demo as whom a visitor signs in by a press, without a password or a code."""

from collections.abc import Collection
from datetime import datetime

from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.identity.accounts import UNKNOWN, Arrival, account_at
from tracker.usecases.identity.sessions import open_session


async def personas(addresses: Collection[str], now: datetime) -> list[Viewer]:
    """Return the people with these email addresses who can sign in now, in the same order."""
    accounts = [await account_at(one) for one in addresses]
    return [await viewer_for(one.member_id, now) for one in accounts if one and one.is_open(now)]


async def sign_in_as(address: str, addresses: Collection[str], now: datetime, arrival: Arrival = UNKNOWN) -> str:
    """Return the token of a new session of one of these people; for demos only.

    Errors: `NotFound` for anyone else; `NotAllowed` when they can't sign in now.
    """
    account = await account_at(address) if address in addresses else None
    if account is None:
        raise NotFound
    return await open_session(account, now, arrival, how="persona")
