"""Find what people read in a file: the text of templates, the strings of Python, documents; each with its line."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests.house.reading import committed, nodes_of, path_shown, tree_of

COMMENT, STATEMENT, VALUE = (re.compile(one, re.DOTALL) for one in (r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}"))
INLINE = re.compile(r"</?(?:b|a|i|em|strong|span|code|kbd|mark)\b[^>]*>")
TAG = re.compile(r"<[^>]+>")
LITERAL = re.compile(r'"([^"{}<>=]*[a-z] [^"{}<>=]*)"|"([A-Z][a-z]+)"')
SQL = re.compile(r"\b(?:SELECT|FROM|WHERE|JOIN|UNION|CONFLICT|UPDATE|EXISTS)\b")
WORDS = re.compile(r"[a-z]+ |[ ][a-z]+|^[A-Z][a-z]+$")
"""A string with a space beside a word, or one word with a capital: names and keys of code have neither."""
FENCED = re.compile(r"```.*?```", re.DOTALL)
CODE = re.compile(r"`[^`\n]+`|\]\([^)\s]*\)")
PLAIN = (".css", ".js", ".toml", ".conf", ".service", ".timer", ".yml", ".yaml")

Text = tuple[int, str]


def of_file(file: Path) -> Iterator[Text]:
    """Yield what people read in a file of the repository: its sentences, comments and labels.

    Strings in tests are left out: they are what someone types, or what the product says.
    """
    text = file.read_text(encoding="utf-8")
    if path_shown(file).startswith("templates/"):
        yield from of_template(text)
    elif file.suffix == ".py":
        yield from of_docstrings(tree_of(file))
        yield from of_comments(text)
        if not path_shown(file).startswith("tests/"):
            yield from of_strings(tree_of(file))
    elif file.suffix == ".md":
        yield from of_document(text)
    else:
        yield 1, text


def of_template(text: str) -> Iterator[Text]:
    """Yield what a template itself says, with | where a tag or statement was, then what it hands to its macros."""
    text = COMMENT.sub(_lines, text)
    said = VALUE.sub(lambda found: "X" + _lines(found), _without(STATEMENT, text))
    yield 1, _without(TAG, INLINE.sub(_lines, said))
    for literal in LITERAL.finditer(text):
        yield _line_of(text, literal.start()), literal.group(1) or literal.group(2)


def of_strings(tree: ast.Module) -> Iterator[Text]:
    """Yield the strings of a module that hold words, without its docstrings; SQL is not for people."""
    docs = {id(node) for node in _docstrings(tree)}
    for node in nodes_of(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docs:
            continue
        if WORDS.search(node.value) and not SQL.search(node.value):
            yield node.lineno, node.value


def of_docstrings(tree: ast.Module) -> Iterator[Text]:
    """Yield the docstrings of a module, those of attributes included."""
    yield from ((node.lineno, str(node.value)) for node in _docstrings(tree))


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in nodes_of(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value


@cache
def of_comments(text: str) -> Sequence[Text]:
    """Return the comments of a module; finding them takes longer than what is asked about them, so they are kept."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline) if "#" in text else ()
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


LASTING = {
    "handle_MAIL",  # of aiosmtpd
    "mail_from",  # of aiosmtpd, and TRACKER_MAIL_FROM
    "mail_folder",  # TRACKER_MAIL_FOLDER
    "record_outside_number",  # of the API's document
    "waive_outside_check",
    "OUTSIDE_NUMBER_RECORDED",  # stored in the audit log
    "OUTSIDE_CHECK_WAIVED",
}
"""Names that a protocol gives, a setting, the API's document, or what is stored: they can't change."""
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def of_names(tree: ast.Module) -> Iterator[Text]:
    """Yield the names that a module gives to functions, classes, arguments and values, as the words they consist of."""
    for node in nodes_of(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                line = node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                line = node.lineno
            case _:
                continue
        if name not in LASTING:
            yield line, HUMP.sub(" ", name).replace("_", " ").strip().lower()


def of_document(text: str) -> Iterator[Text]:
    """Yield a document without its code and the addresses of its links."""
    yield 1, CODE.sub("`x`", FENCED.sub(_lines, text))


def read_by_people() -> list[Path]:
    """Return the files whose words people read: pages, emails, the product and its tools, documents."""
    places = ("templates/", "tracker/", "tests/", "scripts/", "bench/", "migrations/", "docs/", "deploy/", ".github/")
    ours = [file for file in committed() if path_shown(file).startswith(places) or "/" not in path_shown(file)]
    kinds = (*PLAIN, ".py", ".md", ".html", ".txt")
    readable = [file for file in ours if file.suffix in kinds or file.name in ("Makefile", "Containerfile")]
    return [file for file in readable if not any(alien in path_shown(file) for alien in ALIEN)]


ALIEN = ("/vendor/", "constraints.txt", "requirements.txt", "common-passwords.txt", "tests/house/")
"""What no one here wrote, and the tests of the words themselves."""


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: "|" + _lines(found), text)


def _lines(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")


def _line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
