"""Events, their dates, and parts of series by programs: the same use cases and need-to-know as on pages."""

from typing import Any
from uuid import uuid4

import pytest

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.ports.api.conftest import Program, Speak
from tests.ports.api.world import NEW_MEETING, NEW_SERIES, create_event
from tests.usecases.operations.world import plan_operation
from tracker.rules.events.plans import CONFIRM_FIRST
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.events import scheduling
from tracker.usecases.operations import approvals


async def test_an_event_is_scheduled_and_read_back_as_it_was_sent(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program, NEW_SERIES)
    response = await program.get(path)
    shown = response.json()
    assert {name: shown[name] for name in NEW_MEETING} == NEW_MEETING
    assert (shown["repeat"]["every"], shown["repeat"]["count"], response.headers["etag"]) == ("weekly", 4, etag)
    dates = (await program.get(f"{path}/occurrences")).json()["items"]
    assert [one["key"] for one in dates] == ["2027-01-12", "2027-01-19", "2027-01-26", "2027-02-02"]


@pytest.mark.parametrize(("week_starts", "second"), [(0, "2027-01-17"), (6, "2027-01-24")])
async def test_a_series_of_every_second_week_counts_from_the_day_on_which_its_weeks_start(
    speak: Speak, cast: Cast, week_starts: int, second: str
) -> None:
    program = await speak(cast.coordinator)
    rule = {"every": "weekly", "interval": 2, "weekdays": [1, 6], "week_starts": week_starts, "count": 2}
    path, _ = await create_event(program, {**NEW_MEETING, "repeat": rule})
    assert (await program.get(path)).json()["repeat"]["week_starts"] == week_starts
    dates = (await program.get(f"{path}/occurrences")).json()["items"]
    assert [one["key"] for one in dates] == ["2027-01-12", second]


async def test_the_same_request_with_the_same_key_makes_one_event(speak: Speak, cast: Cast) -> None:
    program, key = await speak(cast.coordinator), {"Idempotency-Key": str(uuid4())}
    responses = [await program.ask("POST", "/events", NEW_MEETING, headers=key) for _ in range(2)]
    assert responses[0].json() == responses[1].json()
    odd = await program.ask("POST", "/events", NEW_MEETING, headers={"Idempotency-Key": "odd"})
    assert odd.status_code == 422


async def test_what_program_did_is_in_the_audit_log_by_its_port(speak: Speak, cast: Cast) -> None:
    await create_event(await speak(cast.coordinator))
    entry = await AuditEntry.select().where(AuditEntry.verb == "scheduled").first()
    assert (entry["source"], entry["actor"]) == ("api", str(cast.coordinator.member_id))


async def test_what_is_left_out_of_a_change_stays(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program)
    changed = (await program.ask("PATCH", path, {"title": "Renamed", "time": "15:00"}, match=etag)).json()
    assert (changed["title"], changed["time"], changed["minutes"], changed["place"]) == (
        "Renamed",
        "15:00",
        90,
        "Room 5",
    )


async def test_of_two_programs_with_one_etag_the_second_loses_nothing(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program)
    first = await program.ask("PATCH", path, {"title": "First"}, match=etag)
    second = await program.ask("PATCH", path, {"title": "Second"}, match=etag)
    assert (first.status_code, second.status_code) == (200, 412)
    assert (await program.get(path)).json()["title"] == "First"


async def test_a_change_needs_an_etag_that_was_given_here(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program)
    other = (await (await speak(cast.fbi_lead)).get(path)).headers["etag"]
    statuses = [
        (await program.ask("PATCH", path, {"title": "x"}, match=match)).status_code
        for match in (None, '"never given"', other, f"W/{etag}", "*")
    ]
    assert statuses == [422, 409, 409, 412, 200]


