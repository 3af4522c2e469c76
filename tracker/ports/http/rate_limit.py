"""How many unknown feed addresses or tokens one network address tried lately; known ones are never counted.

Each process counts for itself, so three of them allow three times as many guesses a minute. Of 2^256 that makes
nobody find one; a row in the database for each guess would let whoever guesses keep the database busy.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

MOST = 20  # tries in one minute from one network address
WINDOW = timedelta(minutes=1)
REMEMBERED = 10_000  # network addresses; a guesser with more of them has 256 bits before him all the same


class Guesses:
    """Counters of this process, forgotten after a minute."""

    def __init__(self) -> None:
        self._counted: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def is_one_too_many(self, client: str, now: datetime) -> bool:
        """Count a guess and say whether it is above the limit of its minute."""
        started, count = self._counted.pop(client, (now, 0))
        if now - started >= WINDOW:
            started, count = now, 0
        self._counted[client] = (started, count + 1)
        if len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
        return count >= MOST
