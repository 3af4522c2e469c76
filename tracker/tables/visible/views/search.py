"""Events that contain words, among those that the viewer may see; events they may not see are not even counted."""

from collections.abc import Sequence
from datetime import datetime

from piccolo.querystring import QueryString

from tracker.rules.core.viewer import Viewer
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.core.words import contains, pattern

_TEXT = "e.title || ' ' || e.place || ' ' || e.agenda || ' ' || e.description || ' ' || COALESCE(e.reference, '')"
_OWN = "COALESCE(o.title, '') || ' ' || COALESCE(o.place, '') || ' ' || COALESCE(o.agenda, '')"
_ORDER = "r.situation || ' ' || r.mission || ' ' || r.execution || ' ' || r.administration || ' ' || r.command"
_SITES = " FROM operation_site s JOIN operation_plan p ON p.id = s.plan WHERE p.event = e.id"
_ORDERS = (
    " FROM operation_order r JOIN operation_plan p ON p.id = r.plan WHERE p.event = e.id"
    " AND r.version = (SELECT MAX(x.version) FROM operation_order x WHERE x.plan = p.id)"
)
_FOUND = (
    "SELECT e.id AS id, e.title AS title, e.place AS place, e.agenda AS agenda, e.description AS description,"
    " e.kind AS kind, e.visibility AS visibility, e.status AS status, e.zone AS zone, e.is_all_day AS is_all_day,"
    " e.mark_categories AS mark_categories,"
    f" (SELECT {_ORDER}{_ORDERS}) AS orders, (SELECT MIN(s.place){_SITES} AND ({{}})) AS site,"
    " COUNT(d.id) AS dates, MIN(CASE WHEN d.ends_at > {} THEN d.starts_at END) AS next, MAX(d.starts_at) AS last"
    " FROM event e JOIN occurrence d ON d.event = e.id WHERE MAY_SEE(e)"
)
_TAIL = (
    " AND {} GROUP BY e.id"
    " ORDER BY CASE WHEN MAX(d.ends_at) > {} THEN 0 ELSE 1 END, MAX(d.starts_at) DESC, e.id LIMIT {}"
)


async def events(viewer: Viewer, words: Sequence[str], now: datetime, limit: int) -> list[Row]:
    """Return events that contain all the words in their texts, of a date, or of a plan; upcoming ones first.

    A row holds what the list shows of an event, how many `dates` it has, and its `next` (None: over) and `last` start;
    of an operation also the text of its `orders`, and a `site` that contains a word.
    """
    of_date = f"EXISTS (SELECT 1 FROM occurrence o WHERE o.event = e.id AND o.is_changed AND {contains(_OWN)})"
    of_site, of_order = (
        f"EXISTS (SELECT 1{found} AND {contains(text)})" for found, text in ((_SITES, "s.place"), (_ORDERS, _ORDER))
    )
    condition = f"({contains(_TEXT)} OR {of_date} OR {of_site} OR {of_order})"
    every = _each(condition, " AND ", words, texts=4)
    at_site = _each(contains("s.place"), " OR ", words, texts=1)
    found = await rows(_FOUND, viewer, _TAIL, at_site, now, every, now, limit)
    return [{**row, "next": _moment(row["next"]), "last": _moment(row["last"])} for row in found]


def _each(condition: str, joined_by: str, words: Sequence[str], *, texts: int) -> QueryString:
    """Return a condition for each of the words, that looks for it in so many texts."""
    each = [QueryString(condition, *[pattern(word)] * texts) for word in words]
    return QueryString(joined_by.join(["{}"] * len(each)), *each)


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a computed time: SQLite gives it as text, because only columns have a type there."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
