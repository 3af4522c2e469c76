"""The one predicate for who may see an event, and the only way from SQL to a reader's rows: queries take a viewer.

An event is visible when one of its audiences is among the viewer's (`rules.core.audiences`); a draft only to its
organizer. Where a reader's SQL says `MAY_SEE(e)`, for its event `e`, `rows` inserts the predicate and its arguments;
SQL without it is refused. For a viewer with another person beside them, it inserts the predicate for both.

Readers of date polls say `MAY_SEE_POLL(e)`: the same, and a draft that has a poll is visible to its audiences too,
which are those of the event that it is to become. Readers of what is given to people one by one say `IS_GIVEN(t)` of
a table `t` of recipients.

Search by words, and the drafts of a person, are read in the same way.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres
from tracker.database.queries import NONE_WANTED, sql_list, wanted_ids
from tracker.rules.core.clean_text import SHORTEST_BEGINNING, other_forms, stands_for_longer
from tracker.rules.core.drafts import DraftForm, DraftVersion, SavedDraft, read_draft
from tracker.rules.core.viewers import Viewer

Row = dict[str, Any]
Shape = TypeVar("Shape", bound=msgspec.Struct)

_AMONG_AUDIENCES = "EXISTS (SELECT 1 FROM event_audience a WHERE a.event = e.id AND a.audience IN ({}))"
_OWN_DRAFT = "(e.status = 'draft' AND e.lead = {})"
_HAS_POLL = "EXISTS (SELECT 1 FROM poll q WHERE q.event = e.id)"
_IS_GIVEN = "IS_GIVEN(t)"
_PREDICATES = {
    "MAY_SEE(e)": f"((e.status <> 'draft' AND {_AMONG_AUDIENCES}) OR {_OWN_DRAFT})",
    "MAY_SEE_POLL(e)": f"(((e.status <> 'draft' OR {_HAS_POLL}) AND {_AMONG_AUDIENCES}) OR {_OWN_DRAFT})",
    _IS_GIVEN: "t.member = {}",
}
"""The marker in a reader's SQL, and the predicate that `rows` puts there; each takes audiences and a member, but the
last one, which takes a member."""


def seen_by(viewer: Viewer) -> tuple[QueryString, UUID]:
    """Return the audiences that the viewer holds, for IN, and the viewer's id.

    With another person beside them, the audiences that both hold: for what has one audience alone, such as an item.
    """
    held = viewer.audiences & viewer.beside.audiences if viewer.beside else viewer.audiences
    return _among(held), viewer.member_id


async def rows(select: str, viewer: Viewer, where: str, *arguments: Any) -> list[Row]:
    """Run `select` + `where`, which contain one of the markers exactly once.

    `arguments` are those of the other placeholders, in their order. With `wanted_ids` among them that are none, there
    is nothing to ask. Errors: ValueError for SQL without a marker.
    """
    if any(argument is NONE_WANTED for argument in arguments):
        return []
    everyone = [viewer, viewer.beside] if viewer.beside else [viewer]
    asking = _asking(select + where, len(everyone))
    held: list[Any] = []
    for person in everyone:
        held += (person.member_id,) if asking.is_given else (_among(person.audiences), person.member_id)
    asked = QueryString(asking.sql, *arguments[: asking.first], *held, *arguments[asking.first :])
    return list(await engine().run_querystring(asked))


async def rows_as(shape: type[Shape], select: str, viewer: Viewer, where: str, *arguments: Any) -> list[Shape]:
    """Return what `rows` returns as values of a struct, whose fields have the names of the columns.

    Enumerations, ids, yes and no, and times are read from what either database gives for them; a column that the struct
    doesn't have is left out. Errors: as `rows`, and msgspec.ValidationError for a row that doesn't fit.
    """
    return msgspec.convert(await rows(select, viewer, where, *arguments), list[shape], strict=False)  # type: ignore[valid-type]  # a type that is given


def with_agency(person: str, agency: str) -> str:
    """Return SQL for a person as pages name them, "Kim Reyes (FBI)", from the aliases of `member` and `agency`.

    NULL without a person.
    """
    return f"{person}.name || ' (' || {agency}.code || ')'"


class _Asking(NamedTuple):
    sql: str
    first: int
    """How many placeholders come before those of the predicate."""
    is_given: bool
    """Whether the predicate asks for the member alone."""


@lru_cache(maxsize=1024)
def _asking(sql: str, viewers: int) -> _Asking:
    """Return SQL with the predicate for so many viewers; a page asks the same every time."""
    marker = next((predicate for predicate in _PREDICATES if predicate in sql), None)
    if marker is None:
        raise ValueError(f"This query does not ask who looks: {sql}")
    before, _, after = sql.partition(marker)
    may_see = " AND ".join([_PREDICATES[marker]] * viewers)
    return _Asking(before + may_see + after, before.count("{}"), marker == _IS_GIVEN)


@lru_cache(maxsize=256)
def _among(audiences: frozenset[str]) -> QueryString:
    """Return audiences for IN, which must not be empty; a page asks for those of its viewer in each of its queries."""
    return sql_list(sorted(audiences) or [""])


NEWEST = 500
"""How many of the latest rows PostgreSQL looks through before it asks its index, which gives them in no order."""

_INDEXES = ("event", "item", "person")
_SQLITE = {of: f"SELECT i.rowid FROM {of}_index i WHERE {of}_index MATCH {{}}" for of in _INDEXES}
_SQLITE_LATEST = {of: f"{sql} ORDER BY i.rowid DESC LIMIT {{}}" for of, sql in _SQLITE.items()}
# A scalar query is evaluated once, not for each row.
_POSTGRES = {
    of: f"SELECT i.rowid FROM {of}_index i WHERE i.words @@ (SELECT CAST(CAST({{}} AS TEXT) AS TSQUERY))"
    for of in _INDEXES
}
# Left to choose, PostgreSQL plans for any words and any limit, reads rows from the highest number down, and so all of
# them for a word that nothing has. By the index alone it would read all that have a common word.
_POSTGRES_LATEST = {
    of: f"""WITH asked AS (SELECT CAST(CAST({{}} AS TEXT) AS TSQUERY) AS words, CAST({{}} AS BIGINT) AS most),
 newest AS MATERIALIZED (SELECT i.rowid, i.words FROM {of}_index i ORDER BY i.rowid DESC LIMIT {NEWEST}),
 near AS MATERIALIZED (SELECT n.rowid FROM newest n WHERE n.words @@ (SELECT words FROM asked)),
 far AS MATERIALIZED (SELECT i.rowid FROM {of}_index i WHERE i.words @@ (SELECT words FROM asked)
 AND (SELECT COUNT(*) FROM near) < (SELECT most FROM asked))
 SELECT f.rowid FROM (SELECT rowid FROM near UNION SELECT rowid FROM far) f
 ORDER BY f.rowid DESC LIMIT (SELECT most FROM asked)"""
    for of in _INDEXES
}


def seen_with_words(of: str, viewer: Viewer, words: Sequence[str], limit: int) -> QueryString:
    """Return the query for the latest rows of `event_index` or `item_index` that the viewer may see and have the words.

    The index itself leaves out what the viewer may not see, before anything is ordered, counted, or read. So it hardly
    costs them time. With another person beside them, both may see it.
    """
    everyone = [viewer, viewer.beside] if viewer.beside else [viewer]
    audiences = [sorted([*viewer.audiences, f"lead:{viewer.member_id}"]) for viewer in everyone]
    return latest_with_words(of, audiences, words, limit)


def latest_with_words(of: str, seen_by: Iterable[Collection[str]], words: Sequence[str], limit: int) -> QueryString:
    """Return the query for the latest rows that have the words, and of each of these audiences one."""
    latest = _POSTGRES_LATEST if is_postgres(engine()) else _SQLITE_LATEST
    return QueryString(latest[of], _index_query(seen_by, words), limit)


def rows_with_words(of: str, words: Sequence[str], shortest: int) -> QueryString:
    """Return the query for all rows that have the words; who may see them is not asked.

    Words with as many letters as `shortest` also stand for longer ones that begin with them.
    """
    every = _POSTGRES if is_postgres(engine()) else _SQLITE
    return QueryString(every[of], _index_query((), words, shortest))


def _index_query(seen_by: Iterable[Collection[str]], words: Sequence[str], shortest: int = SHORTEST_BEGINNING) -> str:
    plain = [["".join(filter(str.isalnum, audience)) for audience in audiences] for audiences in seen_by]
    return _tsquery(words, plain, shortest) if is_postgres(engine()) else _fts5(words, plain, shortest)


def _tsquery(words: Sequence[str], seen_by: Iterable[Iterable[str]], shortest: int) -> str:
    """Return the words in the syntax of PostgreSQL's tsquery; an audience has an @ before it."""
    each = [[f"'@{audience}'" for audience in audiences] for audiences in seen_by]
    for word in words:
        begins = ":*" if stands_for_longer(word, shortest) else ""
        each.append([f"'{word}'{begins}", *(f"'{form}'" for form in sorted(other_forms(word)))])
    return " & ".join(f"({' | '.join(texts)})" for texts in each)


