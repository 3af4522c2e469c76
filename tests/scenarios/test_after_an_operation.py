"""Scenario 2, after the operation: its debrief, the items that close it, the report, and nothing for anyone else."""

import re
from datetime import UTC, datetime
from uuid import UUID

from tests.cast import NOW
from tests.scenarios.office import Office, recipients
from tests.usecases.operations.world import over, planned
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations import plans

DAY = "2027-01-16"
LATER = datetime(2027, 1, 20, 15, tzinfo=UTC)
REPORT = "/reports?period=2027-H1"
OTHERS = ("coordinator", "caht_lead")
OUTLETS = ("/", "/calendar?month=2027-01", "/search?q=radios", "/action-items", REPORT)
SECRETS = ("Bluestem", "hot wash", "After-action", "Fix the radios")


async def debriefed(office: Office) -> str:
    """Return the address of an operation that is debriefed; FBI, HSI and KCPD took part."""
    cast = office.cast
    event_id: UUID = await planned(cast.fbi_lead, cast.hsi_liaison, cast.kcpd_detective)
    for viewer in (cast.hsi_liaison, cast.kcpd_detective):
        await plans.commit_resources(viewer, event_id, viewer.agency_id, people=4, vehicles=1, skills="", now=NOW)
    await over(cast.fbi_lead, event_id, OperationState.DEBRIEFED)
    await office.at(LATER)
    await office.mails()
    return f"/events/{event_id}/{DAY}/plan"


async def with_item(office: Office) -> tuple[str, str]:
    """Return that operation and the form of its one after-action item."""
    plan = await debriefed(office)
    await office.do("fbi_lead", f"{plan}/after/items", title="Fix the radios")
    [assign] = set(re.findall(r'href="([^"]+/after/items/[^"]+)"', await office.page("fbi_lead", f"{plan}/after")))
    return plan, assign


async def given_to_the_committee(office: Office) -> str:
    plan, assign = await with_item(office)
    form = {
        "owner_words": "caht lead",
        "due": "2027-02-15",
        "committee": str(office.cast.committees["steering"]),
        "neutral_title": "Agree on a channel",
    }
    assert (await office.fill("fbi_lead", assign, assign, **form)).status_code == 303
    return plan


async def test_an_operation_is_closed_once_its_items_have_an_owner_and_a_due_date(office: Office) -> None:
    plan, assign = await with_item(office)
    assert "The after-action item “Fix the radios” has no owner and no due date." in await office.page("fbi_lead", plan)
    form = {"owner_words": "hsi liaison", "due": "2027-02-15"}
    assert (await office.fill("fbi_lead", assign, assign, **form)).status_code == 303
    await office.fill("fbi_lead", plan, f"{plan}/states")
    assert "<b>Closed</b>" in await office.page("fbi_lead", plan)


async def test_the_report_counts_one_operation_with_three_agencies_for_those_allowed(office: Office) -> None:
    await debriefed(office)
    assert "<b>1 joint operation</b> with 3 agencies: FBI, HSI, KCPD." in await office.page("fbi_lead", REPORT)
    for person in OTHERS:
        assert "<b>Withheld.</b>" in await office.page(person, REPORT)


async def test_the_committee_gets_the_item_and_no_outlet_says_where_it_comes_from(office: Office) -> None:
    await given_to_the_committee(office)
    assert recipients(await office.mails()) == ["caht_lead"]
    for person in OTHERS:
        pages = [await office.page(person, path) for path in OUTLETS]
        assert "Agree on a channel" in "".join(pages)
        assert [word for page in pages for word in SECRETS if word in page] == [], person
