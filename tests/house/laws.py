"""Laws that a module's syntax tree can break; each yields `line reason` for every offence."""

import ast
import re
from collections.abc import Iterator

from tests.house.reading import nodes_of

LONGEST_FUNCTION = 44  # lines
WALL_CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
STOPWATCHES = {"process_time", "thread_time", "perf_counter"}
NO_NOUNS = {"one", "found", "about", "its", "mine", "theirs"}
TAKES_SQL = {"raw", "QueryString", "rows"}
UNSAFE_STORES = {"pickle", "cPickle", "marshal", "shelve", "dill"}

UNEXPLAINED = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?::[\s,A-Z0-9]+|\[[\w\s,-]+\])?\s*$")
LEFT_TO_DO = re.compile(r"\b(?:TODO|FIXME|XXX)\b")


def has_a_docstring(module: ast.Module) -> Iterator[str]:
    """Every module says in its first line what it is for."""
    if not ast.get_docstring(module):
        yield "1 no docstring"


def functions_fit_a_page(module: ast.Module) -> Iterator[str]:
    """A function stays under 45 lines."""
    for node in nodes_of(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.lineno} {node.name} has {lines} lines"


def no_one_looks_at_the_clock(module: ast.Module) -> Iterator[str]:
    """`now` comes in as an argument."""
    for call in _calls(module):
        name = _dotted(call.func)
        if any(name == clock or name.endswith(f".{clock}") for clock in WALL_CLOCKS):
            yield f"{call.lineno} {name}()"


def no_one_times_work(module: ast.Module) -> Iterator[str]:
    """A machine that is slow or busy fails no test; `tests/processor_time.py` measures beside a yardstick."""
    for node in nodes_of(module):
        name = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
        if name.removesuffix("_ns") in STOPWATCHES:
            yield f"{node.lineno} {name}"


def attributes_have_names(module: ast.Module) -> Iterator[str]:
    """What a request says never names an attribute."""
    for call in _calls(module):
        if _dotted(call.func) in {"getattr", "setattr", "delattr"} and not isinstance(call.args[1], ast.Constant):
            yield f"{call.lineno} {_dotted(call.func)} with a computed name"
        if _dotted(call.func) == "getattr" and _dotted(call.args[0]).split(".")[-1] == "request":
            yield f"{call.lineno} getattr on a request"


def values_have_nouns(module: ast.Module) -> Iterator[str]:
    """A parameter, and a value that isn't gone with its line, is named by a noun."""
    passing = {
        id(name)
        for node in nodes_of(module)
        if isinstance(node, ast.comprehension | ast.Lambda)
        for name in ast.walk(node.target if isinstance(node, ast.comprehension) else node.args)
    }
    for node in nodes_of(module):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                if name in NO_NOUNS and id(node) not in passing:
                    yield f"{node.lineno} {name}"
            case _:
                continue


def sql_is_not_built(module: ast.Module) -> Iterator[str]:
    """Values go into SQL by `{}` placeholders, never by string building."""
    for call in _calls(module):
        if _dotted(call.func).split(".")[-1] in TAKES_SQL:
            made = [how for argument in call.args if (how := _made(argument))]
            yield from (f"{call.lineno} SQL is {how} in {_dotted(call.func)}" for how in made)


def nothing_is_unpickled(module: ast.Module) -> Iterator[str]:
    """No format that can run code when it is read."""
    for node in nodes_of(module):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (f"{node.lineno} imports {name}" for name in names if name.split(".")[0] in UNSAFE_STORES)


def foreign_keys_say_it_all(module: ast.Module) -> Iterator[str]:
    """Piccolo's foreign keys are nullable and cascade unless told otherwise; so each one tells."""
    for call in _calls(module):
        if _dotted(call.func).split(".")[-1] == "ForeignKey":
            missing = {"null", "on_delete"} - {word.arg for word in call.keywords}
            yield from (f"{call.lineno} ForeignKey without {word}" for word in sorted(missing))


def _calls(module: ast.Module) -> Iterator[ast.Call]:
    return (node for node in nodes_of(module) if isinstance(node, ast.Call))


def _dotted(node: ast.expr) -> str:
    """Return `a.b.c` for names and attributes, with an empty start for anything else ("().select")."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _made(text: ast.expr) -> str | None:
    """Return how a string is made from changing parts, or None for literals, constants and other values."""
    if isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Call) and _dotted(text.func).endswith("format")):
        return "formatted"
    if isinstance(text, ast.BinOp) and not isinstance(text.op, ast.Sub):  # no string comes of a subtraction
        parts = [node for node in ast.walk(text) if isinstance(node, ast.Name | ast.Call | ast.JoinedStr)]
        fixed = all(isinstance(part, ast.Name) and part.id.isupper() for part in parts)
        return None if fixed and isinstance(text.op, ast.Add) else "joined"
    return None
