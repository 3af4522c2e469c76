"""Drafts of new action items: what they say about a meeting or an operation is shown only to people who may see it."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.core.world import DRAFT_MARK, text_on, type_into
from tracker.rules.events.events import Occurrence
from tracker.tables.schema.core.tables import Draft
from tracker.usecases.core import drafts
from tracker.usecases.events import occurrences, scheduling

TYPED = "Bluestem staging keys"


@pytest.fixture
async def raid(sqlite_cast: Cast) -> Occurrence:
    """The date of an operation that one agent and its organizer may see."""
    event_id = await scheduling.schedule_event(
        sqlite_cast.coordinator, operation(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison), NOW
    )
    return await occurrences.nearest_date(sqlite_cast.coordinator, event_id, NOW)


@pytest.fixture
async def agent(browse: SignIn, sqlite_cast: Cast) -> Browser:
    """The agent's browser."""
    return await browse(sqlite_cast.fbi_lead)


def pages_of(date: Occurrence) -> tuple[str, str]:
    """Return the two ways to the form: from the date, and with the date chosen in the form."""
    return f"/action-items?origin={date.id}", "/action-items"


async def take_off_the_list(cast: Cast, event_id: UUID) -> None:
    """Let the agent see the operation no longer."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    left = {one: role for one, role in plan.invitees.items() if one != cast.fbi_lead.member_id}
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, invitees=left), event.version, NOW, notify=False
    )


@pytest.mark.parametrize("way", [0, 1])
async def test_a_draft_about_an_operation_is_shown_only_while_its_author_may_see_the_operation(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence, way: int
) -> None:
    page = pages_of(raid)[way]
    await type_into(agent, page, title=TYPED, origin=str(raid.id))
    assert TYPED in await text_on(agent, page)
    await take_off_the_list(sqlite_cast, raid.event.id)
    assert TYPED not in await text_on(agent, page)


@pytest.mark.parametrize("way", [0, 1])
async def test_a_draft_about_an_operation_is_deleted_when_its_author_may_not_see_the_operation(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence, way: int
) -> None:
    await type_into(agent, pages_of(raid)[way], title=TYPED, origin=str(raid.id))
    await take_off_the_list(sqlite_cast, raid.event.id)
    await drafts.purge_drafts(NOW)
    assert not await Draft.exists()


@pytest.mark.parametrize("way", [0, 1])
async def test_a_page_that_was_open_when_its_person_lost_an_operation_saves_no_draft_of_it(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence, way: int
) -> None:
    found = DRAFT_MARK.search((await agent.get(pages_of(raid)[way])).text)
    assert found
    form = {"_draft": found[1], "title": TYPED, "origin": str(raid.id)}
    await take_off_the_list(sqlite_cast, raid.event.id)
    assert (await agent.post("/drafts", form)).status_code == 404
    await agent.post("/action-items", form)
    assert not await Draft.exists()


async def test_a_form_keeps_no_draft_when_it_comes_from_a_date_that_its_person_may_not_see(
    browse: SignIn, sqlite_cast: Cast, raid: Occurrence
) -> None:
    advocate = await browse(sqlite_cast.harbor_advocate)
    assert not DRAFT_MARK.search((await advocate.get(pages_of(raid)[0])).text)


async def test_a_draft_follows_the_meeting_that_is_chosen_in_its_form(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence
) -> None:
    await type_into(agent, "/action-items", title=TYPED, origin=str(raid.id))
    await type_into(agent, "/action-items", title="Book the room", origin="")
    await take_off_the_list(sqlite_cast, raid.event.id)
    assert "Book the room" in await text_on(agent, "/action-items")
