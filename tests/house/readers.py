"""Laws of reading: what hangs on an event is read as a viewer, or as ids, states and moments.

What they cannot see: whether a row's value is what its annotation says, what a reader does with the viewer beyond
handing them on, a table in a variable that is not assigned by its name or behind a comma in FROM, what stands beside
the predicate in SQL, and what a writer learns from its own statement beyond RETURNING.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from .reading import modules, nodes_of, tree_of

ROOT_OF_ALL = "Event"
"""Everything that leads to this table by foreign keys hangs on events."""
READS = {"select", "objects", "exists", "count", "raw"}
RUNS = {"run_querystring", "run_ddl", "write_many"}
TELLS_NOTHING = {"id", "version"}
"""Columns that a writer may have back from its own statement."""
PLAIN = {"UUID", "datetime", "date", "timedelta", "bool", "int", "None"}
HOLDERS = {"list", "dict", "set", "frozenset", "tuple", "Iterable", "Mapping", "Sequence"}
WORDS = {
    "Audience": "an id in words",
    "MessageKey": "ids in words",
    "WorkerName": "drawn by chance",
    "FactsHash": "a hash without a way back",
    "ZoneName": "a local time is no moment without it",
    "SenderAddress": "of an email that leads to nothing",
    "EntryUid": "drawn by chance, and what a calendar must be given to remove an entry",
    "StoredFacts": "unread, into the message that takes the place of another, or into its recipient's letter",
    "StoredRows": "unread, back into the tables that they were read from",
}
"""The only texts that a background reader returns, each under a name of its own, and why."""


@cache
def hanging() -> Mapping[str, str]:
    """Return the row classes that lead to events by foreign keys, with the names of their tables."""
    classes = _classes(modules("tracker/tables"))
    leads_to = {node.name: _referred(node) for node in classes if "Table" in map(_last, node.bases)}
    reached = {ROOT_OF_ALL}
    while more := {name for name, others in leads_to.items() if name not in reached and others & reached}:
        reached |= more
    return {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in sorted(reached)}


@cache
def enums() -> frozenset[str]:
    """Return the names of the enumerations of the rules."""
    classes = _classes(modules("tracker/rules"))
    return frozenset(
        node.name for node in classes if any(_last(base).endswith(("Enum", "Worded")) for base in node.bases)
    )


def plain_values() -> frozenset[str]:
    """Return the names of the rules' values that are made of plain facts alone, such as a policy of lead times."""
    values = [node for node in _classes(modules("tracker/rules")) if node.bases]
    known = {*PLAIN, *WORDS, *enums(), "Struct", "NamedTuple"}
    while more := {
        node.name
        for node in values
        if node.name not in known
        and all(_last(base) in known for base in node.bases)
        and not [*_content([field for field in node.body if isinstance(field, ast.AnnAssign)], known)]
    }:
        known |= more
    return frozenset(known)


def classes_of(files: Iterable[Path]) -> frozenset[str]:
    """Return the names of the classes that some modules define."""
    return frozenset(node.name for node in _classes(files))


def named_texts(module: ast.Module) -> Iterator[str]:
    """Yield the types that a module makes of texts: `ZoneName = NewType("ZoneName", str)`."""
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _last(node.value.func) == "NewType":
            yield from (_last(target) for target in node.targets)


def reads_only_in_readers(module: ast.Module, tables: Mapping[str, str]) -> Iterator[str]:
    """Outside the readers nobody queries what hangs on an event, by Piccolo or in SQL."""
    yield from _piccolo_reads(module, tables)
    sql = re.compile(rf"(?<!DELETE )\b(?:FROM|JOIN)\s+\"?(?:{'|'.join(tables.values())})\b", re.IGNORECASE)
    for text in _texts(module):
        if sql.search(str(text.value)):
            yield f"{text.lineno} SQL that reads what hangs on events"
    for call in _calls(module, {"returning"}):
        reported = [column for column in call.args if _last(column) not in TELLS_NOTHING]
        if reported and {_named(column, _aliases(module)) for column in reported} & set(tables):
            yield f"{call.lineno} a write that returns more than ids"


def nothing_private_leaves_a_reader(module: ast.Module) -> Iterator[str]:
    """What a reader keeps to itself, nobody imports."""
    for node in nodes_of(module):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tracker.tables"):
            yield from (f"{node.lineno} imports {one.name}" for one in node.names if one.name.startswith("_"))


