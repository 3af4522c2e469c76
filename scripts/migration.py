"""Draft a migration: a file in migrations/ with the next number, named by what it does, with room for its SQL."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
DEED = re.compile(r"[a-z][a-z0-9_]{2,59}")
DRAFT = '''"""{sentence}, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "{name}"
VERSION = "1.38.0"
DESCRIPTION = "{words}"

CHANGE = """
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
'''


def next_name(deed: str, existing: Iterable[str]) -> str:
    """Return the name of a migration that runs after the existing ones, for example 0002_add_rooms."""
    return f"{max((int(name[:4]) for name in existing), default=0) + 1:04}_{deed}"


def main(deed: str) -> None:
    """Write the draft and print where it is."""
    if not DEED.fullmatch(deed):
        sys.exit("Name what it does, in lowercase: make migration NAME=add_rooms")
    name = next_name(deed, [file.name for file in MIGRATIONS.glob("[0-9]*.py")])
    words = deed.replace("_", " ")
    text = DRAFT.format(sentence=words.capitalize(), words=words, name=name)
    (MIGRATIONS / f"{name}.py").write_text(text, encoding="utf-8")
    sys.stdout.write(f"migrations/{name}.py: write its SQL between the quotes, for both engines.\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
