"""Laws for Python files: what they hold, in which room they are, and that they depend on no machine."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house import laws
from tests.house.reading import ROOT, Law, committed, modules, offences, path_shown, product
from tests.house.texts import of_comments

LONGEST_MODULE = 500  # lines
BELOW_PORTS = ("tracker/rules", "tracker/ical", "tracker/tables", "tracker/usecases")


def everywhere() -> list[Path]:
    """Return all Python files of the repository."""
    return product() + modules("migrations", "scripts", "bench", "tests")


def comments_like(pattern: re.Pattern[str], file: Path) -> list[str]:
    """Return the comments in which the pattern stands, each as file, line and text."""
    comments = of_comments(file.read_text(encoding="utf-8"))
    return [f"{path_shown(file)}:{line} {text}" for line, text in comments if pattern.search(text)]


def test_every_module_says_what_it_is_for() -> None:
    assert offences(laws.has_a_docstring, everywhere()) == []


def test_every_module_fits_its_page() -> None:
    lengths = {path_shown(file): len(file.read_text(encoding="utf-8").splitlines()) for file in product()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_every_function_is_shorter_than_a_page() -> None:
    assert offences(laws.functions_fit_a_page, product()) == []


def test_below_the_ports_no_one_looks_at_the_clock() -> None:
    assert offences(laws.no_one_looks_at_the_clock, modules(*BELOW_PORTS)) == []


def test_no_test_fails_because_the_machine_is_busy() -> None:
    files = [file for file in modules("tests") if path_shown(file) != "tests/processor_time.py"]
    assert offences(laws.no_one_times_work, files) == []


def test_no_attribute_is_named_by_a_request() -> None:
    assert offences(laws.attributes_have_names, product()) == []


NAMED_BY_THE_API = {
    ("tracker/ports/api/action_items.py", "mine"),
    ("tracker/ports/api/joint_operation_parts.py", "mine"),
    ("tracker/ports/api/joint_operation_parts.py", "theirs"),
    ("tracker/rules/operations/deconfliction.py", "mine"),
    ("tracker/rules/operations/deconfliction.py", "theirs"),
}
"""Fields of the API's document, and of the conflict that they show."""


def test_every_parameter_and_value_is_named_by_a_noun() -> None:
    named = offences(laws.values_have_nouns, product() + modules("scripts", "bench"))
    kept = {(place.partition(":")[0], place.rpartition(" ")[2]): place for place in named}
    assert [place for name, place in kept.items() if name not in NAMED_BY_THE_API] == []
    assert NAMED_BY_THE_API - kept.keys() == set()


def test_sql_is_never_built_from_strings() -> None:
    """The one exception: `visible_rows` puts the predicate between the literals of a reader."""
    offences_found = offences(laws.sql_is_not_built, product() + modules("migrations"))
    assert [
        offence
        for offence in offences_found
        if not offence.startswith("tracker/tables/visible/core.py") or "joined" not in offence
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
    (laws.no_one_looks_at_the_clock, "datetime.now(UTC)"),
    (laws.no_one_looks_at_the_clock, "datetime.datetime.utcnow()"),
    (laws.no_one_times_work, "time.process_time()"),
    (laws.no_one_times_work, "from time import perf_counter_ns"),
    (laws.attributes_have_names, "getattr(member, form['field'])"),
    (laws.attributes_have_names, "getattr(request, 'user')"),
    (laws.values_have_nouns, "found = 1"),
    (laws.values_have_nouns, "def f(about): pass"),
    (laws.values_have_nouns, "self.theirs = 1"),
    (laws.values_have_nouns, "for one in x: pass"),
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
    "[one for one in x]",
    "sorted(x, key=lambda one: one.name)",
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


PAGES = Path("tracker/ports/pages")
TEMPLATE = re.compile(r'"(\w+)/[\w/-]+\.html"')


def rooms() -> list[str]:
    """Return the rooms, lowest first, as the contract of import-linter names them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["name"].startswith("Rooms:"))
    return [layer.strip("()") for layer in reversed(layers)]


def test_a_page_shows_templates_of_its_room_or_of_a_lower_one() -> None:
    order = rooms()
    climbing = [
        f"{path_shown(file)} shows {match.group()}"
        for file in modules(str(PAGES))
        if (room := file.relative_to(ROOT / PAGES).parts[0]) in order
        for match in TEMPLATE.finditer(file.read_text(encoding="utf-8"))
        if match[1] in order and order.index(match[1]) > order.index(room)
    ]
    assert climbing == []


def test_the_rooms_have_an_order() -> None:
    assert rooms()[0] == "core"
    assert rooms()[-1] == "views"


FOREIGN = (Path("tracker/static/vendor"), Path("LICENSE"))
"""Written by others and kept as it came."""

MACHINE = re.compile(r"(?<![\w.-])/(?:w[o]rk|t[m]p|r[o]ot|h[o]me/\w+)/")
REGISTRY = re.compile(
    r"(?:p[y]pi\.org|p[y]thonhosted\.org|n[p]mjs\.(?:org|com)|deb\.d[e]bian\.org|proxy\.g[o]lang\.org)"
)


def written_here() -> list[Path]:
    """Return the committed text files that are our own."""
    own = [file for file in committed() if not any(file.is_relative_to(ROOT / other) for other in FOREIGN)]
    return [file for file in own if b"\0" not in file.read_bytes()[:8000]]


def lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Return where the pattern stands, each as file, line and what was found."""
    return [
        f"{path_shown(file)}:{number} {match.group()}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := pattern.search(line))
    ]


def test_there_are_files_to_judge() -> None:
    assert ROOT / "Makefile" in written_here()


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert lines_with(MACHINE, written_here()) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_with(REGISTRY, written_here()) == []


@pytest.mark.parametrize("folder", ["work", "tmp", "root", "home/ada"])
def test_a_folder_of_a_machine_is_seen(folder: str) -> None:
    assert MACHINE.search(f"see /{folder}/notes.txt")


@pytest.mark.parametrize("path", ["./tmp/x", "https://tracker.example/work/", "a/root/b"])
def test_a_relative_path_or_an_address_is_no_folder_of_a_machine(path: str) -> None:
    assert not MACHINE.search(path)


def test_the_host_of_a_registry_is_seen() -> None:
    assert REGISTRY.search("https://files." + "python" + "hosted.org/packages/x.whl")
