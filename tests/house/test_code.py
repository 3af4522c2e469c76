"""Laws for Python files."""

import re
from pathlib import Path

import pytest

from . import laws
from .reading import Law, modules, offences, product, shown
from .texts import of_comments

LONGEST_MODULE = 500  # lines
BELOW_PORTS = ("tracker/rules", "tracker/ical", "tracker/tables", "tracker/usecases")


def everywhere() -> list[Path]:
    """Return all Python files of the repository."""
    return product() + modules("migrations", "scripts", "bench", "tests")


def comments_like(pattern: re.Pattern[str], file: Path) -> list[str]:
    """Return the comments in which the pattern stands, each as file, line and text."""
    comments = of_comments(file.read_text(encoding="utf-8"))
    return [f"{shown(file)}:{line} {text}" for line, text in comments if pattern.search(text)]


def test_every_module_says_what_it_is_for() -> None:
    assert offences(laws.has_a_docstring, everywhere()) == []


def test_every_module_fits_its_page() -> None:
    lengths = {shown(file): len(file.read_text(encoding="utf-8").splitlines()) for file in product()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_every_function_is_shorter_than_a_page() -> None:
    assert offences(laws.functions_fit_a_page, product()) == []


def test_below_the_ports_nobody_looks_at_the_clock() -> None:
    assert offences(laws.nobody_looks_at_the_clock, modules(*BELOW_PORTS)) == []


def test_no_test_fails_because_the_machine_is_busy() -> None:
    files = [file for file in modules("tests") if shown(file) != "tests/processor_time.py"]
    assert offences(laws.nobody_times_work, files) == []


def test_no_attribute_is_named_by_a_request() -> None:
    assert offences(laws.attributes_have_names, product()) == []


def test_sql_is_never_built_from_strings() -> None:
    """The one exception: `visible_rows` puts the predicate between the literals of a reader."""
    found = offences(laws.sql_is_not_built, product() + modules("migrations"))
    assert [
        one for one in found if not one.startswith("tracker/tables/visible/core/rows.py") or "joined" not in one
    ] == []


def test_nothing_is_pickled() -> None:
    assert offences(laws.nothing_is_unpickled, product() + modules("bench", "scripts", "tests")) == []


def test_every_foreign_key_says_whether_it_may_be_empty_and_what_a_deletion_does() -> None:
    assert offences(laws.foreign_keys_say_it_all, modules("tracker/tables")) == []


def test_every_exception_to_a_check_gives_its_reason() -> None:
    assert [found for file in everywhere() for found in comments_like(laws.UNEXPLAINED, file)] == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    assert [found for file in everywhere() for found in comments_like(laws.LEFT_TO_DO, file)] == []


BROKEN = [
    (laws.has_a_docstring, "x = 1"),
    (laws.functions_fit_a_page, "def long():\n" + "    x = 1\n" * 44),
    (laws.nobody_looks_at_the_clock, "datetime.now(UTC)"),
    (laws.nobody_looks_at_the_clock, "datetime.datetime.utcnow()"),
    (laws.nobody_times_work, "time.process_time()"),
    (laws.nobody_times_work, "from time import perf_counter_ns"),
    (laws.attributes_have_names, "getattr(member, form['field'])"),
    (laws.attributes_have_names, "getattr(request, 'user')"),
    (laws.sql_is_not_built, "Event.raw(f'select {x}')"),
    (laws.sql_is_not_built, "QueryString('select ' + x)"),
    (laws.sql_is_not_built, "table.raw('select {}'.format(x))"),
    (laws.sql_is_not_built, "Event.raw('select %s' % x)"),
    (laws.sql_is_not_built, "visible.rows(HEAD, viewer, f'limit {n}')"),
    (laws.nothing_is_unpickled, "import pickle"),
    (laws.nothing_is_unpickled, "from pickle import loads"),
    (laws.foreign_keys_say_it_all, "ForeignKey(Event, null=False)"),
]


SOUND = [
    "Outbox.raw('select {}', x)",
    "QueryString(HEAD + ' LIMIT 1', x)",
    "rows(HEAD, viewer, TAIL, start - LONGEST)",
    "x = 'DELETE FROM event WHERE id = {}'",
    "getattr(settings, 'secret')",
    "Member.select(Member.id)",
    "ForeignKey(Event, null=False, on_delete=OnDelete.cascade)",
]


@pytest.mark.parametrize(("law", "source"), BROKEN)
def test_every_law_can_be_broken(law: Law, source: str) -> None:
    assert list(law(laws.ast.parse(source)))


@pytest.mark.parametrize("source", SOUND)
def test_sound_code_breaks_no_law(source: str) -> None:
    every = {law for law, _ in BROKEN} - {laws.has_a_docstring}
    assert [found for law in every for found in law(laws.ast.parse(source))] == []


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: S101", "# type: ignore", "# type: ignore[arg-type]"])
def test_an_exception_without_a_reason_is_seen(comment: str) -> None:
    assert laws.UNEXPLAINED.search(comment)


@pytest.mark.parametrize("comment", ["# noqa: S101 - pytest's way", "# type: ignore[misc]  # the stub is wrong"])
def test_an_exception_with_a_reason_is_sound(comment: str) -> None:
    assert not laws.UNEXPLAINED.search(comment)
