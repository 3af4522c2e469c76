"""Scenario 2: a joint operation that several agencies rely on, number by number, by its pages and emails."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from tests.cast import Cast
from tests.ports.standing import standing
from tests.scenarios.office import Office, event_in, opened, recipients, words_of
from tests.usecases.operations.world import with_another_lead
from tracker import clock
from tracker.usecases.operations.deconfliction import compare_due

pytestmark = pytest.mark.both_engines

DAY = "2027-05-15"
SUPERVISOR = "fbi_alternate"
A, B, STAGING, OTHER_LOT = "39.0911, -94.4155", "39.0925, -94.4130", "39.0968, -94.4185", "39.0970, -94.4190"
HIDDEN_OF_LARKSPUR = ("Larkspur", "39.0925", "10:00 AM", "Parking garage")
HIDDEN_OF_BLUESTEM = ("Bluestem", "39.0968", "6:00 AM", "Motel")


class Desk(Struct, frozen=True):
    """The office, and the plan of one operation in it."""

    office: Office
    lead: str
    event: UUID

    @property
    def at(self) -> str:
        """The address of the plan."""
        return f"/events/{self.event}/{DAY}/plan"

    async def page(self, person: str) -> str:
        """Return what someone reads on the plan."""
        return await self.office.page(person, self.at)

    async def deed(self, person: str, tail: str, /, **form: Any) -> None:
        """Send a form of the plan as the page shows it."""
        reply = await self.office.fill(person, self.at, f"{self.at}{tail}", **form)
        assert reply.status_code == 303, (tail, reply.text)

    async def press(self, person: str, to: str) -> str:
        """Press the button of a state, or send what it would, and return the page after it."""
        browser = await self.office.browser(person)
        [version] = re.findall(r"Version (\d+)", (await browser.get(self.at)).text)[:1]
        await browser.post(f"{self.at}/states", {"to": to, "version": version})
        return (await browser.get(self.at)).text

    async def move(self, starts: str, ends: str) -> None:
        """Move the operation in its form, and let the clock compare."""
        address = f"/events/{self.event}/edit"
        reply = await self.office.fill(self.lead, address, address, starts=starts, ends=ends, save="send")
        assert reply.status_code == 303, reply.text
        await compare_due(clock.now())


@pytest.fixture
async def office(cast: Cast) -> AsyncIterator[Office]:
    """On each engine."""
    with standing() as app:
        async with opened(app, await with_another_lead(cast)) as found:
            yield found


async def scheduled(office: Office, lead: str, title: str, starts: str, ends: str, named: tuple[str, ...]) -> Desk:
    form = {
        "title": title,
        "date": DAY,
        "starts": starts,
        "ends": ends,
        "visibility": "named",
        "kind_shown": "joint_operation",
        "person": office.ids(*named),
        "save": "send",
    }
    reply = await office.fill(lead, "/schedule?kind=joint_operation", "/events", **form)
    desk = Desk(office, lead, event_in(reply))
    await office.do(lead, desk.at)
    return desk


async def bluestem(office: Office) -> Desk:
    """Plan Bluestem from 6 AM to noon at A, with a staging area, as far as planning."""
    named = (SUPERVISOR, "hsi_liaison", "kcpd_detective", "ipd_liaison")
    desk = await scheduled(office, "fbi_lead", "Operation Bluestem", "06:00", "12:00", named)
    [supervisor] = office.ids(SUPERVISOR)
    await desk.deed("fbi_lead", "/sites", role="target", place="Motel", coordinates=A, radius="1320")
    await desk.deed("fbi_lead", "/sites", role="staging", place="Lot north", coordinates=STAGING, radius="600")
    await desk.deed("fbi_lead", "/basics", supervisor=supervisor, disclosure="contact_only", buffer="60")
    await desk.press("fbi_lead", "planning")
    return desk


async def larkspur(office: Office) -> Desk:
    """Plan Larkspur of the KCPD's other squad, from 10 AM to 2 PM at B."""
    desk = await scheduled(office, "kcpd_alternate", "Operation Larkspur", "10:00", "14:00", ("hhs_liaison",))
    await desk.deed("kcpd_alternate", "/sites", role="target", place="Parking garage", coordinates=B, radius="1320")
    await desk.press("kcpd_alternate", "planning")
    return desk


async def in_conflict(office: Office) -> tuple[Desk, Desk]:
    """Plan both, and let the emails about their scheduling go out."""
    first = await bluestem(office)
    await office.mails()
    return first, await larkspur(office)


async def decide(desk: Desk, decision: str) -> None:
    """Choose what this side does about its conflict."""
    [action] = re.findall(rf"{desk.at}(/conflicts/[\w-]+/decisions)", await desk.page(desk.lead))
    await desk.deed(desk.lead, action, decision=decision, reason="Agreed by phone.")


async def approved(office: Office) -> Desk:
    """Step 5: the conflict is resolved, a number is there, the supervisor approves; then the KCPD acknowledges."""
    first, second = await in_conflict(office)
    await first.press("fbi_lead", "submitted")
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    await first.deed("fbi_lead", "/clearances", system="rissafe", number="RS-1042", result="no_conflict")
    kcpd = office.cast.agencies["KCPD"]
    await first.deed("kcpd_detective", "/commitments", agency=kcpd, people="4", vehicles="2")
    assert "<b>Approved</b>" in await first.press(SUPERVISOR, "approved")
    await first.deed("kcpd_detective", "/acknowledgments")
    return first


