"""The predicate of who may see an event, as every reader asks it."""

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tracker.tables.visible.core import rows
from tracker.usecases.events import scheduling

pytestmark = pytest.mark.both_engines

_TITLES = "SELECT e.title FROM event e WHERE MAY_SEE(e)"


async def test_a_query_that_does_not_ask_who_looks_is_refused(sqlite_cast: Cast) -> None:
    with pytest.raises(ValueError, match="does not ask who looks"):
        await rows.rows("SELECT e.title FROM event e", sqlite_cast.coordinator, "")


async def test_what_stands_beside_the_predicate_does_not_loosen_it(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead, title="Bluestem"), NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(title="Open to all"), NOW)
    by_title = (" AND e.title IN ({}, {})", "Bluestem", "Open to all")
    seen = [row["title"] for row in await rows.rows(_TITLES, cast.harbor_advocate, *by_title)]
    assert seen == ["Open to all"]
    assert len(await rows.rows(_TITLES, cast.fbi_lead, *by_title)) == 2


async def test_placeholders_before_the_predicate_take_the_first_arguments(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(title="Open to all"), NOW)
    select = "SELECT CASE WHEN e.title = {} THEN 1 ELSE 0 END AS is_it FROM event e WHERE MAY_SEE(e)"
    found = await rows.rows(select, cast.harbor_advocate, " AND e.kind = {}", "Open to all", "meeting")
    assert [row["is_it"] for row in found] == [1]
