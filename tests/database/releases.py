"""Databases as earlier releases left them, and the folder of migrations that a release to come would have."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres, writing
from tracker.database.migrate import OURS, migrate

FIRST = "0001_create_all_tables"
ROWS = Path(__file__).parent / "first_release.json"
"""Rows of every table as the first release wrote them (`tests.database.record`); never edited after it."""
DROPPED = {"event_change": {"undo_snapshot"}, "committee_preference": {"asks_again"}}
"""Columns that a later release dropped: what was kept for 20 seconds to undo a change, and one that became days."""
NEXT = "9999_change_something"
_NEXT = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = {name!r}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="tracker", description="")
    manager.add_raw(statements({sql!r}))
    return manager
"""

Rows = list[dict[str, Any]]


async def first_release(*, members: int = 0) -> dict[str, Rows]:
    """Fill the bound blank database as the first release did, with so many members more; return its rows by table."""
    with TemporaryDirectory() as only:
        shutil.copy(OURS / f"{FIRST}.py", only)
        await migrate(Path(only))
    tables: dict[str, Rows] = json.loads(ROWS.read_text(encoding="utf-8"))
    tables["member"] += [_stranger(tables["member"][0], number) for number in range(members)]
    tables["member_role"] += [_lead(tables["member"][-1 - number], number) for number in range(members)]
    async with writing():
        for table, rows in tables.items():
            await _insert(table, rows)
    return {table: await values_of_table(table, _kept(table, rows[0])) for table, rows in tables.items()}


def next_release(folder: Path, sql: str) -> Path:
    """Return a folder with the migrations of this release and one more, which runs `sql`."""
    release = folder / "next_release"
    shutil.copytree(OURS, release, ignore=shutil.ignore_patterns("__pycache__"))
    (release / f"{NEXT}.py").write_text(_NEXT.format(name=NEXT, sql=sql), encoding="utf-8")
    return release


async def changed_tables(before: dict[str, Rows]) -> list[str]:
    """Return the tables that do not hold the same rows anymore, as far as the earlier columns go."""
    return [table for table, rows in before.items() if await values_of_table(table, rows[0]) != rows]


async def values_of_table(table: str, columns: dict[str, Any]) -> Rows:
    """Return the values in these columns of a table, in a lasting order."""
    names = ", ".join(columns)
    return [dict(row) for row in await engine().run_ddl(f"SELECT {names} FROM {table} ORDER BY {names}")]


def _kept(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that every later release keeps."""
    return {name: value for name, value in row.items() if name not in DROPPED.get(table, set())}


async def _insert(table: str, rows: Rows) -> None:
    names = ", ".join(rows[0])
    if is_postgres(engine()):
        fill = f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, {{}}::json)"
        await engine().run_querystring(QueryString(fill, json.dumps(rows)))
        return
    places = ", ".join(["{}"] * len(rows[0]))
    for row in rows:
        await engine().run_querystring(QueryString(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values()))


def _stranger(like: dict[str, Any], number: int) -> dict[str, Any]:
    return {**like, "id": _id(1, number), "name": f"Member {number}", "email": f"member-{number}@usao.example"}


def _lead(member: dict[str, Any], number: int) -> dict[str, Any]:
    return {"id": _id(2, number), "member": member["id"], "role": "agency_lead", "committee": None}


def _id(kind: int, number: int) -> str:
    return f"00000000-0000-4000-800{kind}-{number:012}"
