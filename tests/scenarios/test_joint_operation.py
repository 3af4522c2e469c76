"""Scenario 2: several agencies rely on an operation, by pages or programs, and victim services get ready."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import Struct

from tests.cast import Cast
from tests.ical.readers import by_ical, by_icalendar
from tests.ports.browser import FORM_TOKEN
from tests.ports.standing import standing
from tests.scenarios.bluestem import BLUESTEM_FORM
from tests.scenarios.office import Office, event_in, open_office, recipients, words_of
from tests.scenarios.program import Json, Program, program_of, served
from tests.usecases.operations.world import A as WORLD_A
from tests.usecases.operations.world import B as WORLD_B
from tests.usecases.operations.world import with_another_lead
from tracker import clock
from tracker.rules.events.history import UNDO_FOR
from tracker.usecases.operations import readiness
from tracker.usecases.operations.deconfliction import compare_due

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
        [version] = re.findall(r'name="version" value="(\d+)"', (await browser.get(self.at)).text)[:1]
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
        async with open_office(app, await with_another_lead(cast)) as office_found:
            yield office_found


async def schedule_operation(
    office: Office, lead: str, title: str, starts: str, ends: str, named: tuple[str, ...]
) -> Desk:
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


async def plan_bluestem(office: Office) -> Desk:
    """Plan Bluestem from 6 AM to noon at A, with a staging area, as far as planning."""
    named = (SUPERVISOR, "hsi_liaison", "kcpd_detective", "ipd_liaison")
    desk = await schedule_operation(office, "fbi_lead", "Operation Bluestem", "06:00", "12:00", named)
    [supervisor] = office.ids(SUPERVISOR)
    await desk.deed("fbi_lead", "/sites", role="target", place="Motel", coordinates=A, radius="1320")
    await desk.deed("fbi_lead", "/sites", role="staging", place="Lot north", coordinates=STAGING, radius="600")
    await desk.deed("fbi_lead", "/basics", supervisor=supervisor, disclosure="contact_only", buffer="60")
    await desk.press("fbi_lead", "planning")
    return desk


async def plan_larkspur(office: Office) -> Desk:
    """Plan Larkspur of the KCPD's other squad, from 10 AM to 2 PM at B."""
    desk = await schedule_operation(office, "kcpd_alternate", "Operation Larkspur", "10:00", "14:00", ("hhs_liaison",))
    await desk.deed("kcpd_alternate", "/sites", role="target", place="Parking garage", coordinates=B, radius="1320")
    await desk.press("kcpd_alternate", "planning")
    return desk


async def plan_both(office: Office) -> tuple[Desk, Desk]:
    """Plan both, and let the emails about their scheduling go out."""
    first = await plan_bluestem(office)
    await office.emails()
    return first, await plan_larkspur(office)


async def decide(desk: Desk, decision: str) -> None:
    """Choose what this side does about its conflict."""
    [action] = re.findall(rf"{desk.at}(/conflicts/[\w-]+/decisions)", await desk.page(desk.lead))
    await desk.deed(desk.lead, action, decision=decision, reason="Agreed by phone.")


async def approve_bluestem(office: Office) -> Desk:
    """Step 5: the conflict is resolved, a number is there, the supervisor approves; then the KCPD acknowledges."""
    first, second = await plan_both(office)
    await first.press("fbi_lead", "submitted")
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    await first.deed("fbi_lead", "/clearances", system="rissafe", number="RS-1042", result="no_conflict")
    kcpd = office.cast.agencies["KCPD"]
    await first.deed("kcpd_detective", "/commitments", agency=kcpd, people="4", vehicles="2")
    assert "<b>Approved</b>" in await first.press(SUPERVISOR, "approved")
    await first.deed("kcpd_detective", "/acknowledgments")
    return first


@pytest.mark.both_engines
async def test_step_3_each_lead_sees_whom_to_call_and_nothing_of_the_other_operation(office: Office) -> None:
    first, second = await plan_both(office)
    for desk, call, hidden in (
        (first, "Call Kcpd alternate (KCPD)", HIDDEN_OF_LARKSPUR),
        (second, "Call Fbi lead (FBI)", HIDDEN_OF_BLUESTEM),
    ):
        page = await desk.page(desk.lead)
        assert page.count("Open: ") == 1
        assert call in page
        assert [word for word in hidden if word in page] == []


