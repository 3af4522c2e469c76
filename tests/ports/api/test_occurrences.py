"""Dates by programs: named by event and key, moved and canceled one by one."""

from typing import Any

import pytest

from tests.cast import NOW, Cast, everybody, meeting
from tests.ports.api.conftest import Program, Speak
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases.events import scheduling

SPAN = "from=2027-01-01T00:00:00Z&to=2027-03-01T00:00:00Z"


@pytest.fixture
async def series(cast: Cast) -> str:
    """The path of the dates of a weekly series from January 12, 2027, 10:00."""
    plan = meeting(*everybody(cast), rule=rule_for_choice("weekly", meeting().starts, count=4))
    return f"/events/{await scheduling.schedule_event(cast.coordinator, plan, NOW)}/occurrences"


async def changed(program: Program, path: str, change: dict[str, Any]) -> dict[str, Any]:
    """Change a date as it was read, and return it."""
    etag = (await program.get(path)).headers["etag"]
    response = await program.ask("PATCH", path, change, match=etag)
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def test_a_moved_date_keeps_its_key(speak: Speak, cast: Cast, series: str) -> None:
    program = await speak(cast.coordinator)
    moved = await changed(program, f"{series}/2027-01-19", {"date": "2027-01-20", "time": "15:00"})
    assert (moved["key"], moved["date"], moved["starts_at"]) == ("2027-01-19", "2027-01-20", "2027-01-20T21:00:00Z")
    assert (moved["minutes"], moved["is_changed"]) == (90, True)


async def test_nobody_is_told_of_small_changes_unless_the_program_says_so(
    speak: Speak, cast: Cast, series: str
) -> None:
    program, event = await speak(cast.coordinator), series.removesuffix("/occurrences")
    await Message.delete(force=True)
    for path in (f"{series}/2027-01-19", event):
        await changed(program, path, {"title": "Special", "agenda": "One item 10"})
    assert await Message.count() == 0
    await changed(program, f"{series}/2027-01-26", {"title": "Special", "notify": "all"})
    assert await Message.count() == len(everybody(cast))


async def test_null_is_as_in_the_series_and_what_is_left_out_stays(speak: Speak, cast: Cast, series: str) -> None:
    program, path = await speak(cast.coordinator), f"{series}/2027-01-19"
    await changed(program, path, {"title": "Special", "place": "Annex"})
    shown = await changed(program, path, {"title": None, "agenda": "One item 10"})
    assert (shown["title"], shown["place"]) == ("Monthly task force meeting", "Annex")
    assert shown["agenda"] == "One item 10"


async def test_a_place_of_its_own_can_be_no_place_at_all(speak: Speak, cast: Cast, series: str) -> None:
    shown = await changed(await speak(cast.coordinator), f"{series}/2027-01-19", {"place": ""})
    assert shown["place"] == ""


async def test_one_date_is_canceled_and_brought_back(speak: Speak, cast: Cast, series: str) -> None:
    program, path = await speak(cast.coordinator), f"{series}/2027-01-19"
    off = await program.ask("POST", f"{path}/cancellation", {"reason": "Holiday"}, match="*")
    assert off.json()["status"] == "canceled"
    assert (await program.get(f"{series}/2027-01-26")).json()["status"] == "confirmed"
    back = await program.ask("POST", f"{path}/restoration", match=off.headers["etag"])
    assert back.json()["status"] == "confirmed"


async def test_the_date_of_a_single_event_is_changed_with_the_event(speak: Speak, cast: Cast) -> None:
    event = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    response = await (await speak(cast.coordinator)).ask(
        "PATCH", f"/events/{event}/occurrences/2027-01-12", {"time": "11:00"}, match="*"
    )
    assert (response.status_code, response.json()["detail"]) == (
        409,
        "This event has only one date. Change the event itself.",
    )


async def test_whoever_sees_a_date_and_may_not_change_it_is_told_so(speak: Speak, cast: Cast, series: str) -> None:
    response = await (await speak(cast.caht_lead)).ask("PATCH", f"{series}/2027-01-19", {"time": "11:00"}, match="*")
    assert response.status_code == 403


@pytest.mark.parametrize("key", ["2027-01-20", "odd", "2027-13-01", "0001-01-01"])
async def test_a_key_that_names_no_date_is_missing(speak: Speak, cast: Cast, series: str, key: str) -> None:
    assert (await (await speak(cast.coordinator)).get(f"{series}/{key}")).status_code == 404


async def test_the_dates_of_a_span_are_read_page_by_page(speak: Speak, cast: Cast, series: str) -> None:
    program, keys, path = await speak(cast.bridge_advocate), [], f"/occurrences?{SPAN}&limit=3"
    while path:
        response = (await program.get(path)).json()
        keys += [one["key"] for one in response["items"]]
        path = (response["next"] or "").removeprefix("/api/v1")
    assert keys == ["2027-01-12", "2027-01-19", "2027-01-26", "2027-02-02"]


async def test_the_dates_of_an_event_are_read_page_by_page(speak: Speak, cast: Cast, series: str) -> None:
    program = await speak(cast.bridge_advocate)
    first = (await program.get(f"{series}?limit=3")).json()
    rest = (await program.get(first["next"].removeprefix("/api/v1"))).json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [3, 1, None]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2027-01-01T00:00:00Z", 422),
        ("from=2027-01-01&to=2027-02-01", 422),
        ("from=2027-01-01T00:00:00&to=2027-02-01T00:00:00", 422),
        ("from=0001-01-01T00:00:00%2B14:00&to=9999-12-31T23:59:59-14:00", 200),
        ("from=2027-02-01T00:00:00Z&to=2027-01-01T00:00:00Z", 200),
    ],
)
async def test_a_span_is_two_moments_with_their_offset(speak: Speak, cast: Cast, query: str, status: int) -> None:
    assert (await (await speak(cast.coordinator)).get(f"/occurrences?{query}")).status_code == status
