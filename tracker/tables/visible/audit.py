"""Reading and verifying the audit log, backups."""

from collections.abc import Collection
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres
from tracker.database.queries import sql_list
from tracker.rules.audit.audit_log import AuditFilter
from tracker.rules.audit.verbs import LAW_ENFORCEMENT_ONLY, OPEN_SUBJECTS, AuditSubject, AuditVerb
from tracker.rules.core.viewers import Arm, Viewer
from tracker.tables.schema.events import MARKING
from tracker.tables.visible.core import Row, rows, seen_by

_HEAD = (
    "SELECT t.seq, t.at, t.actor, t.agency, t.source, t.address, t.session, t.request, t.verb, t.subject, t.subject_id,"
    " t.facts, t.hash, e.id AS event,"
    " COALESCE(o.title, e.title) AS event_title, o.original_start, i.reference, i.title AS item_title, i.origin,"
    f" {MARKING},"
    " CASE WHEN i.origin IS NULL AND i.audience IN ({}) THEN 1 ELSE 0 END AS sees_item"
    " FROM audit_entry t"
    " LEFT JOIN message g ON g.id = {}"
    " LEFT JOIN action_item i ON i.id = COALESCE({}, g.item)"
    " LEFT JOIN invitation v ON v.id = {}"
    " LEFT JOIN occurrence o ON o.id = COALESCE({}, i.origin)"
    " LEFT JOIN event e ON e.id = COALESCE({}, o.event, v.event, g.event) AND MAY_SEE(e){}"
)
_TAIL = " WHERE t.at >= {} AND t.at <= {}{} ORDER BY t.at DESC, t.seq DESC LIMIT {} OFFSET {}"
_OPEN = " AND (e.id IS NOT NULL OR t.subject IN ({}) OR (i.id IS NOT NULL AND i.origin IS NULL AND i.audience IN ({})))"
# Older entries have no source columns; the facts of a sign-in hold it, followed by what the browser calls itself.
_FROM_THERE = " AND ({} IN (t.address, t.session) OR t.address = '' AND (t.facts LIKE {} OR t.facts LIKE {}))"
# The cast is in a CASE because PostgreSQL refuses the whole query for one text that is not an id.
_ID = "CASE WHEN t.subject = {} AND LENGTH(t.subject_id) = 36 THEN t.subject_id END"
_ID_POSTGRES = "CASE WHEN t.subject = {} AND LENGTH(t.subject_id) = 36 THEN CAST(t.subject_id AS UUID) END"
_READERS = (
    "SELECT t.actor, t.source, t.at FROM audit_entry t JOIN event e ON e.id = {}"
    " WHERE t.subject = 'event' AND t.subject_id = {} AND t.verb = 'read' AND MAY_SEE(e)"
)
_LATEST_FIRST = " ORDER BY t.at DESC, t.seq DESC"


async def audit_rows(viewer: Viewer, choice: AuditFilter, limit: int) -> list[Row]:
    """Return the rows of the entries that a viewer may know of; `event` is empty when they may not open it."""
    held, _ = seen_by(viewer)
    of_kind = _ID_POSTGRES if is_postgres(engine()) else _ID
    ids = [QueryString(of_kind, kind) for kind in ("message", "item", "invitation", "occurrence", "event")]
    # An entry leads the viewer to its event, but not one of which their arm may not know.
    withheld = QueryString(" AND t.verb NOT IN ({})", _texts(LAW_ENFORCEMENT_ONLY))
    known = QueryString("") if viewer.arm is Arm.LAW_ENFORCEMENT else withheld
    asked = (choice.since, choice.until, _wanted(viewer, choice), limit, choice.skip)
    return await rows(_HEAD, viewer, _TAIL, held, *ids, known, *asked)


def _wanted(viewer: Viewer, choice: AuditFilter) -> QueryString:
    held, _ = seen_by(viewer)
    parts: list[QueryString] = []
    if not viewer.reads_all_audit:
        parts.append(QueryString(_OPEN, _texts(OPEN_SUBJECTS), held))
    if choice.actor_id or choice.only_system:
        parts.append(QueryString(" AND t.actor = {}", str(choice.actor_id or "")))
    if choice.subject_id:
        parts.append(QueryString(" AND t.subject_id = {}", choice.subject_id))
    if choice.via:
        known = [f'%"client": "{choice.via}{end}%' for end in (" ", '"')]
        parts.append(QueryString(_FROM_THERE, choice.via, *known))
    if choice.group:
        verbs = [verb for verb in AuditVerb if choice.group in verb.groups]
        subjects = [subject for subject in AuditSubject if choice.group in subject.groups]
        parts.append(QueryString(" AND (t.verb IN ({}) OR t.subject IN ({}))", _texts(verbs), _texts(subjects)))
    return QueryString("".join(["{}"] * len(parts)), *parts)


def _texts(words: Collection[str]) -> QueryString:
    """Return a list for IN, which must not be empty."""
    held = sorted(words) or [""]
    return sql_list(held)


async def reading_rows(viewer: Viewer, event_id: UUID) -> list[Row]:
    """Return the recorded readings of an event, the latest first; none for viewers who may not see it."""
    return await rows(_READERS, viewer, _LATEST_FIRST, event_id, str(event_id))
