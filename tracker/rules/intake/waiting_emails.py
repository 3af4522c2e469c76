"""Emails that wait for a person's decision, gathered from everything that they may decide about."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from msgspec import Struct

from tracker.rules.events.event import Line
from tracker.rules.intake.item_emails import ItemEmail


class WaitingEmails(Struct, frozen=True, kw_only=True):
    """What waits for one viewer."""

    dates: Sequence[tuple[Line, Sequence[datetime]]]
    """Dates that the viewer may change, soonest first, with when each email came that waits on the page of it."""
    items: Sequence[ItemEmail]
    """Emails about action items; on the page, also those whose decision can be undone."""

    @property
    def came(self) -> tuple[datetime, ...]:
        """Return when each email came that waits."""
        return (
            *chain.from_iterable(at for _, at in self.dates),
            *(one.email.received_at for one in self.items if one.waits),
        )
