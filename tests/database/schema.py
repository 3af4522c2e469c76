"""What a database holds rows to, as sentences of SQL: as the table classes declare it, and as migrations made it.

Both are read out of the database by the same queries, the declared one from tables that are made for it and taken back,
so the engine itself says whether two types or two checks are the same. A sentence names its table, then what it holds.
"""

import re
from collections.abc import Iterator

from piccolo.columns import Column, ForeignKey
from piccolo.querystring import QueryString
from piccolo.table import Table, sort_table_classes

from tracker.database import engine, is_postgres, trying
from tracker.tables.schema.core.columns import Check, Constraint, Index, Unique

PATIENCE = 5.0  # seconds
_POSTGRES = (
    """SELECT attrelid::regclass::text AS of, attname || ' ' || format_type(atttypid, atttypmod)
              || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END AS what
         FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped""",
    """SELECT conrelid::regclass::text AS of, pg_get_constraintdef(oid) AS what
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0""",
    """SELECT indrelid::regclass::text AS of, pg_get_indexdef(indexrelid) AS what
         FROM pg_index JOIN pg_class c ON c.oid = indexrelid
        WHERE relnamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)""",
)
_SQLITE = (
    """SELECT t.name AS of, c.name || ' ' || c.type || CASE WHEN c."notnull" THEN ' NOT NULL' ELSE '' END AS what
         FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'""",
    """SELECT t.name AS of, 'FOREIGN KEY (' || f."from" || ') REFERENCES ' || f."table" || ' (' || f."to"
              || ') ON DELETE ' || f.on_delete || ' ON UPDATE ' || f.on_update AS what
         FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'""",
    """SELECT t.name AS of, CASE i.origin WHEN 'pk' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END || ' ('
              || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
              || ')' AS what
         FROM sqlite_master t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND i.origin <> 'c'""",
    """SELECT tbl_name AS of, sql AS what FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL""",
)
_OWN_INDEXES = ("event_index", "item_index", "person_index")
"""Full-text indexes, which have other tables on each engine and no table class; tests of search say what they find."""
_TABLES_OF_SQLITE = "SELECT name AS of, sql FROM sqlite_master WHERE type = 'table'"


async def declared(tables: list[type[Table]]) -> set[str]:
    """Return what these table classes declare; the bound database is blank, and blank again afterward."""
    async with trying(PATIENCE):
        for table in sort_table_classes(tables):
            for statement in _statements(table):
                await engine().run_ddl(statement)
        return await present()


async def present() -> set[str]:
    """Return what holds in the bound database, but for full-text indexes and the record of migrations."""
    rows = [row for query in _queries() for row in await engine().run_querystring(QueryString(query))]
    if not is_postgres(engine()):
        tables = await engine().run_querystring(QueryString(_TABLES_OF_SQLITE))
        rows += [{"of": row["of"], "what": f"CHECK ({check})"} for row in tables for check in _checks(row["sql"])]
    others = ("migration", *_OWN_INDEXES)
    return {" ".join(f"{row['of']}: {row['what']}".split()) for row in rows if not row["of"].startswith(others)}


def _queries() -> tuple[str, ...]:
    return _POSTGRES if is_postgres(engine()) else _SQLITE


def _checks(sql: str) -> Iterator[str]:
    """Yield the text in the brackets of each CHECK: SQLite keeps it unchanged, and nowhere else."""
    for start in re.finditer(r"\bCHECK\s*\(", sql):
        depth, end = 1, start.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield sql[start.end() : end - 1]


def _statements(table: type[Table]) -> Iterator[str]:
    """Yield the statements that make a table as its class declares it."""
    name, constraints = table._meta.tablename, _constraints(table)
    rules = [_rule(one) for one in constraints if not isinstance(one, Index)]
    yield f"CREATE TABLE {name} ({', '.join([*map(_column, table._meta.columns), *rules])})"
    for column in table._meta.columns:
        if column._meta.index:
            yield f"CREATE INDEX {name}_{column._meta.name} ON {name} ({column._meta.name})"
    for constraint in constraints:
        if isinstance(constraint, Index):
            kind, where = (
                "UNIQUE INDEX" if constraint.is_unique else "INDEX",
                f" WHERE {constraint.where}" if constraint.where else "",
            )
            yield f"CREATE {kind} {constraint.name} ON {name} ({', '.join(constraint.columns)}){where}"


def _constraints(table: type[Table]) -> tuple[Constraint, ...]:
    value: tuple[Constraint, ...] = getattr(table, "constraints", ())
    return value


def _rule(check: Unique | Check) -> str:
    return f"UNIQUE ({', '.join(check.columns)})" if isinstance(check, Unique) else f"CHECK ({check.sql})"


def _column(column: Column) -> str:
    """Return a column in SQL, without its default: that is in the class."""
    meta = column._meta
    words = [meta.name, column.column_type]
    words += ["PRIMARY KEY"] * meta.primary_key + ["NOT NULL"] * (not meta.null) + ["UNIQUE"] * meta.unique
    if isinstance(column, ForeignKey):
        key = column._foreign_key_meta
        words.append(f"REFERENCES {key.resolved_references._meta.tablename} (id) ON DELETE {key.on_delete.value}")
    return " ".join(words)
