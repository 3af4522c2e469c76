"""Bring the database to the newest schema, one process at a time; other processes only check that it is there."""

from collections.abc import Awaitable, Callable
from contextlib import redirect_stdout
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from io import StringIO
from pathlib import Path
from types import ModuleType

from piccolo.apps.migrations.tables import Migration

from tracker.config.installation import folder
from tracker.database import changing_schema, engine, is_postgres

APP = "tracker"
OURS = folder("migrations")
"""The migrations of this release: 0001_create_all_tables.py, 0002_…; each runs once, in the order of the numbers."""


class WrongSchema(Exception):
    """The database's schema is not the one of this release; the text says what to do."""


class SchemaBehind(WrongSchema):
    """The database lacks migrations that this release needs."""


class SchemaAhead(WrongSchema):
    """A newer release has changed the database."""


def statements(sql: str) -> Callable[[], Awaitable[None]]:
    """Return a step for `MigrationManager.add_raw` that runs the statements of `sql`, each ended by `;` and newline.

    Types are PostgreSQL's; Piccolo knows an interval on SQLite by the type name SECONDS.
    """

    async def run() -> None:
        bound = engine()
        text = sql if is_postgres(bound) else sql.replace(" INTERVAL ", " SECONDS ").replace(" BIGINT ", " INTEGER ")
        for statement in filter(None, (part.strip() for part in text.split(";\n"))):
            await bound.run_ddl(statement)

    return run


async def migrate(migrations: Path = OURS) -> list[str]:
    """Run pending migrations on the bound engine, in one transaction with their records; return their names.

    That transaction is the lock: a second runner waits for it on both engines, and then finds nothing to do.
    `migrations` is the folder of a release; tests pass another one. Errors: SchemaAhead.
    """
    async with changing_schema():
        await Migration.create_table(if_not_exists=True)
        await _refuse_unknown(migrations)
        missing = {file.stem: _load(file) for file in await _missing(migrations)}
        for name, module in missing.items():
            manager = await module.forwards()
            with redirect_stdout(StringIO()):  # Piccolo prints as it goes
                await manager.run()
            await Migration.insert(Migration(name=name, app_name=APP))
    return list(missing)


async def check_schema(migrations: Path = OURS) -> None:
    """Raise `SchemaBehind` or `SchemaAhead`; workers call this and never migrate themselves."""
    if not await Migration.table_exists():
        raise SchemaBehind("The database is empty. Run `tracker migrate`.")
    if behind := [file.stem for file in await _missing(migrations)]:
        raise SchemaBehind(f"The database lacks {', '.join(behind)}. Run `tracker migrate`.")
    await _refuse_unknown(migrations)


def on_our_schema(work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
    """Return work that raises `SchemaAhead` instead when a newer release has changed the database meanwhile.

    A worker of the old release that was not stopped before the upgrade must not continue.
    """

    async def run() -> object:
        await check_schema()
        return await work()

    return run


async def unknown_migrations(migrations: Path = OURS) -> list[str]:
    """Return the migrations that ran in this database and are unknown to this release."""
    known = {file.stem for file in _files(migrations)}
    return sorted(set(await Migration.get_migrations_which_ran(app_name=APP)) - known)


def migration_names() -> list[str]:
    """Return the names of the migrations of this release, in the order in which they run."""
    return [file.stem for file in _files(OURS)]


def newest() -> str:
    """Return the name of the newest migration of this release."""
    return migration_names()[-1]


async def _refuse_unknown(migrations: Path) -> None:
    if ahead := await unknown_migrations(migrations):
        raise SchemaAhead(f"A newer release has changed the database: {', '.join(ahead)}. Run that release.")


async def _missing(migrations: Path) -> list[Path]:
    done = set(await Migration.get_migrations_which_ran(app_name=APP))
    return [file for file in _files(migrations) if file.stem not in done]


@cache
def _files(migrations: Path) -> list[Path]:
    """Return the migrations of a release as first listed by this process, because an upgrade changes the folder."""
    return sorted(migrations.glob("[0-9][0-9][0-9][0-9]_*.py"))


def _load(path: Path) -> ModuleType:
    loader = SourceFileLoader(path.stem, str(path))
    spec = spec_from_loader(path.stem, loader)
    assert spec is not None  # noqa: S101 - a file loader always gives one
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
