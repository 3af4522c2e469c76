"""The activity log by programs: an entry counts once, and a correction takes what was read."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.cast import NOW, Cast
from tests.ports.api.conftest import Program, Speak
from tests.usecases.operations.world import let_in, planned
from tracker import clock

FIVE = datetime(2027, 1, 16, 11, tzinfo=NOW.tzinfo)
"""5 AM in Kansas City, an hour before the operation."""


async def bluestem(cast: Cast) -> str:
    event_id = await planned(cast.fbi_lead, cast.hsi_liaison, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.hsi_liaison, event_id, cast.caht_lead)
    clock.start_at(FIVE, stands_still=True)
    return f"/operations/{event_id}/log"


async def entries(program: Program, path: str) -> list[dict[str, Any]]:
    return [one for one in (await program.get(path)).json()["items"] if one["source"] == "entry"]


async def test_an_entry_is_in_the_log_at_its_time_with_what_the_tracker_recorded(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    written = await lead.ask("POST", path, {"text": "On scene", "waited": 600})
    assert written.json()["may_write"] is True
    [line] = await entries(lead, path)
    assert (line["text"], line["at"], line["by"]) == ("On scene", "2027-01-16T10:50:00Z", "Fbi lead (FBI)")
    assert "State: Planning" in {one["text"] for one in written.json()["items"] if one["source"] == "recorded"}


async def test_the_same_entry_sent_twice_is_one(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    key = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        assert (await lead.ask("POST", path, {"text": "On scene"}, headers=key)).status_code == 200
    assert len(await entries(lead, path)) == 1


async def test_a_correction_of_an_entry_that_was_corrected_since_is_refused(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    await lead.ask("POST", path, {"text": "On scene"})
    [line] = await entries(lead, path)
    entry, to = f"{path}/{line['entry_id']}", {"text": "Entry made", "at": "2027-01-16T10:30:00Z"}
    read = (await lead.get(entry)).headers["etag"]
    corrected = (await lead.ask("PUT", entry, to, match=read)).json()
    assert (corrected["text"], corrected["at"], corrected["earlier"][0]["text"]) == (*to.values(), "On scene")
    assert (await lead.ask("PUT", entry, to, match=read)).status_code == 412
    late = await lead.ask("PUT", entry, {**to, "at": "2027-01-16T12:00:00Z"}, match="*")
    assert (late.status_code, late.json()["errors"][0]["field"]) == (409, "at")


async def test_people_correct_their_own_entries_alone(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    await lead.ask("POST", path, {"text": "On scene"})
    detective = await speak(cast.kcpd_detective)
    [line] = await entries(detective, path)
    assert line["may_correct"] is False
    to = {"text": "Elsewhere", "at": line["at"]}
    assert (await detective.ask("PUT", f"{path}/{line['entry_id']}", to, match="*")).status_code == 403
    assert (await detective.ask("POST", path, {"text": "Scene secure"})).status_code == 200


async def test_victim_services_on_the_operation_find_no_log(speak: Speak, cast: Cast) -> None:
    path, lead, advocate = await bluestem(cast), await speak(cast.fbi_lead), await speak(cast.caht_lead)
    await lead.ask("POST", path, {"text": "On scene"})
    [line] = await entries(lead, path)
    asks = [
        await advocate.get(path),
        await advocate.get(f"{path}/{line['entry_id']}"),
        await advocate.ask("POST", path, {"text": "On scene"}),
    ]
    assert {(one.status_code, one.content) for one in asks} == {(404, asks[0].content)}
    assert (await lead.get(f"{path}/{uuid4()}")).status_code == 404
