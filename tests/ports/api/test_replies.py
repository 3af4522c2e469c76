"""Replies and attendance by programs: one's own, and those of others as far as one may."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, everyone, meeting
from tests.ports.api.conftest import Speak
from tracker import clock
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.roster import Committee
from tracker.usecases.events import replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for


@pytest.fixture
async def event(cast: Cast) -> str:
    """The path of a weekly series to which everyone is invited, from January 12, 2027."""
    plan = meeting(*everyone(cast), rule=rule_for_choice("weekly", meeting().starts, count=3))
    return f"/events/{await scheduling.schedule_event(cast.coordinator, plan, NOW)}"


async def test_a_reply_to_a_date_counts_more_than_one_to_the_series(speak: Speak, cast: Cast, event: str) -> None:
    program = await speak(cast.caht_lead)
    assert (await program.get(f"{event}/occurrences/2027-01-19/reply")).json()["reply"] == "needs_action"
    await program.ask("PUT", f"{event}/occurrences/2027-01-19/reply", {"reply": "declined", "comment": "Away"})
    whole = await program.ask("PUT", f"{event}/reply", {"reply": "accepted"})
    assert (whole.json()["key"], whole.json()["reply"]) == ("2027-01-12", "accepted")
    document = (await program.get(f"{event}/occurrences/2027-01-19/reply")).json()
    assert (document["reply"], document["comment"]) == ("declined", "Away")


@pytest.mark.parametrize("asked", ["reply", "occurrences/2027-01-12/reply"])
async def test_a_yes_of_a_program_to_a_single_event_does_not_count_for_another_week(
    speak: Speak, cast: Cast, asked: str
) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead), NOW)
    program = await speak(cast.caht_lead)
    await program.ask("PUT", f"/events/{event_id}/{asked}", {"reply": "accepted"})
    moved = meeting(cast.caht_lead, starts=meeting().starts + timedelta(days=7))
    await scheduling.change_event(cast.coordinator, event_id, moved, 1, clock.now())
    later = await program.get(f"/events/{event_id}/occurrences/2027-01-19/reply")
    assert later.json()["reply"] == "needs_action"


async def test_anyone_who_is_not_invited_has_no_reply(speak: Speak, cast: Cast) -> None:
    other = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    program, path = await speak(cast.caht_lead), f"/events/{other}/occurrences/2027-01-12/reply"
    assert (await program.get(path)).status_code == 404
    assert (await program.ask("PUT", path, {"reply": "accepted"})).status_code == 403


async def test_a_canceled_date_takes_no_reply(speak: Speak, cast: Cast, event: str) -> None:
    await (await speak(cast.coordinator)).ask("POST", f"{event}/cancellation", {}, match="*")
    response = await (await speak(cast.caht_lead)).ask("PUT", f"{event}/reply", {"reply": "accepted"})
    assert (response.status_code, response.json()["detail"]) == (409, "This date is canceled. You don’t need to reply.")


async def test_names_are_for_the_own_arm_and_comments_for_who_may_change_the_event(
    speak: Speak, cast: Cast, event: str
) -> None:
    advocate, path = await speak(cast.harbor_advocate), f"{event}/occurrences/2027-01-12/replies"
    await advocate.ask("PUT", f"{event}/reply", {"reply": "tentative", "comment": "By phone"})
    arm = (await (await speak(cast.caht_lead)).get(path)).json()
    everyone = (await (await speak(cast.coordinator)).get(path)).json()
    assert {one["agency"] for one in arm["people"]} == {"CAHT", "Harbor House", "Bridge Legal"}
    assert {one["comment"] for one in arm["people"]} == {""}
    assert "By phone" in {one["comment"] for one in everyone["people"]}
    assert arm["total"] == everyone["total"]
    assert len(everyone["people"]) == everyone["total"]["invited"]


async def test_needs_action_is_no_answer_that_one_can_give(speak: Speak, cast: Cast, event: str) -> None:
    response = await (await speak(cast.caht_lead)).ask("PUT", f"{event}/reply", {"reply": "needs_action"})
    assert response.status_code == 422


async def test_who_recorded_a_reply_for_someone_reads_it_and_ones_own_word_is_no_one_else_s(
    speak: Speak, cast: Cast, event: str
) -> None:
    event_id, advocate = UUID(event.rpartition("/")[2]), cast.harbor_advocate
    await record_reply_for(
        cast.coordinator, event_id, "2027-01-12", advocate.member_id, ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    program, path = await speak(advocate), f"{event}/occurrences/2027-01-12"
    assert (await program.get(f"{path}/reply")).json()["entered_by"] == "Coordinator (USAO)"
    people = (await (await speak(cast.coordinator)).get(f"{path}/replies")).json()["people"]
    assert {one["name"]: one["entered_by"] for one in people if one["entered_by"]} == {
        advocate.name: "Coordinator (USAO)"
    }
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)
    own = await program.ask("PUT", f"{path}/reply", {"reply": "declined"})
    assert own.json()["entered_by"] is None


async def test_an_alternate_of_the_seat_is_sent_to_one_date_while_one_declines(speak: Speak, cast: Cast) -> None:
    of_committee = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    event = f"/events/{await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **of_committee), NOW)}"
    program, path = await speak(cast.fbi_lead), f"{event}/occurrences/2027-01-12"
    alternate = {"substitute": str(cast.fbi_alternate.member_id)}
    for wrong in ({"reply": "accepted", **alternate}, {"reply": "declined", "substitute": str(uuid4())}):
        assert (await program.ask("PUT", f"{path}/reply", wrong)).status_code == 409
    own_document = (await program.ask("PUT", f"{path}/reply", {"reply": "declined", **alternate})).json()
    assert own_document["substitute"] == "Fbi alternate (FBI)"
    people = (await program.get(f"{path}/replies")).json()["people"]
    assert {one["name"]: (one["substitutes_for"], one["entered_by"]) for one in people if one["agency"] == "FBI"} == {
        "Fbi lead": (None, None),
        "Fbi alternate": ("Fbi lead (FBI)", "Fbi lead (FBI)"),
    }


async def test_a_substitute_s_note_is_read_by_who_named_them_and_who_may_change_the_event(
    speak: Speak, cast: Cast
) -> None:
    of_committee = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, cast.hsi_liaison, **of_committee), NOW
    )
    path = f"/events/{event_id}/occurrences/2027-01-12"
    lead = await speak(cast.fbi_lead)
    alternate = {"substitute": str(cast.fbi_alternate.member_id), "comment": "On leave"}
    await lead.ask("PUT", f"{path}/reply", {"reply": "declined", **alternate})
    said = (cast.coordinator, event_id, "2027-01-12", cast.fbi_alternate.member_id)
    await record_reply_for(*said, ReplyValue.DECLINED, "In court", NOW + timedelta(minutes=1), for_series=False)
    own_document = (await lead.get(f"{path}/reply")).json()
    assert (own_document["comment"], own_document["substitute"], own_document["substitute_note"]) == (
        "On leave",
        None,
        "In court",
    )
    for reader, notes in ((cast.coordinator, {"In court", ""}), (cast.hsi_liaison, {""})):
        people = (await (await speak(reader)).get(f"{path}/replies")).json()["people"]
        assert {one["substitute_note"] for one in people} == notes


async def test_informed_people_are_named_apart_and_in_no_number(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    new = {
        "kind": "meeting",
        "title": "Briefing",
        "visibility": "all",
        "date": "2027-01-12",
        "time": "10:00",
        "minutes": 60,
        "people": [
            {"member_id": str(cast.fbi_lead.member_id)},
            {"member_id": str(cast.hhs_liaison.member_id), "role": "informed"},
        ],
    }
    event = (await program.ask("POST", "/events", new)).json()["id"]
    document = (await program.get(f"/events/{event}/occurrences/2027-01-12/replies")).json()
    assert (document["total"]["invited"], [one["name"] for one in document["people"]]) == (
        2,
        ["Fbi lead", "Coordinator"],
    )
    assert [(one["name"], one["agency"]) for one in document["informed"]] == [("Hhs liaison", "HHS")]


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


async def test_everyone_who_said_yes_is_marked_at_once(speak: Speak, cast: Cast, roll: str) -> None:
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


async def test_the_attendance_sheet_is_for_who_may_take_attendance(speak: Speak, cast: Cast, roll: str) -> None:
    assert (await (await speak(cast.caht_lead)).get(roll)).status_code == 403


async def test_who_is_not_on_the_list_cannot_be_marked(speak: Speak, cast: Cast, roll: str) -> None:
    response = await (await speak(cast.coordinator)).ask("PUT", f"{roll}/marks/{uuid4()}", {"mark": "here"})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (409, "member")


async def test_who_recorded_a_mark_is_said_beside_it(speak: Speak, cast: Cast, roll: str) -> None:
    program = await speak(cast.coordinator)
    response = await program.ask("PUT", f"{roll}/marks/{cast.caht_lead.member_id}", {"mark": "here"})
    reported = {one["name"]: one["entered_by"] for one in response.json()["lines"]}
    assert (reported[cast.caht_lead.name], reported[cast.fbi_lead.name]) == ("Coordinator (USAO)", None)


async def test_attendance_is_not_closed_before_the_meeting_begins(speak: Speak, cast: Cast, roll: str) -> None:
    clock.start_at(NOW - timedelta(minutes=10), is_still=True)
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


async def test_the_quorum_is_said_with_its_seats_once_attendance_is_closed(speak: Speak, cast: Cast) -> None:
    await Committee.update({Committee.quorum: 2}).where(Committee.id == cast.committees["steering"])
    starts = datetime(2026, 12, 15, 9)  # noqa: DTZ001 - local to the zone
    plan = meeting(cast.fbi_lead, cast.caht_lead, starts=starts, committee_id=cast.committees["steering"])
    event = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=7))
    program, path = await speak(cast.coordinator), f"/events/{event}/occurrences/2026-12-15/attendance"
    opened = await program.ask("PUT", f"{path}/marks/{cast.fbi_lead.member_id}", {"mark": "here"})
    assert opened.json()["quorum"] is None
    quorum = (await program.ask("POST", f"{path}/closure")).json()["quorum"]
    assert (quorum["is_met"], quorum["filled"], quorum["needed"], quorum["both_arms"]) == (False, 1, 2, False)
    assert [one["agency"] for one in quorum["seats"] if one["is_filled"]] == ["FBI"]
    assert (await program.ask("POST", f"{path}/reopening")).json()["quorum"] == quorum
