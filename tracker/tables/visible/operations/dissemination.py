"""What people were shown and sent of an operation, for a viewer who may see it: reads, emails, and printed briefs."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.database.sql_list import sql_list
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.dissemination import Given, Outlet
from tracker.tables.visible.core.rows import Row, rows

_READS = (
    "SELECT t.actor, t.source, t.at, t.facts FROM audit_entry t JOIN event e ON e.id = {}"
    " WHERE t.subject = 'event' AND t.subject_id = {} AND t.verb = 'read' AND MAY_SEE(e)"
)
_EMAILS = (
    "SELECT m.recipient, m.sent_at, m.event_version FROM message m JOIN event e ON e.id = m.event"
    " WHERE m.state = 'sent' AND m.kind IN ({}) AND e.id = {} AND MAY_SEE(e)"
)
_COPIES = (
    "SELECT b.issued_to, b.issued_at, t.facts FROM brief_copy b JOIN occurrence o ON o.id = b.occurrence"
    " JOIN event e ON e.id = o.event"
    " LEFT JOIN audit_entry t ON t.verb = 'brief_printed' AND t.subject_id = {} AND t.at = b.issued_at"
    " WHERE o.id = {} AND MAY_SEE(e)"
)
ABOUT_IT = (
    MessageKind.INVITATION,
    MessageKind.UPDATE,
    MessageKind.CANCELLATION,
    MessageKind.SUBSTITUTE,
    MessageKind.SUBSTITUTE_DECLINED,
    MessageKind.REMINDER,
    MessageKind.NO_REPLY,
)
"""The kinds of email that are about the event itself."""


async def given(viewer: Viewer, event: Event, occurrence_id: UUID) -> list[Given]:
    """Return what was recorded, without names; `occurrence_id` is the date of the operation."""
    kinds = sql_list([one.value for one in ABOUT_IT])
    reads = await rows(_READS, viewer, "", event.id, str(event.id))
    emails = await rows(_EMAILS, viewer, "", kinds, event.id)
    copies = await rows(_COPIES, viewer, "", str(occurrence_id), occurrence_id)
    return [
        *(_read(row) for row in reads if row["actor"]),
        *(_given(row["recipient"], Outlet.EMAIL, row["sent_at"], {"version": row["event_version"]}) for row in emails),
        *(_given(row["issued_to"], Outlet.PRINT, row["issued_at"], _facts(row)) for row in copies),
    ]


def _read(row: Row) -> Given:
    return _given(UUID(row["actor"]), Outlet(row["source"]), row["at"], _facts(row))


def _given(member_id: UUID, outlet: Outlet, at: datetime, facts: Mapping[str, Any]) -> Given:
    return Given(
        member_id=member_id,
        person="",
        outlet=outlet,
        at=at,
        version=facts.get("version"),
        plan_version=facts.get("plan_version"),
    )


def _facts(row: Row) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(row["facts"]) if row["facts"] else {}
    return found
