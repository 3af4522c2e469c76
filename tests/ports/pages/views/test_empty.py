"""A task force of one person, with nothing in it: each list says what is missing and offers the next step."""

import pytest

from tests.cast import NOW, SECRET, ZONE
from tests.ports.browser import Browser, session_of
from tests.ports.standing import standing
from tracker.crypto import keys
from tracker.database import Engine, writing
from tracker.rules.core.viewers import Arm, Level, Role, Viewer
from tracker.rules.roster.directory import AgencyFacts, PersonFacts
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.roster import agencies, people


@pytest.fixture
async def first(sqlite_database: Engine) -> Viewer:
    """The coordinator of a task force that was set up a minute ago."""
    keys.use_secret(SECRET)
    async with writing():
        agency = await agencies.insert_agency(
            AgencyFacts(name="U.S. Attorney", code="USAO", arm=Arm.LAW_ENFORCEMENT, level=Level.FEDERAL)
        )
        member = await people.insert_member(
            PersonFacts(
                agency_id=agency,
                name="Coordinator",
                email="coordinator@usao.example",
                roles=frozenset({Role.COORDINATOR}),
                zone=ZONE,
            ),
            NOW,
        )
    return await viewer_for(member, NOW)


@pytest.mark.parametrize(
    ("path", "missing", "step"),
    [
        ("/", "0 of 5 done", "/agencies/new"),
        ("/", "No events in the next 10 days.", "/calendar"),
        ("/calendar", "No events in December.", "/schedule"),
        ("/calendar?view=list&mine=1", "that match the filters", "/calendar?month=2026-12&amp;view=list"),
        ("/calendar?view=week", "No events in the week of December 13–19, 2026", "/schedule"),
        ("/action-items", "No open items.", "#new"),
        ("/action-items?q=sheet", "No action items match.", "/action-items"),
        ("/messages", "No messages yet.", "/schedule"),
        ("/messages?state=failed", "No messages match.", "/messages"),
        ("/schedule/templates", "There are no templates yet.", "/schedule"),
        ("/people?q=nobody", "No results for “nobody”.", "/people"),
        ("/people/invitations", "No one is left to invite", "/people/new"),
        ("/people/review", "No accounts are due", "/people"),
        ("/committees", "No committees yet.", "/committees/new"),
        ("/reports", "No events were held in this period.", "/schedule"),
        ("/reports", "No action items were assigned", "/action-items"),
        ("/reports/rows?period=2026-H2&part=dates&of=held", "This number is now 0", "/reports?period=2026-H2"),
        ("/settings", "You don’t have a calendar feed yet.", "/subscriptions"),
        ("/settings", "You have no saved filters.", "/calendar"),
        ("/audit?what=messages", "No entries match.", "/audit"),
    ],
)
async def test_an_empty_page_says_what_is_missing_and_offers_the_next_step(
    first: Viewer, path: str, missing: str, step: str
) -> None:
    with standing() as app:
        main = (await Browser(app, await session_of(first, NOW)).get(path)).text.partition("<main")[2]
    assert missing in main
    assert f'href="{step}"' in main.partition(missing)[2] or f'href="{step}"' in main.partition(missing)[0][-400:]