async def test_what_a_program_has_already_is_not_sent_again(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program)
    again = await program.get(path, headers={"If-None-Match": f'"x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await program.get(path, headers={"If-None-Match": '"x"'})).status_code == 200


async def test_an_event_is_canceled_and_restored(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program)
    off = await program.ask("POST", f"{path}/cancellation", {"reason": "Snow"}, match=etag)
    assert off.json()["status"] == "canceled"
    assert (await program.ask("POST", f"{path}/cancellation", {}, match="*")).status_code == 409
    back = await program.ask("POST", f"{path}/restoration", match=off.headers["etag"])
    assert back.json()["status"] == "confirmed"


async def test_a_draft_that_is_canceled_is_gone(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    path, etag = await create_event(program, {**NEW_MEETING, "status": "draft"})
    assert (await program.ask("POST", f"{path}/cancellation", {}, match=etag)).status_code == 204
    assert (await program.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"minutes": 0}, ["minutes"]),
        ({"title": " ", "kind": "party"}, ["kind", "title"]),
        ({"owner": "me", "reference": "OP-1234"}, ["owner", "reference"]),
        ({"people": [{"member_id": "odd"}]}, ["people[0].member_id"]),
        ({"time": "25:00"}, ["time"]),
        ({"title": None}, ["title"]),
        ({"video_link": "javascript:alert(1)"}, ["video_link"]),
    ],
)
async def test_what_does_not_fit_the_document_is_said_by_field(
    speak: Speak, cast: Cast, wrong: dict[str, Any], fields: list[str]
) -> None:
    response = await (await speak(cast.coordinator)).ask("POST", "/events", NEW_MEETING | wrong)
    assert response.status_code == 422
    assert sorted(one["field"] for one in response.json()["errors"]) == fields
    assert "party" not in response.text


async def test_a_word_that_cannot_be_there_is_answered_by_those_that_can(speak: Speak, cast: Cast) -> None:
    response = await (await speak(cast.coordinator)).ask("POST", "/events", NEW_MEETING | {"status": "party"})
    assert response.json()["errors"] == [
        {"field": "status", "detail": "Use one of these: draft, tentative, confirmed."}
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"visibility": "named"}, "people"),
        ({"people": [{"member_id": str(uuid4())}]}, "people"),
        ({"repeat": {"every": "weekly", "until": "2020-01-01"}}, "until"),
        ({"time_zone": "Nowhere/Nothing"}, "zone"),
        ({"is_all_day": True}, "minutes"),
        ({"date": "1066-10-14"}, "date"),
    ],
)
async def test_what_fits_the_document_and_breaks_a_rule_is_a_conflict(
    speak: Speak, cast: Cast, wrong: dict[str, Any], field: str
) -> None:
    response = await (await speak(cast.coordinator)).ask("POST", "/events", NEW_MEETING | wrong)
    assert (response.status_code, [one["field"] for one in response.json()["errors"]]) == (409, [field])


