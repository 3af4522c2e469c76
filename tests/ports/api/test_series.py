"""Parts of a series by programs: a date and following dates, and a date beside the rule."""

from tests.cast import Cast
from tests.ports.api.conftest import Program, Speak
from tests.ports.api.world import NEW_SERIES, create_event


async def keys_of(program: Program, path: str) -> list[str]:
    """Return the keys of the dates of an event."""
    return [one["key"] for one in (await program.get(f"{path}/occurrences")).json()["items"]]


async def test_a_date_is_added_beside_the_rule(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program, NEW_SERIES)
    new = {"date": "2027-01-15", "time": "09:00"}
    added = await program.ask("POST", f"{path}/occurrences", new, match=etag)
    assert (added.status_code, added.json()["minutes"]) == (201, 90)
    assert added.headers["location"].endswith(f"{path}/occurrences/2027-01-15")
    assert await keys_of(program, path) == ["2027-01-12", "2027-01-15", "2027-01-19", "2027-01-26", "2027-02-02"]
    assert (await program.ask("POST", f"{path}/occurrences", new, match=etag)).status_code == 412
    assert (await program.ask("POST", f"{path}/occurrences", new, match="*")).status_code == 409


async def test_what_follows_a_date_goes_on_as_a_series_of_its_own(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program, NEW_SERIES)
    changed = await program.ask(
        "PATCH", f"{path}/occurrences/2027-01-26/following", {"time": "16:00", "place": "Annex"}, match=etag
    )
    onward = changed.headers["content-location"].removeprefix("/api/v1")
    assert (changed.json()["time"], changed.json()["place"], onward == path) == ("16:00", "Annex", False)
    assert await keys_of(program, path) == ["2027-01-12", "2027-01-19"]
    assert await keys_of(program, onward) == ["2027-01-26", "2027-02-02"]


async def test_a_series_is_canceled_from_a_date_on(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program, NEW_SERIES)
    ended = await program.ask("POST", f"{path}/occurrences/2027-01-26/following/cancellation", {}, match=etag)
    assert (ended.status_code, ended.json()["status"]) == (200, "confirmed")
    assert await keys_of(program, path) == ["2027-01-12", "2027-01-19"]


async def test_a_canceled_event_is_not_changed_before_it_is_back(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, _ = await create_event(program, NEW_SERIES)
    await program.ask("POST", f"{path}/cancellation", {}, match="*")
    response = await program.ask("PATCH", path, {"title": "x"}, match="*")
    assert (response.status_code, response.json()["detail"]) == (409, "This event is canceled. Restore it first.")


async def test_whoever_loses_sight_by_their_own_change_is_told_that_nothing_is_left_to_show(
    speak: Speak, cast: Cast
) -> None:
    owner = await speak(cast.fbi_lead)
    new = {**NEW_SERIES, "visibility": "law_enforcement"}
    path, _ = await create_event(owner, new)
    program = await speak(cast.coordinator)
    named = {"visibility": "named", "people": [{"member_id": str(cast.kcpd_detective.member_id)}]}
    assert (await program.ask("PATCH", path, named, match="*")).status_code == 204
    assert (await program.get(path)).status_code == 404
