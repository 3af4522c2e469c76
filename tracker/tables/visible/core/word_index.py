"""The query for words in an engine's full-text index, together with who may see what has them.

Words come from people, and are never syntax: `rules.core.word_forms` leaves letters and digits of them.
"""

from collections.abc import Collection, Iterable, Sequence

from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.word_forms import is_beginning, other_forms

_INDEXES = ("event", "item", "person")
_LATEST = "SELECT i.rowid FROM {0}_index i WHERE {1} ORDER BY i.rowid DESC LIMIT {{}}"
_SQLITE = {of: _LATEST.format(of, f"{of}_index MATCH {{}}") for of in _INDEXES}
# A scalar query is evaluated once, not for each row; and PostgreSQL then uses the index, however common the words are.
_POSTGRES = {of: _LATEST.format(of, "i.words @@ (SELECT CAST(CAST({} AS TEXT) AS TSQUERY))") for of in _INDEXES}


def seen_with_words(of: str, viewer: Viewer, words: Sequence[str], limit: int) -> QueryString:
    """Return the query for the latest rows of `event_index` or `item_index` that the viewer may see and have the words.

    The index itself leaves out what the viewer may not see, before anything is ordered, counted, or read. So it hardly
    costs them time. With another person beside them, both may see it.
    """
    everyone = [viewer, viewer.beside] if viewer.beside else [viewer]
    return with_words(of, [sorted([*one.audiences, f"lead:{one.member_id}"]) for one in everyone], words, limit)


def with_words(of: str, seen_by: Iterable[Collection[str]], words: Sequence[str], limit: int) -> QueryString:
    """Return the query for the latest rows that have the words, and of each of these audiences one."""
    plain = [["".join(filter(str.isalnum, one)) for one in audiences] for audiences in seen_by]
    if is_postgres(engine()):
        return QueryString(_POSTGRES[of], _tsquery(words, plain), limit)
    return QueryString(_SQLITE[of], _fts5(words, plain), limit)


def _tsquery(words: Sequence[str], seen_by: Iterable[Iterable[str]]) -> str:
    """Return the words in the syntax of PostgreSQL's tsquery; an audience has an @ before it."""
    each = [[f"'@{one}'" for one in audiences] for audiences in seen_by]
    for word in words:
        begins = ":*" if is_beginning(word) else ""
        each.append([f"'{word}'{begins}", *(f"'{one}'" for one in sorted(other_forms(word)))])
    return " & ".join(f"({' | '.join(one)})" for one in each)


def _fts5(words: Sequence[str], seen_by: Iterable[Iterable[str]]) -> str:
    """Return the words in the syntax of SQLite's FTS5."""
    each = ["seen_by : (" + " OR ".join(f'"{one}"' for one in audiences) + ")" for audiences in seen_by]
    for word in words:
        begins = "*" if is_beginning(word) else ""
        forms = [f'"{word}"{begins}', *(f'"{one}"' for one in sorted(other_forms(word)))]
        each.append(f"texts : ({' OR '.join(forms)})")
    return " AND ".join(each)
