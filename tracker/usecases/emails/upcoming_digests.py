"""Upcoming weekly digests, as they would go out if nothing changed: computed when viewed, never stored."""

from datetime import date, datetime

from msgspec import Struct

from tracker.database import all_together, together
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.digest import mondays_ahead
from tracker.tables.background.emails import email_pauses
from tracker.usecases.emails.digest import sent_at, week_of
from tracker.usecases.emails.preferences import wishes_of


class PlannedDigest(Struct, frozen=True, kw_only=True):
    """A weekly digest that its reader will get."""

    at: datetime
    monday: date

    @property
    def kind(self) -> MessageKind:
        """Return the kind that people filter by."""
        return MessageKind.DIGEST


async def own_digests(viewer: Viewer, until: datetime, now: datetime, zone: str) -> list[PlannedDigest]:
    """Return the viewer's own digests in (now, until], soonest first; only they may know of them.

    A week that will have nothing to report has none. `zone` is the task force's.
    """
    wishes, paused = await together(wishes_of([viewer.member_id]), email_pauses.paused())
    chosen = wishes.of_member.get(viewer.member_id)
    if not (chosen and chosen.digest) or viewer.member_id in paused:
        return []
    ahead = [
        PlannedDigest(at=sent_at(viewer.member_id, at, wishes), monday=monday)
        for monday, at in mondays_ahead(now, until, viewer.zone)
    ]
    weeks = await all_together(
        [week_of(viewer, planned_digest.monday, planned_digest.at, zone) for planned_digest in ahead]
    )
    return [
        planned_digest
        for planned_digest, week in zip(ahead, weeks, strict=True)
        if planned_digest.at <= until and not week.is_empty
    ]
