"""What people read is short and plain: the sentences of templates, of mails and of errors (bar 40 of the design)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 25  # words
WORD = re.compile(r"[A-Za-z0-9’'–-]+")
UNKIND = re.compile(r"\b(click here|oops|simply|invalid)\b", re.IGNORECASE)
COMMENT, CODE, VALUE = (re.compile(one, re.DOTALL) for one in (r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}"))
INLINE, TAG = re.compile(r"</?(b|a|i|em|strong|span|code|kbd|mark)\b[^>]*>"), re.compile(r"<[^>]+>")
LITERAL = re.compile(r'"([^"{}<>=]*[a-z] [^"{}<>=]*)"')
SQL = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|UNION|CONFLICT)\b")
SPEAKING = ("ports/pages/**/*.py", "usecases/**/*.py", "errors.py")


def of_template(text: str) -> Iterator[str]:
    """Yield the sentences that a template itself says, those in its macros' arguments included."""
    text = COMMENT.sub("", text)
    shown = TAG.sub("|", INLINE.sub("", VALUE.sub("X", CODE.sub("|", text))))
    for chunk in (*LITERAL.findall(text), *shown.split("|")):
        yield from sentences(chunk)


def of_module(text: str) -> Iterator[str]:
    """Yield the sentences in the texts of a module, its docstrings and its SQL aside."""
    tree = ast.parse(text)
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)}
    docs |= {node.value.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and _is_text(node.value)}
    for node in ast.walk(tree):
        if _is_text(node) and node.value not in docs and not SQL.search(node.value):
            yield from sentences(node.value)


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text."""
    yield from re.split(r"(?<=[.!?:;])\s+", text.strip())


def said() -> Iterator[tuple[str, str]]:
    """Yield each sentence with the file that says it."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        for sentence in of_template(path.read_text(encoding="utf-8")):
            yield path.name, sentence
    for pattern in SPEAKING:
        for path in sorted((ROOT / "tracker").glob(pattern)):
            for sentence in of_module(path.read_text(encoding="utf-8")):
                yield path.name, sentence


def test_no_sentence_is_longer_than_a_breath() -> None:
    long = [(name, one) for name, one in said() if len(WORD.findall(one)) > LONGEST]
    assert long == []


def test_nothing_is_said_that_helps_nobody() -> None:
    assert [(name, one) for name, one in said() if UNKIND.search(one) and "aria-" not in one] == []