def _fts5(words: Sequence[str], seen_by: Iterable[Iterable[str]], shortest: int) -> str:
    """Return the words in the syntax of SQLite's FTS5."""
    each = ["seen_by : (" + " OR ".join(f'"{audience}"' for audience in audiences) + ")" for audiences in seen_by]
    for word in words:
        begins = "*" if stands_for_longer(word, shortest) else ""
        forms = [f'"{word}"{begins}', *(f'"{form}"' for form in sorted(other_forms(word)))]
        each.append(f"texts : ({' OR '.join(forms)})")
    return " AND ".join(each)


def folded_sql(text: str) -> str:
    """Return the SQL expression `text` in lower case."""
    return f"{'LOWER' if is_postgres(engine()) else 'FOLD'}({text})"


def contains_word(text: str) -> str:
    """Return the condition that the SQL expression `text` contains a word; its placeholder takes a `word_pattern`.

    Or that it begins with it, for a `prefix_pattern`.
    """
    return f"{folded_sql(text)} LIKE {{}} ESCAPE '!'"


def word_pattern(word: str) -> str:
    """Return the word as a LIKE pattern that matches it literally (`q=%` finds a percent sign)."""
    return f"%{prefix_pattern(word)}"


def prefix_pattern(word: str) -> str:
    """Return the same pattern for a text that begins with the word."""
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"


