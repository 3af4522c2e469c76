"""Access to an operation that ends by itself: from its moment on, no outlet knows the operation for that person."""

from datetime import timedelta
from uuid import UUID, uuid4

from tests.cast import NOW
from tests.ical.readers import by_ical
from tests.scenarios.bluestem import BLUESTEM_DAY, BLUESTEM_FORM, SATURDAY
from tests.scenarios.office import Office, event_in, recipients
from tracker.rules.identity.passwords import ApiScope
from tracker.tables.schema.core.tables import Message
from tracker.usecases.identity import sessions
from tracker.usecases.operations.access import end_lapsed_access

UNTIL = NOW + timedelta(days=4, hours=2)
"""Saturday, December 19, 2026, at 11 AM in Chicago."""
A_SECOND = timedelta(seconds=1)


async def bluestem(office: Office) -> UUID:
    """An operation with a plan, which the IPD's liaison sees until Saturday."""
    form = {**BLUESTEM_FORM, "person": office.ids("hsi_liaison")}
    event = event_in(await office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan")
    [ipd] = office.ids("ipd_liaison")
    access = f"/events/{event}/{BLUESTEM_DAY}/plan/access"
    await office.do("fbi_lead", access, person=ipd, reason="Perimeter", until="2026-12-19", until_time="11:00")
    return event


async def test_until_that_second_the_person_sees_it_and_from_then_on_no_page_does(office: Office) -> None:
    event = await bluestem(office)
    await office.at(UNTIL - A_SECOND)
    assert "Operation Bluestem" in await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}")
    await office.at(UNTIL)
    browser = await office.browser("ipd_liaison")
    missing = await browser.get(f"/events/{uuid4()}")
    for address in (
        f"/events/{event}/{BLUESTEM_DAY}",
        f"/events/{event}/{BLUESTEM_DAY}/plan",
        f"/events/{event}/{BLUESTEM_DAY}/plan/access",
    ):
        found = await browser.get(address)
        assert (found.status_code, found.content) == (404, missing.content)
    for address in ("/", "/calendar?month=2027-05", "/search?q=Bluestem", "/messages"):
        assert "Operation Bluestem" not in (await browser.get(address)).text


async def test_the_feed_drops_it_at_that_moment_also_for_a_program_that_asks_whether_it_changed(office: Office) -> None:
    await bluestem(office)
    feed = await office.subscribe("ipd_liaison", shows_operations="yes")
    before = await office.fetch(feed)
    assert [one.title for one in by_ical(before.content)] == ["Operational period"]
    await office.at(UNTIL)
    after = await office.fetch(feed, **{"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert by_ical(after.content) == []


async def test_a_program_with_a_token_finds_nothing_from_then_on(office: Office) -> None:
    event = await bluestem(office)
    token = await sessions.create_token(office.cast.ipd_liaison, "Program", frozenset({ApiScope.EVENTS_READ}), NOW)
    program, bearer = await office.browser(None), {"Authorization": f"Bearer {token}"}
    for moment, status in ((UNTIL - A_SECOND, 200), (UNTIL, 404)):
        await office.at(moment)
        assert (await program.get(f"/api/v1/events/{event}", headers=bearer)).status_code == status


async def test_an_email_that_waits_is_skipped_with_the_reason(office: Office) -> None:
    await bluestem(office)
    await office.at(UNTIL)
    assert "ipd_liaison" not in recipients(await office.mails())
    [message] = await Message.select(Message.state, Message.reason).where(
        Message.recipient == office.cast.ipd_liaison.member_id
    )
    assert message == {"state": "suppressed", "reason": "The recipient can no longer see it."}


async def test_no_reminder_goes_to_a_person_whose_access_has_ended(office: Office) -> None:
    await bluestem(office)
    await office.mails()
    await office.at(SATURDAY)
    assert "ipd_liaison" not in recipients(await office.mails())


async def test_afterward_the_person_is_off_the_list_and_a_change_of_the_event_does_not_bring_them_back(
    office: Office,
) -> None:
    event = await bluestem(office)
    await office.at(UNTIL)
    address = f"/events/{event}/edit"
    assert (await office.fill("fbi_lead", address, address, place="Lot south", save="send")).status_code == 303
    browser = await office.browser("ipd_liaison")
    assert (await browser.get(f"/events/{event}/{BLUESTEM_DAY}")).status_code == 404
    assert await end_lapsed_access(UNTIL) == 1
    [ipd] = office.ids("ipd_liaison")
    assert f"/people/{ipd}/removal" not in await office.page("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/access")
    assert await end_lapsed_access(UNTIL) == 0


async def test_a_change_of_the_event_keeps_the_end_of_access(office: Office) -> None:
    event = await bluestem(office)
    address = f"/events/{event}/edit"
    assert (await office.fill("fbi_lead", address, address, place="Lot south", save="send")).status_code == 303
    assert "Lot south" in await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}")
    await office.at(UNTIL)
    assert (await (await office.browser("ipd_liaison")).get(f"/events/{event}/{BLUESTEM_DAY}")).status_code == 404
