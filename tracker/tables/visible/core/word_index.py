"""Search by words, and the drafts of a person."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres
from tracker.database.queries import sql_list, wanted_ids
from tracker.rules.core.clean_text import SHORTEST_BEGINNING, other_forms, stands_for_longer
from tracker.rules.core.drafts import DraftForm, DraftVersion, SavedDraft, read_draft
from tracker.rules.core.viewers import Viewer
from tracker.tables.visible.core.rows import rows

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
