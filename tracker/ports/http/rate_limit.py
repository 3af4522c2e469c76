"""Counts unknown feed addresses and tokens from one network address; known ones are never counted.

Each process counts for itself, so three processes allow three times as many attempts a minute. Out of 2^256 that finds
none, and a database row for each guess would let an attacker keep the database busy.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

MOST = 20  # attempts in one minute from one network address
WINDOW = timedelta(minutes=1)
REMEMBERED = 10_000  # network addresses; an attacker with more of them still has to guess 256 bits


class Guesses:
    """Counters of this process, forgotten after a minute."""

    def __init__(self) -> None:
        self._counted: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def is_one_too_many(self, client: str, now: datetime) -> bool:
        """Count a guess and return whether it is above the limit of its minute."""
        started, count = self._counted.pop(client, (now, 0))
        if now - started >= WINDOW:
            started, count = now, 0
        self._counted[client] = (started, count + 1)
        if len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
        return count >= MOST
