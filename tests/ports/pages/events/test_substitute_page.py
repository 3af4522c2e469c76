"""What the page of an event says of a person who comes in place of another: who named them, and how."""

import re
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.events.world import FIRST_DATE, row_of_person, schedule_for_committee
from tests.usecases.intake.replying import NO, email, said
from tests.usecases.intake.world import name_same_substitute
from tracker.usecases.events import replies, scheduling
from tracker.usecases.intake.received_emails import take_email


async def test_the_page_calls_who_comes_in_ones_place_a_substitute_chosen_from_the_alternates(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    address = f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    page = " ".join((await (await browse(sqlite_cast.fbi_lead)).get(address)).text.split())
    assert "<summary>Send a substitute in my place</summary>" in page
    assert "Alternates for your seat" in page
    assert "Send my substitute" in page


async def test_who_was_named_by_email_is_not_shown_as_having_replied_by_email(desk: Browser, sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_committee(sqlite_cast)
    await take_email(
        await email(cast.fbi_lead, event_id, await said(cast.fbi_lead, event_id, NO, delegate=cast.fbi_alternate.email))
    )
    page = (await desk.get(f"/events/{event_id}/{FIRST_DATE}")).text
    assert "By email, Tue, Dec 15" in row_of_person(page, "Fbi lead")
    assert "By email," not in row_of_person(page, "Fbi alternate")
    assert "Named by email by Fbi lead (FBI), Tue, Dec 15" in row_of_person(page, "Fbi alternate")


async def test_who_comes_after_all_reads_that_their_substitute_no_longer_needs_to(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    address = f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    agent = await browse(sqlite_cast.fbi_lead)
    released = "Fbi alternate (FBI) no longer needs to come in your place."
    await agent.post(f"{address}/reply", {"reply": "alternate", "substitute": str(sqlite_cast.fbi_alternate.member_id)})
    assert released not in (await agent.get(address)).text
    await agent.post(f"{address}/reply", {"reply": "yes"})
    assert released in (await agent.get(address)).text


async def test_after_a_small_move_the_organizer_reads_that_the_substitute_is_notified(
    desk: Browser, sqlite_cast: Cast
) -> None:
    cast, event_id = sqlite_cast, await schedule_for_committee(sqlite_cast)
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(plan, starts=plan.starts + timedelta(minutes=30))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, NOW)
    page = " ".join((await desk.get(f"/events/{event_id}/{FIRST_DATE}")).text.split())
    assert "Fbi alternate (FBI) is coming in place of Fbi lead (FBI). Both get emails" in page


async def test_a_substitute_can_decline_on_the_page_of_the_date(browse: SignIn, sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_committee(sqlite_cast)
    address = f"/events/{event_id}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    agent = await browse(cast.fbi_alternate)
    page = " ".join((await agent.get(address)).text.split())
    assert "I can’t come" in page
    assert "Fbi lead (FBI) gets an email, and the organizer sees it on this page." in page
    response = await agent.post(f"{address}/substitution/refusal")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#reply")
    assert "You’re no longer the substitute." in (await agent.get(address)).text
    again = await agent.post(f"{address}/substitution/refusal")
    assert again.status_code == 303
    assert "You aren’t a substitute on this date." in (await agent.get(address)).text
    seen = (await (await browse(cast.coordinator)).get(address)).text
    assert "Fbi alternate (FBI) is no longer their substitute" in row_of_person(seen, "Fbi lead")
    assert "Said by Fbi alternate (FBI)" in row_of_person(seen, "Fbi lead")
    page = " ".join((await (await browse(cast.fbi_lead)).get(address)).text.split())
    assert "Fbi alternate (FBI) can’t come in your place. Your reply is still No. To come yourself, press Yes." in page
    assert "Entered for you" not in page


async def test_the_organizer_records_a_substitute_s_no_in_the_form_for_replies(
    desk: Browser, sqlite_cast: Cast
) -> None:
    cast, address = sqlite_cast, f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    assert "Fbi alternate, substitute for Fbi lead (FBI)" in (await desk.get(address)).text
    form = {"person": str(cast.fbi_alternate.member_id), "reply": "yes", "note": ""}
    assert "A substitute already counts as coming." in (await desk.post(f"{address}/replies", form)).text
    await desk.post(f"{address}/replies", {**form, "reply": "no"})
    page = (await desk.get(address)).text
    assert "Recorded: Fbi alternate (FBI) replied No. They’ll get an email" in page
    assert "The person who named them will get one, too." in page
    assert "substitute for Fbi lead (FBI)" not in page


async def test_a_substitute_s_note_is_not_shown_as_the_note_of_the_person_who_named_them(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    cast, address = sqlite_cast, f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, NO, "I’m on leave", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    desk = await browse(cast.coordinator)
    form = {"person": str(cast.fbi_alternate.member_id), "reply": "no", "note": "Called in sick"}
    await desk.post(f"{address}/replies", form)
    row = row_of_person((await desk.get(address)).text, "Fbi lead")
    assert "I’m on leave<br>" in row
    assert "Fbi alternate (FBI) wrote: Called in sick" in row
    assert "Recorded by Coordinator (USAO)" in row
    page = " ".join((await (await browse(cast.fbi_lead)).get(address)).text.split())
    assert (
        "Fbi alternate (FBI) can’t come in your place (recorded by Coordinator (USAO)). Your reply is still No." in page
    )
    assert "Fbi alternate (FBI) wrote: “Called in sick”" in page
    assert "I’m on leave</textarea>" in page
    history = " ".join((await desk.get(address)).text.split())
    assert "No, for the substitute of Fbi lead (FBI)" in history


async def test_the_organizer_reads_that_a_substitute_who_isn_t_needed_gets_an_email(
    desk: Browser, sqlite_cast: Cast
) -> None:
    cast, address = sqlite_cast, f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    form = {"person": str(cast.fbi_lead.member_id), "reply": "yes", "note": ""}
    await desk.post(f"{address}/replies", form)
    page = (await desk.get(address)).text
    assert "replied Yes. Fbi alternate (FBI) will get an email that they’re not needed." in page
    assert "No email was sent" not in page


async def test_the_form_lists_who_comes_for_two_people_once_for_each(browse: SignIn, sqlite_cast: Cast) -> None:
    event_id, other = await name_same_substitute(sqlite_cast)
    address = f"/events/{event_id}/{FIRST_DATE}"
    desk = await browse(sqlite_cast.coordinator)
    options = dict(
        re.findall(rf'<option value="({other.member_id}:[^"]+)"[^>]*>\s*([^<]*)', (await desk.get(address)).text)
    )
    [chosen] = [value for value, label in options.items() if label.strip().endswith("for Fbi alternate (FBI)")]
    await desk.post(f"{address}/replies", {"person": chosen, "reply": "no", "note": ""})
    page = " ".join((await (await browse(other)).get(address)).text.split())
    assert "You’re the substitute for Fbi lead (FBI)." in page
