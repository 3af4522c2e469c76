"""A question is written as Piccolo writes it, but for lists on PostgreSQL."""

import pytest
from piccolo.querystring import QueryString

from tracker.database.compiling import compiled
from tracker.database.connections import is_read
from tracker.database.sql_list import sql_list


def test_a_question_is_written_as_piccolo_writes_it() -> None:
    asked = QueryString("SELECT {} WHERE a IN ({}) AND b = {}", 1, QueryString("{}, {}", "x", "y"), None)
    assert compiled(asked, "sqlite") == ("SELECT ? WHERE a IN (?, ?) AND b = ?", [1, "x", "y", None])
    assert compiled(asked, "postgres") == ("SELECT $1 WHERE a IN ($2, $3) AND b = $4", [1, "x", "y", None])
    assert asked.compile_string() == compiled(asked, "postgres")


@pytest.mark.parametrize(
    ("query", "reads"),
    [
        ("WITH a AS (SELECT 1 AS update) SELECT update FROM a FOR UPDATE", True),
        ("WITH a AS (SELECT REPLACE(name, 'x', 'delete') AS n FROM member) SELECT n FROM a", True),
        ("WITH a AS (SELECT 1) INSERT INTO member SELECT * FROM a", False),
        ("WITH a AS (DELETE FROM member RETURNING id) SELECT id FROM a", False),
        ("with a as materialized (\n  update member set name = '' returning id) select id from a", False),
        ("INSERT INTO member SELECT 1", False),
    ],
)
def test_a_question_that_names_others_only_reads_if_none_of_them_writes(query: str, reads: bool) -> None:
    assert is_read(query) is reads


@pytest.mark.parametrize(("usual", "of_array"), [("a IN ({})", "a = ANY ($1)"), ("a NOT IN ({})", "a <> ALL ($1)")])
def test_on_postgresql_a_list_of_any_length_is_one_array(usual: str, of_array: str) -> None:
    for values in ("x",), ("x", "y", "z"):
        asked = QueryString(f"SELECT {usual} AND b = {{}}", sql_list(values), 1)
        assert compiled(asked, "postgres") == (f"SELECT {of_array} AND b = $2", [[*values], 1])
        assert compiled(asked, "sqlite")[1] == [*values, 1]


def test_a_list_in_a_query_within_another_is_an_array_too() -> None:
    asked = QueryString("SELECT {} WHERE {}", 1, QueryString("a IN ({})", sql_list(["x", "y"])))
    assert compiled(asked, "postgres") == ("SELECT $1 WHERE a = ANY ($2)", [1, ["x", "y"]])


def test_a_list_outside_the_brackets_of_in_is_refused() -> None:
    with pytest.raises(ValueError, match="brackets of IN"):
        compiled(QueryString("SELECT {}", sql_list(["x"])), "postgres")


def test_as_many_values_as_places_are_asked_for() -> None:
    with pytest.raises(ValueError, match="2 arguments"):
        compiled(QueryString("SELECT {}", 1, 2), "sqlite")