@pytest.mark.both_engines
async def test_step_3_the_officer_sees_where_and_when_both_are_and_no_content(office: Office) -> None:
    await plan_both(office)
    page = await office.page("coordinator", "/deconfliction")
    assert "873 feet apart" in page
    assert [word for word in ("39.0911, -94.4155", "39.0925, -94.413", "6:00 AM", "10:00 AM") if word not in page] == []
    assert [word for word in ("Bluestem", "Larkspur", "Motel", "Parking garage") if word in page] == []


@pytest.mark.both_engines
async def test_step_3_both_leads_and_the_officer_get_one_email_each_and_no_one_else(office: Office) -> None:
    await plan_both(office)
    emails = [email for email in await office.emails() if str(email["To"]).partition("@")[0] != "hhs_liaison"]
    assert recipients(emails) == ["coordinator", "fbi_lead", "kcpd_alternate"]
    hidden = (*HIDDEN_OF_BLUESTEM, *HIDDEN_OF_LARKSPUR, "FBI", "KCPD")
    assert [word for email in emails for word in hidden if word in words_of(email)] == []
    assert await office.emails() == []


@pytest.mark.both_engines
async def test_step_3_the_people_of_one_operation_see_nothing_of_the_other(office: Office) -> None:
    first, second = await plan_both(office)
    page = await first.page("kcpd_detective")
    assert [word for word in ("Open: ", "Kcpd alternate", *HIDDEN_OF_LARKSPUR) if word in page] == []
    for desk, person in ((second, "kcpd_detective"), (first, "kcpd_alternate")):
        browser = await office.browser(person)
        missing = await browser.get(f"/events/{UUID(int=1)}/{DAY}/plan")
        response = await browser.get(desk.at)
        assert (response.status_code, response.content) == (404, missing.content)


@pytest.mark.both_engines
async def test_step_5_an_approval_is_refused_with_every_reason(office: Office) -> None:
    first, _ = await plan_both(office)
    await first.press("fbi_lead", "submitted")
    page = await first.press(SUPERVISOR, "approved")
    assert "1 conflict isn’t resolved yet. There is no deconfliction number from an outside system" in page
    assert "<b>Submitted</b>" in page


@pytest.mark.both_engines
async def test_step_5_a_move_that_was_announced_resolves_the_conflict_with_both_names(office: Office) -> None:
    first, second = await plan_both(office)
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    for desk in (first, second):
        page = await desk.page(desk.lead)
        assert "Rescheduled: " in page
        assert [name for name in ("Fbi lead", "Kcpd alternate") if name not in page] == []
    assert "No open conflicts." in await office.page("coordinator", "/deconfliction")


@pytest.mark.both_engines
async def test_step_5_a_move_that_was_not_announced_leaves_the_conflict_without_a_decision(office: Office) -> None:
    first, second = await plan_both(office)
    await second.move("15:00", "18:00")
    assert "No longer in conflict: " in await first.page("fbi_lead")


@pytest.mark.both_engines
async def test_step_5_both_leads_are_notified_that_it_has_ended(office: Office) -> None:
    _, second = await plan_both(office)
    await office.emails()
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    ended = [email for email in await office.emails() if "The issue with your event is resolved." in words_of(email)]
    assert recipients(ended) == ["fbi_lead", "kcpd_alternate"]
    assert [
        word for email in ended for word in ("Bluestem", "Larkspur", "FBI", "KCPD") if word in words_of(email)
    ] == []


@pytest.mark.both_engines
async def test_step_5_the_supervisor_approves_and_the_lead_cannot(office: Office) -> None:
    first, second = await plan_both(office)
    await first.press("fbi_lead", "submitted")
    await decide(second, "reschedule")
    await second.move("15:00", "18:00")
    await first.deed("fbi_lead", "/clearances", system="rissafe", number="RS-1042", result="no_conflict")
    page = await first.press("fbi_lead", "approved")
    assert "The operation lead can’t approve the plan." in page
    assert "<b>Submitted</b>" in page
    assert "<b>Approved</b>" in await first.press(SUPERVISOR, "approved")


