"""Columns that do less at the start than Piccolo's: keys that copy nothing before a join, and ids that compare fast."""

import copy
import inspect
from collections.abc import Iterator

import pytest

from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, NewId
from tracker.tables.schema.events.events import Event
from tracker.tables.schema.roster import Agency, Member


@pytest.fixture
def key() -> Iterator[ForeignKey[Agency]]:
    """A key that no join has used; the agency forgets it afterward."""
    key: ForeignKey[Agency] = ForeignKey(Agency, null=False)
    key._meta.name, key._meta._table = "agency", Member
    key._setup(Member)
    yield key
    assert Agency._meta._foreign_key_references.pop() is key


def test_a_key_copies_no_column_before_a_join(key: ForeignKey[Agency]) -> None:
    assert not key._foreign_key_meta.proxy_columns
    assert not vars(key).keys() & {one._meta.name for one in Agency._meta.columns}


def test_a_join_copies_the_columns_of_the_other_table(key: ForeignKey[Agency]) -> None:
    assert key.code._meta.call_chain == [key]
    assert [one._meta.name for one in key.all_columns()] == [one._meta.name for one in Agency._meta.columns]


def test_a_copy_that_joined_leaves_the_key_as_it_was(key: ForeignKey[Agency]) -> None:
    assert copy.copy(key).code._meta.name == "code"
    assert key.code._meta.name == "code"


def test_a_name_that_the_other_table_lacks_is_an_error(key: ForeignKey[Agency]) -> None:
    with pytest.raises(AttributeError, match="has no attribute nothing"):
        key.nothing  # noqa: B018 - it raises


def test_a_join_of_two_steps_names_both_keys() -> None:
    assert [one._meta.name for one in Event.lead.agency.code._meta.call_chain] == ["lead", "agency"]


def test_a_new_id_is_compared_without_reading_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "signature", None)
    assert {NEW_ID, NewId()} > {NEW_ID}


def test_each_new_id_is_another_one() -> None:
    assert NEW_ID.python() != NEW_ID.python()