@pytest.mark.parametrize("body", [b"{", b"[" * 200_000, b'"\xff"', b"", b'{"a":' * 100_000])
async def test_what_is_no_json_cannot_be_read(speak: Speak, cast: Cast, body: bytes) -> None:
    program = await speak(cast.coordinator)
    response = await program.ask("POST", "/events", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400


async def test_anyone_who_may_not_schedule_reads_so(speak: Speak, cast: Cast) -> None:
    response = await (await speak(cast.kcpd_detective)).ask("POST", "/events", NEW_MEETING)
    assert response.status_code == 403


async def test_forbidden_and_missing_are_the_same_bytes_whatever_is_asked(speak: Speak, cast: Cast) -> None:
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    stranger = await speak(cast.caht_lead)
    for method, tail, committee in (
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("POST", "/cancellation", {}),
        ("GET", "/occurrences", None),
        ("PUT", "/reply", {"reply": "accepted"}),
        ("GET", "/occurrences/2027-01-16/attendance", None),
    ):
        hidden, other = [await stranger.ask(method, f"/events/{event}{tail}", committee) for event in (secret, uuid4())]
        assert (hidden.status_code, hidden.content) == (404, other.content), (method, tail)


async def test_a_list_is_read_page_by_page_and_new_things_disturb_nothing(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    for number in range(5):
        await create_event(program, {**NEW_MEETING, "title": f"Event {number}"})
    titles, path = [], "/events?limit=2"
    while path:
        response = await program.get(path)
        titles += [one["title"] for one in response.json()["items"]]
        await create_event(program, {**NEW_MEETING, "title": "New"}) if len(titles) == 2 else None
        path = (response.json()["next"] or "").removeprefix("/api/v1")
        assert bool(path) == ('rel="next"' in response.headers.get("link", ""))
    assert sorted(one for one in titles if one != "New") == [f"Event {number}" for number in range(5)]


async def test_a_cursor_works_for_its_reader_and_its_list_alone(speak: Speak, cast: Cast) -> None:
    program, other = await speak(cast.coordinator), await speak(cast.caht_lead)
    for _ in range(3):
        await create_event(program)
    following = (await program.get("/events?limit=1")).json()["next"].removeprefix("/api/v1")
    assert (await program.get(following)).status_code == 200
    tries = [
        await other.get(following),
        await program.get(following.replace("/events", "/action-items")),
        await program.get(f"{following[:-1]}{'A' if following[-1] != 'A' else 'B'}"),
    ]
    assert {one.status_code for one in tries} == {404}


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=odd", "unknown=1", "limit=1&limit=2"])
async def test_a_query_that_does_not_fit_the_document_is_refused(speak: Speak, cast: Cast, query: str) -> None:
    assert (await (await speak(cast.coordinator)).get(f"/events?{query}")).status_code == 422


async def test_a_look_at_a_named_event_is_recorded_as_on_its_page(speak: Speak, cast: Cast) -> None:
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    program = await speak(cast.kcpd_detective)
    for path in ("/events", f"/events/{secret}", f"/events/{secret}/occurrences/2027-01-16"):
        assert (await program.get(path)).status_code == 200
    read = await AuditEntry.select().where((AuditEntry.verb == "read") & (AuditEntry.source == "api"))
    assert {one["subject_id"] for one in read} == {str(secret)}


async def test_an_operation_says_where_its_plan_is_and_has_a_new_etag_with_each_state(speak: Speak, cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    plain = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    program = await speak(cast.kcpd_detective)
    shown = {one["id"]: one["operation_state"] for one in (await program.get("/events")).json()["items"]}
    assert shown == {str(event_id): "planning", str(plain): None}
    before = await program.get(f"/events/{event_id}")
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, NOW)
    after = await program.get(f"/events/{event_id}")
    assert (before.json()["operation_state"], after.json()["operation_state"]) == ("planning", "stood_down")
    assert before.headers["etag"] != after.headers["etag"]


async def test_a_running_series_that_moves_goes_on_as_another(speak: Speak, cast: Cast) -> None:
    rule = {"every": "weekly", "until": "2027-03-02"}
    program = await speak(cast.coordinator)
    path, etag = await create_event(program, {**NEW_MEETING, "date": "2026-12-01", "repeat": rule})
    moved = await program.ask("PATCH", path, {"time": "16:00"}, match=etag)
    assert moved.status_code == 200
    onward = moved.headers["content-location"].removeprefix("/api/v1")
    assert onward != path
    assert (await program.get(onward)).json()["time"] == "16:00"


async def test_people_are_invited_by_id(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    people = (await program.get("/people")).json()["items"]
    someone = next(one for one in people if one["name"] == cast.caht_lead.name)
    path, _ = await create_event(program, {**NEW_MEETING, "people": [{"member_id": someone["id"], "role": "optional"}]})
    replies = (await program.get(f"{path}/occurrences/2027-01-12/replies")).json()
    assert [(one["name"], one["role"]) for one in replies["people"] if one["role"] != "chair"] == [
        (someone["name"], "optional")
    ]


async def test_everything_of_a_meeting_is_there_for_anyone_who_may_see_it(speak: Speak, cast: Cast) -> None:
    event = await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    shown = (await (await speak(cast.bridge_advocate)).get(f"/events/{event}")).json()
    assert (shown["title"], shown["may_edit"]) == ("Monthly task force meeting", False)


async def test_a_program_opens_no_named_event_to_more_people(speak: Speak, cast: Cast) -> None:
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    program = await speak(cast.fbi_lead)
    etag = (await program.get(f"/events/{secret}")).headers["etag"]
    response = await program.ask("PATCH", f"/events/{secret}", {"visibility": "law_enforcement"}, match=etag)
    assert response.status_code == 403
    assert response.json()["detail"] == CONFIRM_FIRST
    assert (await program.get(f"/events/{secret}")).json()["visibility"] == "named"


async def test_a_marking_is_set_read_and_removed_and_stays_when_it_is_left_out(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    agency_id = str(cast.agencies["USAO"])
    mark = {"categories": ["LEI", "SP-INV"], "agency_id": agency_id, "decontrol_on": "2027-12-31"}
    path, etag = await create_event(program, {**NEW_MEETING, "marking": mark})
    assert (await program.get(path)).json()["marking"] == {
        **mark,
        "limit": None,
        "banner": "CUI//SP-INV/LEI",
        "agency": "U.S. Attorney's Office, Western District of Missouri",
    }
    [date] = (await program.get(f"{path}/occurrences")).json()["items"]
    assert date["banner"] == "CUI//SP-INV/LEI"
    renamed = await program.ask("PATCH", path, {"title": "Renamed"}, match=etag)
    assert renamed.json()["marking"]["banner"] == "CUI//SP-INV/LEI"
    gone = await program.ask("PATCH", path, {"marking": None}, match=renamed.headers["etag"])
    assert gone.json()["marking"] is None


async def test_only_what_is_registered_is_a_marking_and_only_law_enforcement_sets_one(speak: Speak, cast: Cast) -> None:
    mark = {"categories": ["LEI"], "agency_id": str(cast.agencies["FBI"]), "decontrol_on": "2027-12-31"}
    for wrong in ({"categories": []}, {"categories": ["LES"]}, {"limit": "SECRET"}):
        new = {**NEW_MEETING, "marking": {**mark, **wrong}}
        assert (await (await speak(cast.coordinator)).ask("POST", "/events", new)).status_code == 422
    ours = {**NEW_MEETING, "visibility": "victim_services", "marking": mark}
    response = await (await speak(cast.caht_lead)).ask("POST", "/events", ours)
    assert "Only members of law-enforcement agencies" in response.text
    for_more = {**NEW_MEETING, "marking": {**mark, "limit": "FED ONLY"}}
    response = await (await speak(cast.coordinator)).ask("POST", "/events", for_more)
    assert [one["field"] for one in response.json()["errors"]] == ["marking.limit"]


SPAN = "from=2027-01-01T00:00:00Z&to=2027-03-01T00:00:00Z"


@pytest.fixture
async def weekly_dates(cast: Cast) -> str:
    """The path of the dates of a weekly series from January 12, 2027, 10:00."""
    plan = meeting(*everyone(cast), rule=rule_for_choice("weekly", meeting().starts, count=4))
    return f"/events/{await scheduling.schedule_event(cast.coordinator, plan, NOW)}/occurrences"


async def change_date(program: Program, path: str, change: dict[str, Any]) -> dict[str, Any]:
    """Change a date as it was read, and return it."""
    etag = (await program.get(path)).headers["etag"]
    response = await program.ask("PATCH", path, change, match=etag)
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def test_a_moved_date_keeps_its_key(speak: Speak, cast: Cast, weekly_dates: str) -> None:
    program = await speak(cast.coordinator)
    moved = await change_date(program, f"{weekly_dates}/2027-01-19", {"date": "2027-01-20", "time": "15:00"})
    assert (moved["key"], moved["date"], moved["starts_at"]) == ("2027-01-19", "2027-01-20", "2027-01-20T21:00:00Z")
    assert (moved["minutes"], moved["is_changed"]) == (90, True)


async def test_no_one_is_notified_of_small_changes_unless_the_program_says_so(
    speak: Speak, cast: Cast, weekly_dates: str
) -> None:
    program, event = await speak(cast.coordinator), weekly_dates.removesuffix("/occurrences")
    await Message.delete(force=True)
    for path in (f"{weekly_dates}/2027-01-19", event):
        await change_date(program, path, {"title": "Special", "agenda": "One item 10"})
    assert await Message.count() == 0
    await change_date(program, f"{weekly_dates}/2027-01-26", {"title": "Special", "notify": "all"})
    assert await Message.count() == len(everyone(cast))


async def test_null_is_as_in_the_series_and_what_is_left_out_stays(speak: Speak, cast: Cast, weekly_dates: str) -> None:
    program, path = await speak(cast.coordinator), f"{weekly_dates}/2027-01-19"
    await change_date(program, path, {"title": "Special", "place": "Annex"})
    shown = await change_date(program, path, {"title": None, "agenda": "One item 10"})
    assert (shown["title"], shown["place"]) == ("Monthly task force meeting", "Annex")
    assert shown["agenda"] == "One item 10"


async def test_a_place_of_its_own_can_be_no_place_at_all(speak: Speak, cast: Cast, weekly_dates: str) -> None:
    shown = await change_date(await speak(cast.coordinator), f"{weekly_dates}/2027-01-19", {"place": ""})
    assert shown["place"] == ""


async def test_one_date_is_canceled_and_restored(speak: Speak, cast: Cast, weekly_dates: str) -> None:
    program, path = await speak(cast.coordinator), f"{weekly_dates}/2027-01-19"
    off = await program.ask("POST", f"{path}/cancellation", {"reason": "Holiday"}, match="*")
    assert off.json()["status"] == "canceled"
    assert (await program.get(f"{weekly_dates}/2027-01-26")).json()["status"] == "confirmed"
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


async def test_anyone_who_sees_a_date_and_may_not_change_it_reads_so(
    speak: Speak, cast: Cast, weekly_dates: str
) -> None:
    response = await (await speak(cast.caht_lead)).ask(
        "PATCH", f"{weekly_dates}/2027-01-19", {"time": "11:00"}, match="*"
    )
    assert response.status_code == 403


@pytest.mark.parametrize("key", ["2027-01-20", "odd", "2027-13-01", "0001-01-01"])
async def test_a_key_that_names_no_date_is_missing(speak: Speak, cast: Cast, weekly_dates: str, key: str) -> None:
    assert (await (await speak(cast.coordinator)).get(f"{weekly_dates}/{key}")).status_code == 404


async def test_the_dates_of_a_span_are_read_page_by_page(speak: Speak, cast: Cast, weekly_dates: str) -> None:
    program, keys, path = await speak(cast.bridge_advocate), [], f"/occurrences?{SPAN}&limit=3"
    while path:
        response = (await program.get(path)).json()
        keys += [one["key"] for one in response["items"]]
        path = (response["next"] or "").removeprefix("/api/v1")
    assert keys == ["2027-01-12", "2027-01-19", "2027-01-26", "2027-02-02"]


async def test_the_dates_of_an_event_are_read_page_by_page(speak: Speak, cast: Cast, weekly_dates: str) -> None:
    program = await speak(cast.bridge_advocate)
    first = (await program.get(f"{weekly_dates}?limit=3")).json()
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


async def test_anyone_who_loses_access_by_their_own_change_reads_that_nothing_is_left_to_show(
    speak: Speak, cast: Cast
) -> None:
    owner = await speak(cast.fbi_lead)
    new = {**NEW_SERIES, "visibility": "law_enforcement"}
    path, _ = await create_event(owner, new)
    program = await speak(cast.coordinator)
    named = {"visibility": "named", "people": [{"member_id": str(cast.kcpd_detective.member_id)}]}
    assert (await program.ask("PATCH", path, named, match="*")).status_code == 204
    assert (await program.get(path)).status_code == 404
