"""The message that gathers all that one person hears of action items on one day."""

from datetime import date
from uuid import UUID

from tracker.rules.core.tagged_message import Tagged


class ItemsOfDay(Tagged, frozen=True, kw_only=True, tag="items_of_day"):
    """All that a person hears of action items on a day: of their own, and of others that reached them.

    What that is is read when the email is sent. It covers the days from `since` on, whose emails were not sent.
    """

    day: date
    since: date
    is_late: bool = False
    reached: tuple[UUID, ...] = ()
    """The items of other people that had reached its reader when it was planned; once sent, those that it says."""
