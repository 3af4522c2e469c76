"""Changing a table that SQLite's ALTER TABLE cannot change, without losing the rows that refer to it."""

from collections.abc import Sequence

from tracker.database.binding import changing_schema, engine, is_postgres


async def rebuild_table(
    table: str, *, create: str, copy: str, then: Sequence[str] = (), postgres: Sequence[str] = ()
) -> None:
    """Rebuild `table` on SQLite; on PostgreSQL run the plain ALTER statements in `postgres`.

    `create` makes and `copy` fills `<table>_new`; `then` makes the indexes and triggers again, which are dropped with
    the old table. Inside `changing_schema()` it is part of that transaction; alone it is one. Inside `writing()` on
    SQLite it raises TransactionError before it touches a row.
    """
    swap = (
        "PRAGMA legacy_alter_table=ON",  # or the triggers of other tables would have to know a table at this moment
        f'DROP TABLE "{table}"',
        f'ALTER TABLE "{table}_new" RENAME TO "{table}"',
        "PRAGMA legacy_alter_table=OFF",
    )
    async with changing_schema():
        for statement in postgres if is_postgres(engine()) else (create, copy, *swap, *then):
            await engine().run_ddl(statement)
