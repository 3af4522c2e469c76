"""Service-readiness notices: as their recipients have them, and as the people of the operation see them.

The two readers have nothing in common but the table. A recipient's reads only notices that were released to them, and
doesn't know of operations. A plan names confidential sites for off-site services by their public names alone.
"""

from typing import Any
from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.readiness import LedNotice, Minors, Notice, NoticeRecipient, NoticeState, NoticeText
from tracker.rules.roster.confidential_sites import PublicSite
from tracker.tables.visible.core.rows import Row, rows

_NOTICES = (
    "SELECT n.id, n.state, n.starts_at, n.ends_at, n.fewest, n.most, n.languages, n.minors, n.needs, n.place,"
    " n.contact, n.release_at, n.released_at FROM operation_readiness r JOIN readiness_notice n ON n.id = r.notice"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_CURRENT_FIRST = (
    " AND p.event = {} ORDER BY CASE WHEN n.state IN ('stood_down', 'closed') THEN 1 ELSE 0 END, r.made_at DESC, r.id"
)
_RECIPIENTS = (
    "SELECT t.notice, t.member, m.name, g.code, t.acknowledged_at FROM operation_readiness r"
    " JOIN readiness_recipient t ON t.notice = r.notice JOIN member m ON m.id = t.member"
    " JOIN agency g ON g.id = m.agency JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " WHERE MAY_SEE(e)"
)

_GIVEN = (
    "SELECT n.id, n.uid, n.state, n.starts_at, n.ends_at, n.fewest, n.most, n.languages, n.minors, n.needs, n.place,"
    " n.contact, n.released_at, n.changed_at, n.sequence, t.acknowledged_at FROM readiness_recipient t"
    " JOIN readiness_notice n ON n.id = t.notice WHERE IS_GIVEN(t) AND n.released_at IS NOT NULL"
)


async def notices_of(viewer: Viewer, event: Event) -> list[LedNotice]:
    """Return the notices of an operation that the viewer may see: the current one first, then the latest."""
    found = await rows(_NOTICES, viewer, _CURRENT_FIRST, event.id)
    recipients: dict[UUID, list[NoticeRecipient]] = {row["id"]: [] for row in found}
    for row in await rows(_RECIPIENTS, viewer, " AND p.event = {} ORDER BY g.code, m.name, m.id", event.id):
        recipients[row["notice"]].append(
            NoticeRecipient(
                id=row["member"], name=row["name"], agency=row["code"], acknowledged_at=row["acknowledged_at"]
            )
        )
    return [
        LedNotice(
            id=row["id"],
            text=_text(row),
            state=NoticeState(row["state"]),
            release_at=row["release_at"],
            released_at=row["released_at"],
            recipients=tuple(recipients[row["id"]]),
        )
        for row in found
    ]


async def given_notice(viewer: Viewer, notice_id: UUID) -> Notice | None:
    """Return a notice that was released to the viewer; None for any other, and before its release."""
    return next(iter(await _given(viewer, " AND n.id = {}", notice_id)), None)


async def given_notices(viewer: Viewer) -> list[Notice]:
    """Return the notices that were released to the viewer, by their window."""
    return await _given(viewer, " ORDER BY n.starts_at")


async def _given(viewer: Viewer, which: str, *arguments: Any) -> list[Notice]:
    return [
        Notice(
            id=row["id"],
            uid=row["uid"],
            text=_text(row),
            state=NoticeState(row["state"]),
            released_at=row["released_at"],
            changed_at=row["changed_at"],
            sequence=row["sequence"],
            acknowledged_at=row["acknowledged_at"],
        )
        for row in await rows(_GIVEN, viewer, which, *arguments)
    ]


def _text(row: Row) -> NoticeText:
    return NoticeText(
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        fewest=row["fewest"],
        most=row["most"],
        languages=row["languages"],
        minors=Minors(row["minors"]),
        needs=row["needs"],
        place=row["place"],
        contact=row["contact"],
    )


_OFF_SITE = (
    "SELECT s.id, s.name, g.code FROM operation_off_site o JOIN confidential_site s ON s.id = o.site"
    " JOIN agency g ON g.id = s.agency JOIN operation_plan p ON p.id = o.plan JOIN event e ON e.id = p.event"
    " WHERE MAY_SEE(e)"
)


async def off_site_places(viewer: Viewer, event: Event) -> list[PublicSite]:
    """Return where an operation has off-site services, by public name."""
    found = await rows(_OFF_SITE, viewer, " AND p.event = {} ORDER BY s.name", event.id)
    return [PublicSite(id=row["id"], name=row["name"], agency=row["code"]) for row in found]