@pytest.mark.both_engines
async def test_step_6_a_start_moved_within_the_buffer_keeps_the_approval_and_resets_acknowledgments(
    office: Office,
) -> None:
    first = await approve_bluestem(office)
    assert "Not every agency has acknowledged" not in await first.page("fbi_lead")
    await first.move("06:30", "12:00")
    page = await first.page("fbi_lead")
    assert "<b>Approved</b>" in page
    assert "Not every agency has acknowledged" in page


@pytest.mark.both_engines
async def test_step_6_a_moved_staging_area_takes_the_plan_back_and_asks_for_a_new_number(office: Office) -> None:
    first = await approve_bluestem(office)
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


BLUESTEM = {"kind": "joint_operation", "title": "Operation Bluestem", "visibility": "named", "date": DAY}
LARKSPUR = {**BLUESTEM, "title": "Operation Larkspur"}
Of = Callable[[str], Awaitable[Program]]


@pytest.fixture
async def of(sqlite_cast: Cast) -> AsyncIterator[Of]:
    """Give the program of a person of the cast; the alternate of the KCPD leads operations too."""
    cast = await with_another_lead(sqlite_cast)
    programs: dict[str, Program] = {}
    async with AsyncExitStack() as stack:
        app = stack.enter_context(standing())
        address = await stack.enter_async_context(served(app))

        async def program(name: str) -> Program:
            if name not in programs:
                programs[name] = await stack.enter_async_context(program_of(cast.members[name], address))
            return programs[name]

        yield program


async def plan_by_program(lead: Program, event: Json, *people: str, at: tuple[float, float] = WORLD_A) -> str:
    """Schedule an operation for people by their names, plan it with one site, and return the plan's address."""
    known = {one["name"]: one["id"] for one in (await lead.get("/people"))["items"]}
    named = [{"member_id": known[one]} for one in people]
    made = await lead.do("POST", "/events", {**event, "time": "06:00", "minutes": 360, "people": named})
    await lead.do("POST", "/operations", {"event_id": made["id"]})
    plan = f"/operations/{made['id']}"
    site = {"role": "target", "place": "Lot behind the motel", "latitude": at[0], "longitude": at[1]}
    await lead.do("POST", f"{plan}/sites", site, of=plan)
    assert (await lead.do("POST", f"{plan}/states", {"to": "planning"}, of=plan))["state"] == "planning"
    return plan


async def plan_bluestem_by_program(of: Of) -> str:
    """Plan Bluestem, name its supervisor, and let the KCPD commit."""
    lead, detective = await of("fbi_lead"), await of("kcpd_detective")
    plan = await plan_by_program(lead, BLUESTEM, "Hsi liaison", "Kcpd detective")
    choices = {one["name"]: one["id"] for one in (await lead.get(plan))["supervisors"]}
    await lead.do("PATCH", plan, {"supervisor_id": choices["Hsi liaison (HSI)"]}, of=plan)
    [own_agency] = (await detective.get(plan))["agencies"]
    commitment = {"people": 4, "vehicles": 2, "skills": "K-9"}
    await detective.do("PUT", f"{plan}/commitments/{own_agency['id']}", commitment, of=plan)
    await lead.do("POST", f"{plan}/states", {"to": "submitted"}, of=plan)
    return plan


async def plan_both_by_program(of: Of) -> tuple[str, str]:
    """Plan Larkspur 873 feet from Bluestem, at the same time."""
    plan = await plan_bluestem_by_program(of)
    return plan, await plan_by_program(await of("kcpd_alternate"), LARKSPUR, "Ipd liaison", at=WORLD_B)


