"""Finds and parses the files that the laws judge."""

import ast
import gc
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPOSITION = ("app.py", "piccolo_conf.py")

Law = Callable[[ast.Module], Iterator[str]]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the parsed module; each file is read once for all laws."""
    with _keeping_all():
        return ast.parse(path.read_text(encoding="utf-8"), filename=path_shown(path))


@cache
def nodes_of(tree: ast.Module) -> Sequence[ast.AST]:
    """Return all nodes of a module; each tree is walked once for all laws."""
    return list(ast.walk(tree))


def forget_trees() -> None:
    """Let go of what was parsed: a million objects, which each look for garbage would walk."""
    nodes_of.cache_clear()
    tree_of.cache_clear()


@contextmanager
def _keeping_all() -> Iterator[None]:
    """Look for no garbage meanwhile: a tree is none, and the looks take four times as long as the parsing."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()


def modules(*places: str) -> list[Path]:
    """Return the Python files at these places (folders or files) that hold anything."""
    places_found = [file for place in places for file in _below(ROOT / place)]
    return sorted(file for file in places_found if file.suffix == ".py" and file.stat().st_size)


def product() -> list[Path]:
    """Return the modules of the product itself."""
    return modules("tracker", *COMPOSITION)


def offences(law: Law, files: list[Path]) -> list[str]:
    """Return what breaks the law, each as file, line and reason."""
    return [f"{path_shown(file)}:{found}" for file in files for found in law(tree_of(file))]


def path_shown(file: Path) -> str:
    """Return the path as one would type it at the root of the repository."""
    return file.relative_to(ROOT).as_posix()


def committed() -> list[Path]:
    """Return the files that git knows or would add; without git (a source archive), all but hidden folders."""
    ask = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [file for name in listed.stdout.split("\0") if name and (file := ROOT / name).is_file()]
    return [file for file in _below(ROOT) if not any(part.startswith(".") for part in file.relative_to(ROOT).parts)]


def _below(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return [file for file in place.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
