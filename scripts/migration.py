"""Draft a migration: a file in migrations/ that runs last, named by what it does, with room for its SQL."""

import re
import string
import sys
from datetime import UTC, datetime
from pathlib import Path

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
DEED = re.compile(r"[a-z][a-z0-9_]{2,59}")
DRAFT = '''"""{sentence}, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "{moment:%Y-%m-%dT%H:%M:%S:%f}"
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


def path_for(deed: str, moment: datetime, existing: list[str]) -> Path:
    """Return the file's path; a letter after the date lets a second one of the same day run after the first."""
    for letter in ("", *string.ascii_lowercase[1:]):
        name = f"m{moment:%Y_%m_%d}{letter}_{deed}.py"
        if name > max(existing, default=""):
            return MIGRATIONS / name
    sys.exit("Too many migrations for one day.")


def main(deed: str) -> None:
    """Write the draft and print where it is."""
    if not DEED.fullmatch(deed):
        sys.exit("Say what it does, in small letters: make migration NAME=add_rooms")
    moment = datetime.now(UTC)
    path = path_for(deed, moment, [file.name for file in MIGRATIONS.glob("m*.py")])
    words = deed.replace("_", " ")
    path.write_text(DRAFT.format(sentence=words.capitalize(), words=words, moment=moment), encoding="utf-8")
    sys.stdout.write(f"migrations/{path.name}: write its SQL between the quotes, for both engines.\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
