"""Replies by programs: one's own, and those of others as far as one may read them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, everybody, meeting
from tests.ports.api.conftest import Speak
from tracker import clock
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.replies import AnswerValue
from tracker.rules.recurrence import rule_for
from tracker.usecases.events import events
from tracker.usecases.events.recorded_replies import answer_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def event(cast: Cast) -> str:
    """The path of a weekly series to which everybody is invited, from January 12, 2027."""
    plan = meeting(*everybody(cast), rule=rule_for("weekly", meeting().starts, count=3))
    return f"/events/{await events.schedule(cast.coordinator, plan, NOW)}"


async def test_a_reply_to_a_date_counts_more_than_one_to_the_series(speak: Speak, cast: Cast, event: str) -> None:
    program = await speak(cast.caht_lead)
    assert (await program.get(f"{event}/occurrences/2027-01-19/reply")).json()["answer"] == "needs_action"
    await program.ask("PUT", f"{event}/occurrences/2027-01-19/reply", {"answer": "declined", "comment": "Away"})
    whole = await program.ask("PUT", f"{event}/reply", {"answer": "accepted"})
    assert (whole.json()["key"], whole.json()["answer"]) == ("2027-01-12", "accepted")
    one = (await program.get(f"{event}/occurrences/2027-01-19/reply")).json()
    assert (one["answer"], one["comment"]) == ("declined", "Away")


@pytest.mark.parametrize("asked", ["reply", "occurrences/2027-01-12/reply"])
async def test_a_yes_of_a_program_to_a_single_event_does_not_count_for_another_week(
    speak: Speak, cast: Cast, asked: str
) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.caht_lead), NOW)
    program = await speak(cast.caht_lead)
    await program.ask("PUT", f"/events/{event_id}/{asked}", {"answer": "accepted"})
    moved = meeting(cast.caht_lead, starts=meeting().starts + timedelta(days=7))
    await events.change(cast.coordinator, event_id, moved, 1, clock.now(), notify=False)
    later = await program.get(f"/events/{event_id}/occurrences/2027-01-19/reply")
    assert later.json()["answer"] == "needs_action"


async def test_whoever_is_not_invited_has_no_reply(speak: Speak, cast: Cast) -> None:
    other = await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    program, path = await speak(cast.caht_lead), f"/events/{other}/occurrences/2027-01-12/reply"
    assert (await program.get(path)).status_code == 404
    assert (await program.ask("PUT", path, {"answer": "accepted"})).status_code == 403


async def test_a_cancelled_date_takes_no_reply(speak: Speak, cast: Cast, event: str) -> None:
    await (await speak(cast.coordinator)).ask("POST", f"{event}/cancellation", {}, match="*")
    answer = await (await speak(cast.caht_lead)).ask("PUT", f"{event}/reply", {"answer": "accepted"})
    assert (answer.status_code, answer.json()["detail"]) == (
        409, "This date is cancelled. You do not need to answer."
    )  # fmt: skip


async def test_names_are_for_the_own_arm_and_comments_for_who_may_change_the_event(
    speak: Speak, cast: Cast, event: str
) -> None:
    advocate, path = await speak(cast.harbor_advocate), f"{event}/occurrences/2027-01-12/replies"
    await advocate.ask("PUT", f"{event}/reply", {"answer": "tentative", "comment": "By phone"})
    arm = (await (await speak(cast.caht_lead)).get(path)).json()
    everyone = (await (await speak(cast.coordinator)).get(path)).json()
    assert {one["agency"] for one in arm["people"]} == {"CAHT", "Harbor House", "Bridge Legal"}
    assert {one["comment"] for one in arm["people"]} == {""}
    assert "By phone" in {one["comment"] for one in everyone["people"]}
    assert arm["total"] == everyone["total"]
    assert len(everyone["people"]) == everyone["total"]["invited"]


async def test_needs_action_is_no_answer_that_one_can_give(speak: Speak, cast: Cast, event: str) -> None:
    answer = await (await speak(cast.caht_lead)).ask("PUT", f"{event}/reply", {"answer": "needs_action"})
    assert answer.status_code == 422


async def test_who_recorded_a_reply_for_somebody_is_told_and_ones_own_word_is_nobody_elses(
    speak: Speak, cast: Cast, event: str
) -> None:
    event_id, advocate = UUID(event.rpartition("/")[2]), cast.harbor_advocate
    await answer_for(
        cast.coordinator, event_id, "2027-01-12", advocate.member_id, AnswerValue.ACCEPTED, "", NOW, for_series=False
    )
    program, path = await speak(advocate), f"{event}/occurrences/2027-01-12"
    assert (await program.get(f"{path}/reply")).json()["entered_by"] == "Coordinator (USAO)"
    people = (await (await speak(cast.coordinator)).get(f"{path}/replies")).json()["people"]
    assert {one["name"]: one["entered_by"] for one in people if one["entered_by"]} == {
        advocate.name: "Coordinator (USAO)"
    }
    clock.start_at(NOW + timedelta(minutes=1), stands_still=True)
    own = await program.ask("PUT", f"{path}/reply", {"answer": "declined"})
    assert own.json()["entered_by"] is None


async def test_an_alternate_of_the_seat_is_sent_to_one_date_while_one_declines(speak: Speak, cast: Cast) -> None:
    of_body = {"visibility": Visibility.BODY, "body_id": cast.bodies["steering"]}
    event = f"/events/{await events.schedule(cast.coordinator, meeting(cast.fbi_lead, **of_body), NOW)}"
    program, path = await speak(cast.fbi_lead), f"{event}/occurrences/2027-01-12"
    alternate = {"stand_in": str(cast.fbi_alternate.member_id)}
    for wrong in ({"answer": "accepted", **alternate}, {"answer": "declined", "stand_in": str(uuid4())}):
        assert (await program.ask("PUT", f"{path}/reply", wrong)).status_code == 409
    mine = (await program.ask("PUT", f"{path}/reply", {"answer": "declined", **alternate})).json()
    assert mine["stand_in"] == "Fbi alternate (FBI)"
    people = (await program.get(f"{path}/replies")).json()["people"]
    assert {one["name"]: one["stands_in_for"] for one in people if one["agency"] == "FBI"} == {
        "Fbi lead": None, "Fbi alternate": "Fbi lead (FBI)",
    }  # fmt: skip
