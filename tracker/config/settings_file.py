"""The settings file of a data folder: `TRACKER_NAME=value` lines, as systemd and containers read them too."""

import ast
import inspect
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from textwrap import dedent, wrap

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

NAME = "settings.env"
SECRET = "secret"  # noqa: S105 - the name of the file beside it
BEFORE = "secret.before"
DATABASE = "tracker.sqlite"
FOLDER = "data"  # the setting that names the folder, and so cannot be in its file
WIDTH = 118  # characters of a comment
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
HEAD = """\
# Settings of the Task Force Tracker. Lines starting with # are comments. Remove the # to set a value. A TRACKER_
# variable in the environment overrides its line here. After a change: `tracker check`, then restart
# `tracker serve`. Relative paths start at this folder.
"""


def read_settings_file(path: Path) -> dict[str, str]:
    """Return the settings in a file. Errors: OSError, ValueError with a sentence for people."""
    said: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            match = LINE.fullmatch(text)
            if match is None:
                raise ValueError(f"Line {number} of {path} isn't a setting. Write it as TRACKER_NAME=value.")
            value = match[2].strip()
            is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            said[match[1]] = value[1:-1] if is_quoted else value
    return said


def names(kind: type[Struct], prefix: str) -> set[str]:
    """Return the names allowed in a settings file: one for each field of `kind`, and its *_FILE variant."""
    own = {prefix + field.name.upper() for field in fields(kind) if field.name != FOLDER}
    return own | {f"{name}_FILE" for name in own}


def written(kind: type[Struct], prefix: str, values: Mapping[str, str]) -> str:
    """Return the text of a settings file: each field of `kind` with its docstring, and those in `values` set."""
    docstrings, lines = _docstrings(kind), [HEAD]
    for field in fields(kind):
        if field.name != FOLDER:
            name = prefix + field.name.upper()
            setting = f"{name}={values[name]}" if name in values else f"# {name}={_example(field.default)}"
            lines += [*(f"# {line}" for line in wrap(docstrings[field.name], WIDTH)), setting, ""]
    return "\n".join(lines)


def without(text: str, *names: str) -> str:
    """Return the text of a settings file with some settings commented out and their values removed."""
    for name in names:
        text = re.sub(rf"(?m)^\s*{re.escape(name)}=.*$", f"# {name}=", text)
    return text


def changed(text: str, name: str, value: str) -> str:
    """Return the text of a settings file with a setting changed in its place, or added at the end."""
    line, place = f"{name}={value}", re.compile(rf"(?m)^\s*#?\s*{re.escape(name)}=.*$")
    return place.sub(lambda _: line, text, count=1) if place.search(text) else f"{text.rstrip()}\n\n{line}\n"


def _example(default: object) -> str:
    """Return a default as a person would type it; a field without a default shows nothing."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default in (None, NODEFAULT) else str(default)


def _docstrings(kind: type[Struct]) -> dict[str, str]:
    """Return the docstring under each field, as one line; a class keeps none for its fields, so the source is read."""
    body = ast.parse(dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - the source of a class is one
    return {
        field.target.id: " ".join(str(after.value.value).split())
        for field, after in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }
