"""Databases as earlier releases left them: the schema by that release's migrations, the rows as it wrote them."""

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from piccolo.apps.migrations.tables import Migration
from piccolo.querystring import QueryString

from tracker.config.paths import folder
from tracker.database import changing_schema, engine, is_postgres, migrate, writing

FIRST = ("m2026_11_25_create_all_tables", "m2026_11_25_guard_the_audit_trail")
ROWS = Path(__file__).parent / "first_release.json"
"""Written by the first release for the cast of the tests; never edited."""

Rows = list[dict[str, Any]]


async def first_release(*, members: int = 0) -> dict[str, Rows]:
    """Fill the bound blank database as the first release did, with so many members more; return its rows by table."""
    await _schema()
    tables: dict[str, Rows] = json.loads(ROWS.read_text(encoding="utf-8"))
    tables["member"] += [_stranger(tables["member"][0], number) for number in range(members)]
    tables["member_role"] += [_lead(tables["member"][-1 - number], number) for number in range(members)]
    async with writing():
        for table, rows in tables.items():
            await _insert(table, rows)
    return {table: await found(table, rows[0]) for table, rows in tables.items()}


async def found(table: str, columns: dict[str, Any]) -> Rows:
    """Return what stands in these columns of a table, in a lasting order."""
    names = ", ".join(columns)
    return [dict(row) for row in await engine().run_ddl(f"SELECT {names} FROM {table} ORDER BY {names}")]


async def _schema() -> None:
    async with changing_schema():
        await Migration.create_table(if_not_exists=True)
        for name in FIRST:
            module = migrate._load(folder("migrations") / f"{name}.py")
            with redirect_stdout(StringIO()):
                await (await module.forwards()).run()
            await Migration.insert(Migration(name=module.ID, app_name=migrate.APP))


async def _insert(table: str, rows: Rows) -> None:
    if is_postgres(engine()):
        fill = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, {{}}::json)"
        await engine().run_querystring(QueryString(fill, json.dumps(rows)))
        return
    places = ", ".join(["{}"] * len(rows[0]))
    for row in rows:
        await engine().run_querystring(QueryString(f"INSERT INTO {table} VALUES ({places})", *row.values()))


def _stranger(like: dict[str, Any], number: int) -> dict[str, Any]:
    return {**like, "id": _id(1, number), "name": f"Member {number}", "email": f"member-{number}@usao.example"}


def _lead(member: dict[str, Any], number: int) -> dict[str, Any]:
    return {"id": _id(2, number), "member": member["id"], "role": "agency_lead", "body": None}


def _id(kind: int, number: int) -> str:
    return f"00000000-0000-4000-800{kind}-{number:012}"