async def test_an_operation_is_planned_committed_to_approved_and_briefed(of: Of) -> None:
    plan = await plan_bluestem_by_program(of)
    lead, detective, supervisor = await of("fbi_lead"), await of("kcpd_detective"), await of("hsi_liaison")
    await lead.do(
        "POST", f"{plan}/clearances", {"system": "rissafe", "number": "RS-1042", "result": "no_conflict"}, of=plan
    )
    assert (await supervisor.do("POST", f"{plan}/approvals", of=plan))["state"] == "approved"
    [approval] = (await lead.get(f"{plan}/approvals"))["items"]
    assert approval["by"] == "Hsi liaison (HSI)"
    version = (await detective.get(plan))["version"]
    await detective.do("POST", f"{plan}/acknowledgments", {"version": version})
    assert (await lead.do("POST", f"{plan}/states", {"to": "briefed"}, of=plan))["state"] == "briefed"


async def test_a_supervisor_reads_every_reason_against_an_approval(of: Of) -> None:
    plan, _ = await plan_both_by_program(of)
    supervisor = await of("hsi_liaison")
    reasons = [
        "1 conflict isn’t resolved yet.",
        "There is no deconfliction number from an outside system, and no waiver.",
    ]
    assert (await supervisor.get(plan))["next"] == {"state": "approved", "refusals": reasons}
    refused = await supervisor.ask("POST", f"{plan}/approvals", of=plan)
    assert (refused.status_code, refused.json()["reasons"]) == (403, reasons)


async def test_a_conflict_is_decided_by_both_sides_that_know_no_more_than_whom_to_call(of: Of) -> None:
    plan, other = await plan_both_by_program(of)
    sides = {plan: await of("fbi_lead"), other: await of("kcpd_alternate")}
    items = [(await lead.get(f"{at}/hits"))["items"] for at, lead in sides.items()]
    assert [(one["agency"], one["lead"], one["starts_at"]) for [one] in items] == [
        ("KCPD", "Kcpd alternate", None),
        ("FBI", "Fbi lead", None),
    ]
    for (at, lead), [hit] in zip(sides.items(), items, strict=True):
        decision = {"decision": "proceed", "reason": "We share channel 2."}
        ended = await lead.do("PUT", f"{at}/hits/{hit['id']}/decision", decision, of=f"{at}/hits/{hit['id']}")
    assert ended["outcome"] == "proceed"


async def test_an_approval_of_a_plan_that_changed_meanwhile_is_refused(of: Of) -> None:
    plan = await plan_bluestem_by_program(of)
    lead, supervisor = await of("fbi_lead"), await of("hsi_liaison")
    await lead.do(
        "POST", f"{plan}/clearances", {"system": "rissafe", "number": "RS-1042", "result": "no_conflict"}, of=plan
    )
    await supervisor.get(plan)
    await lead.do("PATCH", plan, {"disclosure": "open"}, of=plan)
    assert (await supervisor.ask("POST", f"{plan}/approvals", of=plan)).status_code == 412


@pytest.mark.parametrize("name", ["coordinator", "kcpd_alternate", "caht_lead", "administrator", "auditor"])
async def test_for_the_programs_of_everyone_else_it_is_not_there(of: Of, name: str) -> None:
    plan = await plan_bluestem_by_program(of)
    program = await of(name)
    for tail in ("", "/sites", "/commitments", "/hits", "/approvals", "/acknowledgments", "/clearances"):
        response = await program.ask("GET", f"{plan}{tail}")
        missing = await program.ask("GET", f"/operations/{uuid4()}{tail}")
        assert (response.status_code, response.content) == (404, missing.content)
    assert (await program.get("/operations"))["items"] == []


WRITTEN = {
    "starts": "2027-05-14",
    "starts_at": "20:00",
    "ends": "2027-05-15",
    "ends_at": "20:00",
    "fewest": "3",
    "most": "6",
    "languages": "Spanish, Mandarin",
    "minors": "unknown",
    "needs": "Beds for one night",
    "place": "partner location 2",
    "contact": "FBI duty desk, 816-555-0100",
    "release": "2027-05-13",
    "release_at": "12:00",
}
BEFORE = datetime(2027, 5, 13, 16, 59, 59, tzinfo=UTC)
NOON = datetime(2027, 5, 13, 17, tzinfo=UTC)
SATURDAY = datetime(2027, 5, 15, 17, tzinfo=UTC)
SECRETS = ("Bluestem", "Larkspur", "6:00", "T060000", "T110000Z")