def visible_readers_ask_for_a_viewer(module: ast.Module) -> Iterator[str]:
    """Whatever can reach the database takes a viewer and uses them."""
    for node in nodes_of(module):
        if isinstance(node, ast.AsyncFunctionDef):
            viewers = [one.arg for one in _parameters(node) if one.annotation and _last(one.annotation) == "Viewer"]
            used = {name.id for step in node.body for name in ast.walk(step) if isinstance(name, ast.Name)}
            if not viewers or used.isdisjoint(viewers):
                yield f"{node.lineno} {node.name} without a viewer"


def visible_readers_ask_by_rows(module: ast.Module, tables: Mapping[str, str]) -> Iterator[str]:
    """The only way from SQL to a visible reader's rows is `visible_rows.rows`, which refuses SQL without predicate."""
    yield from _piccolo_reads(module, tables)
    yield from (f"{call.lineno} runs a query of its own" for call in _calls(module, RUNS))


def drafts_are_shown_by_polls_alone(module: ast.Module) -> Iterator[str]:
    """The predicate that shows drafts to others is said where date polls are read, and nowhere else."""
    yield from (f"{text.lineno} shows drafts" for text in _texts(module) if "MAY_SEE_POLL(" in str(text.value))


def background_readers_tell_no_content(module: ast.Module, known: Collection[str]) -> Iterator[str]:
    """What leaves a background reader is made of ids, moments, numbers, facts that are so or not, and enumerations.

    `known` are the names of enumerations, of the rules' plain values, and of the background readers' own classes, whose
    fields are judged too.
    """
    plain = PLAIN | set(WORDS) | set(known)
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield from _content(node.body, plain)
        elif not getattr(node, "name", "_").startswith("_"):
            yield from _content([node], plain)


def _content(body: Iterable[ast.stmt], plain: Collection[str]) -> Iterator[str]:
    """Yield each field, and each result of a function, whose annotation allows for more than plain facts."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not _is_plain(node.returns, plain):
                yield f"{node.lineno} {node.name} may return content"
        elif isinstance(node, ast.AnnAssign) and not _is_plain(node.annotation, plain):
            yield f"{node.lineno} {_last(node.target)} may hold content"


def _is_plain(annotation: ast.expr | None, plain: Collection[str]) -> bool:
    match annotation:
        case ast.Constant(value=None):
            return True
        case ast.Name(id=name):
            return name in plain
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_plain(left, plain) and _is_plain(right, plain)
        case ast.Subscript(value=ast.Name(id=holder), slice=held) if holder in HOLDERS:
            parts = held.elts if isinstance(held, ast.Tuple) else [held]
            return all(_is_plain(part, plain) for part in parts)
    return False


def _piccolo_reads(module: ast.Module, tables: Mapping[str, str]) -> Iterator[str]:
    aliases = _aliases(module)
    for call in _calls(module, READS):
        table = _named(call.func, aliases)
        if table in tables:
            yield f"{call.lineno} reads {table}"


def _named(node: ast.expr, aliases: Mapping[str, str]) -> str:
    """Return the table of which `node` is an attribute: `Event` of `Event.title` and of `rows.Event.select`."""
    table = _last(node.value) if isinstance(node, ast.Attribute) else ""
    return aliases.get(table, table)


def _aliases(module: ast.Module) -> dict[str, str]:
    """Return what imports and plain assignments call a table."""
    aliases = {}
    for node in nodes_of(module):
        if isinstance(node, ast.ImportFrom):
            aliases |= {one.asname: one.name for one in node.names if one.asname}
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value and _last(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            aliases |= {_last(target): _last(node.value) for target in targets if isinstance(target, ast.Name)}
    return aliases


def _classes(files: Iterable[Path]) -> list[ast.ClassDef]:
    return [node for file in files for node in tree_of(file).body if isinstance(node, ast.ClassDef)]


def _referred(table: ast.ClassDef) -> set[str]:
    """Return the names of the tables to which a row class has foreign keys."""
    keys = [call for call in ast.walk(table) if isinstance(call, ast.Call) and _last(call.func) == "ForeignKey"]
    return {_last(key.args[0]) for key in keys if key.args}


def _calls(module: ast.Module, methods: Collection[str]) -> Iterator[ast.Call]:
    calls = (node for node in nodes_of(module) if isinstance(node, ast.Call))
    return (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in methods)


def _texts(module: ast.Module) -> Iterator[ast.Constant]:
    """Yield the strings of a module but what is written about it."""
    reported = {id(node.value) for node in nodes_of(module) if isinstance(node, ast.Expr)}
    for node in nodes_of(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reported:
            yield node


def _parameters(function: ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _last(node: ast.expr) -> str:
    """Return the last word of a dotted name; nothing for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
