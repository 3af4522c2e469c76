"""Attendance by programs: for who may take it, when it is open; the same mark twice is one."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.api.conftest import Speak
from tracker import clock
from tracker.rules.events.replies import ReplyValue
from tracker.tables.schema.roster import Committee
from tracker.usecases.events import replies, scheduling


@pytest.fixture
async def roll(cast: Cast) -> str:
    """The path of the attendance sheet of a meeting that takes place now; the FBI lead said yes."""
    today = meeting(
        cast.fbi_lead,
        cast.caht_lead,
        starts=datetime(2026, 12, 15, 9),  # noqa: DTZ001 - local to the zone
    )
    event = await scheduling.schedule_event(cast.coordinator, today, NOW - timedelta(days=7))
    await replies.record_own_reply(
        cast.fbi_lead, event, "2026-12-15", ReplyValue.ACCEPTED, "", NOW - timedelta(days=1), for_series=False
    )
    return f"/events/{event}/occurrences/2026-12-15/attendance"


async def test_a_mark_says_what_is_true_and_can_be_taken_back(speak: Speak, cast: Cast, roll: str) -> None:
    program, path = await speak(cast.coordinator), f"{roll}/marks/{cast.caht_lead.member_id}"
    counts = [(await program.ask("PUT", path, {"mark": mark})).json()["counts"] for mark in ("here", "here", "cleared")]
    assert [(one["here"], one["unmarked"]) for one in counts] == [(1, 2), (1, 2), (0, 3)]


async def test_everybody_who_said_yes_is_marked_at_once(speak: Speak, cast: Cast, roll: str) -> None:
    response = (await (await speak(cast.coordinator)).ask("POST", f"{roll}/replied-yes")).json()
    here = {one["name"] for one in response["lines"] if one["mark"] == "here"}
    assert here == {cast.fbi_lead.name, cast.coordinator.name}


async def test_a_walk_in_with_the_same_key_comes_once(speak: Speak, cast: Cast, roll: str) -> None:
    program, key = await speak(cast.coordinator), {"Idempotency-Key": str(uuid4())}
    guest = {"name": "Court liaison", "agency": "County Court", "mark": "remote"}
    for _ in range(2):
        response = await program.ask("POST", f"{roll}/walk-ins", guest, headers=key)
    assert (response.json()["counts"]["walk_ins"], response.json()["counts"]["remote"]) == (1, 1)
    nameless = await program.ask("POST", f"{roll}/walk-ins", {})
    assert (nameless.status_code, nameless.json()["errors"][0]["field"]) == (409, "name")


async def test_closed_attendance_takes_no_mark_until_it_is_reopened(speak: Speak, cast: Cast, roll: str) -> None:
    program, path = await speak(cast.coordinator), f"{roll}/marks/{cast.caht_lead.member_id}"
    assert (await program.ask("POST", f"{roll}/closure")).json()["closed_at"] == "2026-12-15T15:00:00Z"
    assert (await program.ask("PUT", path, {"mark": "here"})).status_code == 403
    assert (await program.ask("POST", f"{roll}/reopening")).json()["closed_at"] is None
    assert (await program.ask("PUT", path, {"mark": "here"})).status_code == 200


async def test_the_roll_is_for_who_may_take_attendance(speak: Speak, cast: Cast, roll: str) -> None:
    assert (await (await speak(cast.caht_lead)).get(roll)).status_code == 403


async def test_who_is_not_on_the_list_cannot_be_marked(speak: Speak, cast: Cast, roll: str) -> None:
    response = await (await speak(cast.coordinator)).ask("PUT", f"{roll}/marks/{uuid4()}", {"mark": "here"})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (409, "member")


async def test_who_recorded_a_mark_is_told_beside_it(speak: Speak, cast: Cast, roll: str) -> None:
    program = await speak(cast.coordinator)
    response = await program.ask("PUT", f"{roll}/marks/{cast.caht_lead.member_id}", {"mark": "here"})
    told = {one["name"]: one["entered_by"] for one in response.json()["lines"]}
    assert (told[cast.caht_lead.name], told[cast.fbi_lead.name]) == ("Coordinator (USAO)", None)


async def test_attendance_is_not_closed_before_the_meeting_begins(speak: Speak, cast: Cast, roll: str) -> None:
    clock.start_at(NOW - timedelta(minutes=10), stands_still=True)
    refused = await (await speak(cast.coordinator)).ask("POST", f"{roll}/closure")
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "You can close attendance once it begins, on Tue, Dec 15 at 9:00 AM.",
    )


async def test_a_held_date_is_canceled_only_with_what_becomes_of_its_record(
    speak: Speak, cast: Cast, roll: str
) -> None:
    program, event = await speak(cast.coordinator), roll.partition("/occurrences")[0]
    await program.ask("POST", f"{roll}/closure")
    refused = await program.ask("POST", f"{event}/cancellation", {}, match="*")
    asks = "Attendance of this date is closed. Choose whether its record stays in reports."
    assert (refused.status_code, refused.json()["errors"]) == (409, [{"field": "record", "detail": asks}])
    canceled = await program.ask("POST", f"{event}/cancellation", {"record": "keep"}, match="*")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")


async def test_the_quorum_is_told_with_its_seats_once_attendance_is_closed(speak: Speak, cast: Cast) -> None:
    await Committee.update({Committee.quorum: 2}).where(Committee.id == cast.committees["steering"])
    starts = datetime(2026, 12, 15, 9)  # noqa: DTZ001 - local to the zone
    plan = meeting(cast.fbi_lead, cast.caht_lead, starts=starts, committee_id=cast.committees["steering"])
    event = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=7))
    program, path = await speak(cast.coordinator), f"/events/{event}/occurrences/2026-12-15/attendance"
    opened = await program.ask("PUT", f"{path}/marks/{cast.fbi_lead.member_id}", {"mark": "here"})
    assert opened.json()["quorum"] is None
    found = (await program.ask("POST", f"{path}/closure")).json()["quorum"]
    assert (found["is_met"], found["filled"], found["needed"], found["both_arms"]) == (False, 1, 2, False)
    assert [one["agency"] for one in found["seats"] if one["is_filled"]] == ["FBI"]
    assert (await program.ask("POST", f"{path}/reopening")).json()["quorum"] == found