def notices_at(event: UUID) -> str:
    return f"/events/{event}/{DAY}/plan/readiness"


async def tick(office: Office, moment: datetime) -> None:
    """Let it be a moment, and let the clock of the product release what is due."""
    await office.at(moment)
    await readiness.run_due_notices(clock.now())


async def schedule_notice(office: Office) -> UUID:
    """The FBI's lead plans Bluestem, writes the notice, and schedules its release for Thursday at noon."""
    form = {**BLUESTEM_FORM, "person": office.ids("hsi_liaison")}
    event = event_in(await office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    plan, notices = f"/events/{event}/{DAY}/plan", notices_at(event)
    await office.do("fbi_lead", plan)
    to = office.ids("caht_lead", "harbor_advocate")
    assert (await office.fill("fbi_lead", notices, notices, **WRITTEN, recipient=to)).status_code == 303
    await press_state(office, event, "scheduled")
    await office.emails()
    return event


async def press_state(office: Office, event: UUID, to: str) -> None:
    """Press the button of the lead that takes the notice to a state."""
    page = await office.page("fbi_lead", notices_at(event))
    notice = page.partition(f"{notices_at(event)}/")[2].partition("/")[0]
    await office.do("fbi_lead", f"{notices_at(event)}/{notice}/states", to=to)


async def release_notice(office: Office) -> tuple[UUID, str]:
    """Return the operation and the address of its notice, after Thursday noon."""
    event = await schedule_notice(office)
    await tick(office, NOON)
    address = (await office.page("caht_lead", "/")).partition('href="/notices/')[2].partition('"')[0]
    return event, f"/notices/{address}"


async def outlets(office: Office, person: str, feed: str) -> list[str]:
    """Return what a person gets everywhere, without the mark of each form."""
    pages = [await office.page(person, path) for path in ("/", "/calendar?month=2027-05", "/messages")]
    return [FORM_TOKEN.sub("", page.partition("<main")[2]) for page in pages] + [(await office.fetch(feed)).text]


async def notified(office: Office) -> list[EmailMessage]:
    """Return the emails about a notice that have arrived since the last look."""
    return [one for one in await office.emails() if str(one["Subject"]) == "Task force notice: please sign in"]


async def test_before_thursday_noon_there_is_nothing_anywhere_for_those_who_will_get_it(office: Office) -> None:
    await office.at(BEFORE)
    feed = await office.subscribe("caht_lead")
    before = await outlets(office, "caht_lead", feed)
    await schedule_notice(office)
    await tick(office, BEFORE)
    assert await office.emails() == []
    clock.start_at(BEFORE, is_still=True)
    assert await outlets(office, "caht_lead", feed) == before


async def test_at_noon_each_of_them_gets_one_email_that_says_to_sign_in(office: Office) -> None:
    await schedule_notice(office)
    await tick(office, NOON)
    emails = await notified(office)
    assert recipients(emails) == ["caht_lead", "harbor_advocate"]
    reported = [word for email in emails for word in (*SECRETS, "Spanish", "readiness") if word in words_of(email)]
    assert set(reported) <= {"readiness"}, "the address of the notice"
    await tick(office, SATURDAY)
    assert await notified(office) == []


async def test_they_read_it_at_home_and_on_its_page_and_the_operation_is_nowhere(office: Office) -> None:
    _, address = await release_notice(office)
    for person in ("caht_lead", "harbor_advocate"):
        pages = [await office.page(person, path) for path in ("/", address, "/calendar?month=2027-05", "/search?q=op")]
        assert "3–6 people" in pages[0]
        assert "partner location 2" in pages[1]
        assert "Service readiness" in pages[2]
        assert [word for page in pages for word in SECRETS if word in page] == []


async def test_their_calendars_show_the_window_under_a_uid_of_its_own(office: Office) -> None:
    event, _ = await release_notice(office)
    feed = await office.fetch(await office.subscribe("harbor_advocate"))
    assert by_icalendar(feed.content) == by_ical(feed.content)
    [entry] = by_ical(feed.content)
    assert (f"{entry.starts:%m-%d %H}", f"{entry.ends:%m-%d %H}", entry.title) == (
        "05-15 01",
        "05-16 01",
        "Service readiness",
    )
    assert "TRANSP:TRANSPARENT" in feed.text
    assert [word for word in (*SECRETS, str(event), "LOCATION", "DESCRIPTION", "URL") if word in feed.text] == []


async def test_others_get_nothing_of_it(office: Office) -> None:
    _, address = await release_notice(office)
    for person in ("bridge_advocate", "administrator", "auditor", "coordinator", "hsi_liaison"):
        browser = await office.browser(person)
        missing, response = await browser.get(f"/notices/{uuid4()}"), await browser.get(address)
        assert (response.status_code, response.content) == (404, missing.content), person
        assert address not in (await browser.get("/")).text
        assert "Service readiness" not in (await office.fetch(await office.subscribe(person))).text


async def test_they_acknowledge_it_at_home_and_the_lead_sees_who_has(office: Office) -> None:
    event, address = await release_notice(office)
    answer = await office.do("harbor_advocate", f"{address}/acknowledgments", next="/")
    assert answer.headers["location"] == "/"
    assert "You acknowledged it" in await office.page("harbor_advocate", "/")
    assert "Acknowledged by 1 of 2." in await office.page("fbi_lead", notices_at(event))
    assert "Harbor advocate" not in await office.page("caht_lead", address)


async def test_it_is_activated_at_the_press_of_the_lead_and_closed_later(office: Office) -> None:
    event, address = await release_notice(office)
    await office.emails()
    await office.at(SATURDAY)
    await press_state(office, event, "activated")
    assert recipients(await notified(office)) == ["caht_lead", "harbor_advocate"]
    assert "Services are needed now." in await office.page("caht_lead", address)
    await press_state(office, event, "closed")
    assert await notified(office) == []
    assert "This notice is closed." in await office.page("caht_lead", address)
    assert address not in await office.page("caht_lead", "/")


async def test_canceling_the_operation_tells_them_once_that_services_are_not_needed(office: Office) -> None:
    event, address = await release_notice(office)
    feed = await office.subscribe("caht_lead")
    await office.emails()
    cancellation = f"/events/{event}/cancellation"
    assert (await office.fill("fbi_lead", cancellation, cancellation, reason="Larkspur")).status_code == 303
    for _ in range(2):
        await readiness.run_due_notices(clock.now() + UNDO_FOR)
    assert recipients(await notified(office)) == ["caht_lead", "harbor_advocate"]
    page = await office.page("caht_lead", address)
    assert "Services are not needed." in page
    calendar = (await office.fetch(feed)).text
    assert "SUMMARY:Canceled: Service readiness" in calendar
    assert "SEQUENCE:1" in calendar
    assert [word for text in (page, calendar) for word in SECRETS if word in text] == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"starts": DAY, "starts_at": "06:00"}, "The operation starts within 30 minutes of then."),
        ({"ends_at": "12:00"}, "The operation ends within 30 minutes of then."),
        ({"ends": "2027-05-14", "ends_at": "23:59"}, "Make the window at least 4 hours long."),
        ({"starts": ""}, "Choose the first day of the window."),
        ({"ends_at": ""}, "Enter when the window ends."),
        ({"needs": "Blankets, for Bluestem"}, "“Bluestem” is part of the operation. Leave it out."),
        ({"release": ""}, "Choose a day and a time, or neither."),
        ({"most": "many"}, "Enter a whole number."),
        ({"recipient": []}, "Choose who gets it."),
    ],
)
async def test_what_cannot_be_kept_is_refused_at_its_field_with_what_was_typed(
    office: Office, wrong: dict[str, Any], sentence: str
) -> None:
    form = {**BLUESTEM_FORM, "person": office.ids("hsi_liaison")}
    event = event_in(await office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    await office.do("fbi_lead", f"/events/{event}/{DAY}/plan")
    notices, to = notices_at(event), office.ids("caht_lead")
    refused = await office.fill("fbi_lead", notices, notices, **{**WRITTEN, "recipient": to, **wrong})
    assert (refused.status_code, sentence in refused.text) == (422, True)
    assert "FBI duty desk, 816-555-0100" in refused.text