async def test_step_3_each_lead_sees_whom_to_call_and_nothing_of_the_other_operation(office: Office) -> None:
    first, second = await in_conflict(office)
    for desk, call, hidden in (
        (first, "Call Kcpd alternate (KCPD)", HIDDEN_OF_LARKSPUR),
        (second, "Call Fbi lead (FBI)", HIDDEN_OF_BLUESTEM),
    ):
        page = await desk.page(desk.lead)
        assert page.count("Open: ") == 1
        assert call in page
        assert [word for word in hidden if word in page] == []


async def test_step_3_the_officer_sees_where_and_when_both_are_and_no_content(office: Office) -> None:
    await in_conflict(office)
    page = await office.page("coordinator", "/deconfliction")
    assert "873 feet apart" in page
    assert [word for word in ("39.0911, -94.4155", "39.0925, -94.413", "6:00 AM", "10:00 AM") if word not in page] == []
    assert [word for word in ("Bluestem", "Larkspur", "Motel", "Parking garage") if word in page] == []


async def test_step_3_both_leads_and_the_officer_get_one_email_each_and_no_one_else(office: Office) -> None:
    await in_conflict(office)
    mails = [mail for mail in await office.mails() if str(mail["To"]).partition("@")[0] != "hhs_liaison"]
    assert recipients(mails) == ["coordinator", "fbi_lead", "kcpd_alternate"]
    hidden = (*HIDDEN_OF_BLUESTEM, *HIDDEN_OF_LARKSPUR, "FBI", "KCPD")
    assert [word for mail in mails for word in hidden if word in words_of(mail)] == []
    assert await office.mails() == []


async def test_step_3_the_people_of_one_operation_see_nothing_of_the_other(office: Office) -> None:
    first, second = await in_conflict(office)
    page = await first.page("kcpd_detective")
    assert [word for word in ("Open: ", "Kcpd alternate", *HIDDEN_OF_LARKSPUR) if word in page] == []
    for desk, person in ((second, "kcpd_detective"), (first, "kcpd_alternate")):
        browser = await office.browser(person)
        missing = await browser.get(f"/events/{UUID(int=1)}/{DAY}/plan")
        found = await browser.get(desk.at)
        assert (found.status_code, found.content) == (404, missing.content)


async def test_step_5_an_approval_is_refused_with_every_reason(office: Office) -> None:
    first, _ = await in_conflict(office)
    await first.press("fbi_lead", "submitted")
    page = await first.press(SUPERVISOR, "approved")
    assert "1 conflict isn’t resolved yet. There is no deconfliction number from an outside system" in page
    assert "<b>Submitted</b>" in page


async def test_step_5_a_move_that_was_announced_resolves_the_conflict_with_both_names(office: Office) -> None:
    first, second = await in_conflict(office)
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    for desk in (first, second):
        page = await desk.page(desk.lead)
        assert "Rescheduled: " in page
        assert [name for name in ("Fbi lead", "Kcpd alternate") if name not in page] == []
    assert "No open conflicts." in await office.page("coordinator", "/deconfliction")


async def test_step_5_a_move_that_was_not_announced_leaves_the_conflict_without_a_decision(office: Office) -> None:
    first, second = await in_conflict(office)
    await second.move("15:00", "18:00")
    assert "No longer in conflict: " in await first.page("fbi_lead")


async def test_step_5_both_leads_are_notified_that_it_has_ended(office: Office) -> None:
    _, second = await in_conflict(office)
    await office.mails()
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    ended = [mail for mail in await office.mails() if "The issue with your event is resolved." in words_of(mail)]
    assert recipients(ended) == ["fbi_lead", "kcpd_alternate"]
    assert [word for mail in ended for word in ("Bluestem", "Larkspur", "FBI", "KCPD") if word in words_of(mail)] == []


async def test_step_5_the_supervisor_approves_and_the_lead_cannot(office: Office) -> None:
    first, second = await in_conflict(office)
    await first.press("fbi_lead", "submitted")
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    await first.deed("fbi_lead", "/clearances", system="rissafe", number="RS-1042", result="no_conflict")
    page = await first.press("fbi_lead", "approved")
    assert "The operation lead can’t approve the plan." in page
    assert "<b>Submitted</b>" in page
    assert "<b>Approved</b>" in await first.press(SUPERVISOR, "approved")


async def test_step_6_a_start_moved_within_the_buffer_keeps_the_approval_and_resets_acknowledgments(
    office: Office,
) -> None:
    first = await approved(office)
    assert "Not every agency has acknowledged" not in await first.page("fbi_lead")
    await first.move("06:30", "12:00")
    page = await first.page("fbi_lead")
    assert "<b>Approved</b>" in page
    assert "Not every agency has acknowledged" in page


async def test_step_6_a_moved_staging_area_takes_the_plan_back_and_asks_for_a_new_number(office: Office) -> None:
    first = await approved(office)
    sites = re.findall(rf"{first.at}(/sites/[\w-]+/removal)", await first.page("fbi_lead"))
    await office.do("fbi_lead", f"{first.at}{sites[-1]}")
    await first.deed("fbi_lead", "/sites", role="staging", place="Lot south", coordinates=OTHER_LOT, radius="600")
    page = await first.page("fbi_lead")
    assert "<b>Planning</b>" in page
    assert re.search(r"RS-1042.*No longer valid", page, re.DOTALL)
    await first.press("fbi_lead", "submitted")
    assert "There is no deconfliction number from an outside system" in await first.press(SUPERVISOR, "approved")
    await first.deed("fbi_lead", "/clearances", system="rissafe", number="RS-1077", result="no_conflict")
    assert "<b>Approved</b>" in await first.press(SUPERVISOR, "approved")
