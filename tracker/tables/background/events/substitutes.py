"""Who comes in whose place, read from the answers: an answer that counts may name somebody who stands in."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.events.replies import Answer, AnswerValue, effective

STANDS_IN = (
    "EXISTS (SELECT 1 FROM invitation p JOIN answer s ON s.invitation = p.id WHERE p.event = e.id"
    " AND p.withdrawn_at IS NULL AND s.stand_in = {} AND NOT EXISTS (SELECT 1 FROM answer n WHERE n.invitation = p.id"
    " AND (n.occurrence = s.occurrence OR (n.occurrence IS NULL AND s.occurrence IS NULL))"
    " AND n.answered_at > s.answered_at))"
)
"""Whether a member stands in for somebody on some date of the event `e`."""
_ANSWERS = (
    "SELECT i.event, i.id, i.member, m.name, g.code, a.occurrence, a.answer, a.stand_in, a.sequence, a.answered_at"
    " FROM invitation i JOIN answer a ON a.invitation = i.id JOIN member m ON m.id = i.member"
    " JOIN agency g ON g.id = m.agency WHERE i.withdrawn_at IS NULL AND i.event IN ({})"
    " AND EXISTS (SELECT 1 FROM answer s WHERE s.invitation = i.id AND s.stand_in IS NOT NULL) ORDER BY i.id"
)


class Principal(NamedTuple):
    """Somebody invited who has named a stand-in at some time, with everything that they answered."""

    event_id: UUID
    invitation_id: UUID
    name: str
    """With the agency."""
    answers: list[Answer]

    def stand_in(self, occurrence_id: UUID) -> UUID | None:
        """Return who comes instead on a date, if anybody does."""
        counts = effective(self.answers, occurrence_id)
        return counts.stand_in_id if counts else None

    @property
    def scopes(self) -> set[UUID]:
        """Return the dates that were answered on their own: an alternate is sent to one date."""
        return {one.occurrence_id for one in self.answers if one.occurrence_id}


async def principals(event_ids: Iterable[UUID]) -> list[Principal]:
    """Return who has ever named a stand-in at these events, and is still invited."""
    wanted = sorted(set(event_ids))
    if not wanted:
        return []
    among = QueryString(", ".join(["{}"] * len(wanted)), *wanted)
    found: dict[UUID, Principal] = {}
    for row in await engine().run_querystring(QueryString(_ANSWERS, among)):
        name = f"{row['name']} ({row['code']})"
        principal = found.setdefault(row["id"], Principal(row["event"], row["id"], name, []))
        principal.answers.append(Answer(
            occurrence_id=row["occurrence"], value=AnswerValue(row["answer"]), comment="", source="",
            sequence=row["sequence"], answered_at=row["answered_at"], stand_in_id=row["stand_in"],
        ))  # fmt: skip
    return list(found.values())


async def still_there(occurrence_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those of some dates that are in their series."""
    wanted = sorted(set(occurrence_ids))
    if not wanted:
        return frozenset()
    among = QueryString(", ".join(["{}"] * len(wanted)), *wanted)
    found = await engine().run_querystring(QueryString("SELECT o.id FROM occurrence o WHERE o.id IN ({})", among))
    return frozenset(row["id"] for row in found)
