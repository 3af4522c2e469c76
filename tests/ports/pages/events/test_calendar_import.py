"""The page that imports a calendar file: report first, then all of it or nothing."""

import httpx
import pytest

from tests.cast import Cast
from tests.ical.files import calendar, vevent
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed

PATH = "/calendar/import"
GOOD, BAD = vevent(), vevent("RRULE:FREQ=SECONDLY", uid="two", title="Bad one")


async def chosen(desk: Browser, content: bytes) -> httpx.Response:
    return await desk.post(PATH, files={"file": ("calendar.ics", content, "text/calendar")})


async def confirmed(desk: Browser, report: httpx.Response) -> httpx.Response:
    form = typed(report.text, PATH)
    assert form["confirmed"] == ["yes"]
    return await desk.post(PATH, {name: texts[0] for name, texts in form.items()}, files={"none": ("", b"")})


async def titles(desk: Browser) -> str:
    return (await desk.get("/calendar?month=2027-01&view=list")).text


async def test_a_file_is_shown_first_and_imported_when_it_was_confirmed(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(GOOD, vevent("STATUS:CANCELLED", uid="off", title="Called off")))
    assert report.status_code == 200
    assert "Tue, Jan 12, 2027, 10:00–11:00 AM Central" in report.text
    assert "It is canceled." in report.text
    assert "Core group" not in await titles(desk)
    done = await confirmed(desk, report)
    assert (done.status_code, done.headers["location"]) == (303, "/calendar")
    assert "Import complete: 1 event added, 1 left out. No one will get an email." in (await desk.get("/calendar")).text
    assert "Core group" in await titles(await browse(sqlite_cast.harbor_advocate))


async def test_what_an_event_would_lose_is_said_in_its_row_before_it_is_saved(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(vevent("CATEGORIES:Red", "ORGANIZER:mailto:a@b.example"), vevent(uid="two")))
    assert "1 event will differ from the file" in report.text
    assert "<li>Left out: categories.</li>" in report.text
    assert "<li>Its organizer in the file isn&#39;t kept: you&#39;re the organizer.</li>" in report.text
    assert "Core group" not in await titles(desk)


async def test_an_event_that_cannot_be_taken_stops_the_others(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(GOOD, BAD))
    assert report.status_code == 422
    assert "Row 2, Bad one: The tracker doesn&#39;t support this repeat pattern (FREQ=SECONDLY)." in report.text
    sent = {"confirmed": "yes", "calendar": calendar(GOOD, BAD).decode()}
    assert (await desk.post(PATH, sent)).status_code == 422
    assert "Core group" not in await titles(desk)


async def test_who_leaves_it_out_imports_the_others(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(GOOD, BAD))
    assert "Leave 1 out and import 1 event" in report.text
    assert (await confirmed(desk, report)).status_code == 303
    assert "Core group" in await titles(desk)


async def test_the_same_file_again_offers_nothing_to_import(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    await confirmed(desk, await chosen(desk, calendar(GOOD)))
    again = await chosen(desk, calendar(GOOD))
    assert "It’s already in the tracker." in again.text
    assert "None of the file’s events can be added." in again.text


async def test_others_than_coordinators_are_refused(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.fbi_lead)
    assert (await desk.get(PATH)).status_code == 403
    assert (await desk.post(PATH, {"confirmed": "yes", "calendar": calendar(GOOD).decode()})).status_code == 403
    assert PATH not in (await desk.get("/calendar")).text


@pytest.mark.parametrize("content", [b"", b"title,date", b"\xff\xfe"])
async def test_what_is_no_calendar_is_refused_at_the_field(browse: SignIn, sqlite_cast: Cast, content: bytes) -> None:
    response = await chosen(await browse(sqlite_cast.coordinator), content)
    assert response.status_code == 422
    assert 'href="#f-file"' in response.text
