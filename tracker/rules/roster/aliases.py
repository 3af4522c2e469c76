"""Further addresses of a person: replies by email from there count as theirs, and nothing is sent there.

What people are shown never says whether someone else has an address: one that is another's looks like one whose link
no one used.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.roster.directory import EMAIL_HINT, is_email

LINK_WORKS_FOR = timedelta(hours=1)
UNDO_FOR = timedelta(seconds=60)
"""How long the removal of an address can be undone."""
FORGOTTEN_AFTER = timedelta(days=7)
"""When an address is deleted that was removed or not confirmed."""
MOST = 5
"""Addresses of one person."""
MOST_AN_HOUR = 5
"""Links that one person can have sent in an hour: anyone could be annoyed by them."""
LONGEST = 254  # characters
OWN = "This is already your account’s address."
TWICE = "You’ve already added this address."
FULL = f"You can add up to {MOST} addresses. Remove one first."
TOO_MANY = "You’ve asked for too many links. Try again in an hour."


class Alias(Struct, frozen=True, kw_only=True):
    """An address as its owner sees it."""

    id: UUID
    address: str
    added_at: datetime
    is_confirmed: bool

    def is_waiting(self, now: datetime) -> bool:
        """Return whether its link still works."""
        return not self.is_confirmed and now < self.added_at + LINK_WORKS_FOR


def check_alias(address: str, own: str, aliases: list[Alias], asked_lately: int) -> None:
    """Raise `Invalid(address)` unless a person may add an address; its other owners play no part."""
    if not is_email(address) or len(address) > LONGEST:
        raise Invalid(address=EMAIL_HINT)
    if address == own:
        raise Invalid(address=OWN)
    if any(alias.address == address and alias.is_confirmed for alias in aliases):
        raise Invalid(address=TWICE)
    if len([alias for alias in aliases if alias.address != address]) >= MOST:
        raise Invalid(address=FULL)
    if asked_lately >= MOST_AN_HOUR:
        raise Invalid(address=TOO_MANY)
