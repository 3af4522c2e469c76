"""A question is written as any query of Piccolo is, also within one and around one."""

import pytest
from piccolo.querystring import QueryString

from tracker.database.compiling import Question, compiled


@pytest.mark.parametrize("outer", [QueryString, Question])
@pytest.mark.parametrize("inner", [QueryString, Question])
def test_a_question_is_written_as_a_query_is(outer: type[QueryString], inner: type[QueryString]) -> None:
    asked = outer("SELECT {} WHERE a IN ({}) AND b = {}", 1, inner("{}, {}", "x", "y"), None)
    assert compiled(asked, "sqlite") == ("SELECT ? WHERE a IN (?, ?) AND b = ?", [1, "x", "y", None])
    assert compiled(asked, "postgres") == ("SELECT $1 WHERE a IN ($2, $3) AND b = $4", [1, "x", "y", None])
    assert asked.compile_string() == compiled(asked, "postgres")


def test_a_list_asks_piccolo_nothing_about_its_values() -> None:
    assert Question("{}", "x").columns == ()
