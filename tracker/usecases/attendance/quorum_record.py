"""Recording the quorum when attendance is closed, inside that transaction."""

from collections.abc import Container
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.crypto import ids
from tracker.rules.events.event import Occurrence
from tracker.tables.schema.attendance.quorum import QuorumRecord, QuorumSeat
from tracker.usecases.roster.quorum import quorum_today


async def record_quorum(occurrence: Occurrence, present: Container[UUID], now: datetime) -> None:
    """Record how the seats of the committee that met were filled; it replaces the record of an earlier closing.

    A committee without seats, or without a quorum rule, leaves no record.
    """
    replaced: dict[Any, Any] = {QuorumRecord.replaced_at: now}
    earlier = (QuorumRecord.occurrence == occurrence.id) & QuorumRecord.replaced_at.is_null()
    await QuorumRecord.update(replaced).where(earlier)
    quorum = await quorum_today(occurrence.event.committee_id)
    if quorum is None or not quorum.seats:
        return
    record = QuorumRecord(
        id=ids.new_id(),
        occurrence=occurrence.id,
        committee=occurrence.event.committee_id,
        needed=quorum.rule.seats,
        both_arms=quorum.rule.both_arms,
        recorded_at=now,
    )
    await QuorumRecord.insert(record)
    filled = quorum.filled(present)
    await QuorumSeat.insert(
        *(
            QuorumSeat(id=ids.new_id(), record=record.id, agency=one.agency_id, arm=one.arm, is_filled=one in filled)
            for one in quorum.seats
        )
    )