_DRAFT = (
    "SELECT d.id AS id, d.form AS form, d.texts AS texts, d.version AS version, d.saved_at AS saved_at"
    " FROM draft d LEFT JOIN event e ON e.id = d.event"
    " WHERE (d.event IS NULL OR MAY_SEE(e)) AND d.discarded_at IS NULL"
)
_SEEN = "SELECT e.id AS id FROM event e WHERE MAY_SEE(e)"
_OF_DATE = "SELECT e.id AS id FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"


async def own_drafts(viewer: Viewer, subject: str, forms: Collection[DraftForm]) -> dict[DraftForm, SavedDraft]:
    """Return the viewer's drafts of some forms about one thing, unless they were discarded."""
    own = " AND d.member = {} AND d.subject = {} AND d.form IN ({})"
    among = sql_list([form.value for form in forms])
    drafts = {}
    for row in await rows(_DRAFT, viewer, own, viewer.member_id, subject, among):
        saved = DraftVersion(draft_id=row["id"], version=row["version"])
        texts = read_draft(row["texts"])
        drafts[DraftForm(row["form"])] = SavedDraft(texts=texts, saved=saved, saved_at=row["saved_at"])
    return drafts


async def events_seen(viewer: Viewer, event_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these events the viewer may see."""
    return {row["id"] for row in await rows(_SEEN, viewer, " AND e.id IN ({})", wanted_ids(event_ids))}


async def visible_event_of_date(viewer: Viewer, occurrence_id: UUID) -> UUID | None:
    """Return the event of a date, if the viewer may see it."""
    records = await rows(_OF_DATE, viewer, " AND o.id = {}", occurrence_id)
    return next((row["id"] for row in records), None)
