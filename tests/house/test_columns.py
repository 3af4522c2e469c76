"""Laws for columns: Piccolo gives a nullable column a default of its own (now, today, {}) unless told otherwise."""

from piccolo.columns import Timestamptz
from piccolo.conf.apps import table_finder
from piccolo.table import Table

from tracker.tables.piccolo_app import APP_CONFIG

from .reading import ROOT, modules


def surprising(tables: list[type[Table]]) -> list[str]:
    """Return the nullable columns that would be filled with something when nobody fills them."""
    return [
        f"{table.__name__}.{column._meta.name}"
        for table in tables
        for column in table._meta.columns
        if column._meta.null and column._meta.params.get("default") is not None
    ]


def test_a_column_that_may_be_empty_is_empty_by_default() -> None:
    assert surprising(APP_CONFIG.table_classes) == []


def test_a_hidden_default_is_seen() -> None:
    class Surprise(Table):
        when = Timestamptz(null=True)

    assert surprising([Surprise]) == ["Surprise.when"]


def test_migrations_know_every_table() -> None:
    files = [file for file in modules("tracker/tables/schema") if file.stem != "__init__"]
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    every = table_finder(names, exclude_imported=True)
    assert {table.__name__ for table in every} == {table.__name__ for table in APP_CONFIG.table_classes}
