"""Case, accents, and strokes through letters don't count when people look for words, whatever the database."""

import pytest

from tests.cast import NOW, Cast
from tracker.rules.actions.action_items import NewItem
from tracker.usecases.actions import action_items
from tracker.usecases.views.search import search_all

pytestmark = pytest.mark.both_engines

WRITTEN = "Call Đặng Łukasz Ñuñez Søren Ёлка"
ASKED = (
    "dang",
    "Đặng",
    "đặng",
    "đang",
    "lukasz",
    "Łukasz",
    "nunez",
    "ÑUÑEZ",
    "soren",
    "SØREN",
    "ёлка",
    "ЁЛКА",
    "dan lu",
)


@pytest.mark.parametrize("asked", ASKED)
async def test_a_word_is_found_whatever_its_case_and_the_accents_and_strokes_of_its_letters(
    cast: Cast, asked: str
) -> None:
    new = NewItem(title=WRITTEN, owner_id=cast.coordinator.member_id, due=NOW.date())
    await action_items.create_item(cast.coordinator, new, NOW, NOW.date())
    found = await search_all(cast.coordinator, asked, NOW)
    assert [one.title for one in found.items] == [WRITTEN]
