"""What the leak test asks of the API: every operation, of what all may see and of secrets."""

from collections.abc import Callable
from typing import Any

from tests.ports.worlds import Places

Ask = tuple[str, str, dict[str, Any] | None]
BASE = "/api/v1"
NOWHERE = "00000000-0000-4000-8000-000000000000"
SPANS = ("from=2026-11-01T00:00:00Z&to=2027-07-01T00:00:00Z", "from=2027-01-16T00:00:00Z&to=2027-01-17T00:00:00Z")
NEW_EVENT = {
    "kind": "meeting",
    "title": "By a program",
    "visibility": "victim_services",
    "date": "2027-01-19",
    "time": "10:00",
    "minutes": 60,
}
NEW_NOTICE = {
    "starts_at": "2027-01-20T02:00:00Z",
    "ends_at": "2027-01-21T02:00:00Z",
    "fewest": 1,
    "most": 2,
    "contact": "Duty desk",
    "recipients": [NOWHERE],
}


def _events(p: Places) -> list[tuple[str, str]]:
    open_to_all = [(str(p.event), p.event_key), (str(p.past), p.past_key)]
    return [*open_to_all, (str(p.secret_event), p.secret_key), (NOWHERE, p.event_key)]


def _of_events(method: str, tail: str = "", committee: dict[str, Any] | None = None) -> Callable[[Places], list[Ask]]:
    return lambda p: [(method, f"{BASE}/events/{event}{tail}", committee) for event, _ in _events(p)]


def _of_dates(method: str, tail: str = "", committee: dict[str, Any] | None = None) -> Callable[[Places], list[Ask]]:
    return lambda p: [
        (method, f"{BASE}/events/{event}/occurrences/{key}{tail}", committee) for event, key in _events(p)
    ]


def _of_plans(method: str, tail: str = "", body: dict[str, Any] | None = None) -> Callable[[Places], list[Ask]]:
    """Return a request about each event, and one about an operation that has a plan and a conflict."""
    return lambda p: [
        (method, f"{BASE}/operations/{event}{tail.format(hit=p.secret_hit)}", body)
        for event in (*(event for event, _ in _events(p)), p.secret_plan)
    ]


def _of_items(method: str, tail: str = "", committee: dict[str, Any] | None = None) -> Callable[[Places], list[Ask]]:
    return lambda p: [
        (method, f"{BASE}/action-items/{one}{tail}", committee) for one in (p.item, p.secret_item, "AI-ZZZZ")
    ]


def _plain(*paths: str) -> Callable[[Places], list[Ask]]:
    return lambda _: [("GET", f"{BASE}{path}", None) for path in paths]


def _new_items(p: Places) -> list[Ask]:
    return [
        (
            "POST",
            f"{BASE}/action-items",
            {
                "title": "By a program",
                "owner_id": NOWHERE,
                "due": "2026-12-20",
                "origin": {"event_id": event, "key": key},
            },
        )
        for event, key in _events(p)
    ]


API_SCRIPT: dict[str, Callable[[Places], list[Ask]]] = {
    "GET /api/v1/openapi.json": _plain("/openapi.json"),
    "GET /api/v1/me": _plain("/me"),
    "GET /api/v1/people": _plain("/people"),
    "GET /api/v1/agencies": _plain("/agencies"),
    "GET /api/v1/committees": _plain("/committees"),
    "GET /api/v1/sites": _plain("/sites"),
    "GET /api/v1/events": _plain("/events", "/events?limit=1", "/events?limit=2", "/events?cursor=forged"),
    "POST /api/v1/events": lambda _: [("POST", f"{BASE}/events", NEW_EVENT)],
    "GET /api/v1/events/{event_id}": _of_events("GET"),
    "PATCH /api/v1/events/{event_id}": _of_events("PATCH", committee={"title": "Changed"}),
    "POST /api/v1/events/{event_id}/cancellation": _of_events("POST", "/cancellation", {}),
    "POST /api/v1/events/{event_id}/restoration": _of_events("POST", "/restoration"),
    "PUT /api/v1/events/{event_id}/reply": _of_events("PUT", "/reply", {"reply": "tentative"}),
    "GET /api/v1/occurrences": _plain(*(f"/occurrences?{span}{more}" for span in SPANS for more in ("", "&limit=2"))),
    "GET /api/v1/events/{event_id}/occurrences": _of_events("GET", "/occurrences?limit=3"),
    "POST /api/v1/events/{event_id}/occurrences": _of_events(
        "POST", "/occurrences", {"date": "2027-01-15", "time": "09:00"}
    ),
    "PATCH /api/v1/events/{event_id}/occurrences/{key}/following": _of_dates("PATCH", "/following", {"place": "Annex"}),
    "POST /api/v1/events/{event_id}/occurrences/{key}/following/cancellation": _of_dates(
        "POST", "/following/cancellation", {}
    ),
    "GET /api/v1/events/{event_id}/occurrences/{key}": _of_dates("GET"),
    "PATCH /api/v1/events/{event_id}/occurrences/{key}": _of_dates("PATCH", committee={"place": "Elsewhere"}),
    "POST /api/v1/events/{event_id}/occurrences/{key}/cancellation": _of_dates("POST", "/cancellation", {}),
    "POST /api/v1/events/{event_id}/occurrences/{key}/restoration": _of_dates("POST", "/restoration"),
    "GET /api/v1/events/{event_id}/occurrences/{key}/replies": _of_dates("GET", "/replies"),
    "GET /api/v1/events/{event_id}/occurrences/{key}/reply": _of_dates("GET", "/reply"),
    "PUT /api/v1/events/{event_id}/occurrences/{key}/reply": _of_dates("PUT", "/reply", {"reply": "accepted"}),
    "GET /api/v1/events/{event_id}/occurrences/{key}/attendance": _of_dates("GET", "/attendance"),
    "PUT /api/v1/events/{event_id}/occurrences/{key}/attendance/marks/{member_id}": _of_dates(
        "PUT", f"/attendance/marks/{NOWHERE}", {"mark": "here"}
    ),
    "POST /api/v1/events/{event_id}/occurrences/{key}/attendance/replied-yes": _of_dates(
        "POST", "/attendance/replied-yes"
    ),
    "POST /api/v1/events/{event_id}/occurrences/{key}/attendance/walk-ins": _of_dates(
        "POST", "/attendance/walk-ins", {"name": "Guest"}
    ),
    "POST /api/v1/events/{event_id}/occurrences/{key}/attendance/closure": _of_dates("POST", "/attendance/closure"),
    "POST /api/v1/events/{event_id}/occurrences/{key}/attendance/reopening": _of_dates("POST", "/attendance/reopening"),
    "GET /api/v1/action-items": _plain("/action-items", "/action-items?mine=true", "/action-items?limit=1"),
    "POST /api/v1/action-items": _new_items,
    "GET /api/v1/action-items/{reference}": _of_items("GET"),
    "PATCH /api/v1/action-items/{reference}": _of_items("PATCH", committee={"note": "Seen"}),
    "POST /api/v1/action-items/{reference}/completion": _of_items("POST", "/completion"),
    "PUT /api/v1/action-items/{reference}/owner": _of_items("PUT", "/owner", {"owner_id": NOWHERE}),
    "GET /api/v1/operations": _plain("/operations", "/operations?limit=1", "/operations?cursor=forged"),
    "POST /api/v1/operations": lambda p: [
        ("POST", f"{BASE}/operations", {"event_id": str(event)})
        for event in (*(event for event, _ in _events(p)), p.secret_plan)
    ],
    "GET /api/v1/operations/{event_id}": _of_plans("GET"),
    "PATCH /api/v1/operations/{event_id}": _of_plans("PATCH", body={"disclosure": "open"}),
    "POST /api/v1/operations/{event_id}/states": _of_plans("POST", "/states", {"to": "submitted"}),
    "GET /api/v1/operations/{event_id}/approvals": _of_plans("GET", "/approvals"),
    "POST /api/v1/operations/{event_id}/approvals": _of_plans("POST", "/approvals"),
    "GET /api/v1/operations/{event_id}/returns": _of_plans("GET", "/returns"),
    "POST /api/v1/operations/{event_id}/returns": _of_plans("POST", "/returns", {"comment": "Name the medic."}),
    "GET /api/v1/operations/{event_id}/sites": _of_plans("GET", "/sites"),
    "POST /api/v1/operations/{event_id}/sites": _of_plans(
        "POST", "/sites", {"role": "staging", "place": "Lot", "latitude": 39.1, "longitude": -94.4}
    ),
    "PUT /api/v1/operations/{event_id}/sites/{site_id}": _of_plans(
        "PUT", f"/sites/{NOWHERE}", {"role": "staging", "place": "Lot", "latitude": 39.1, "longitude": -94.4}
    ),
    "DELETE /api/v1/operations/{event_id}/sites/{site_id}": _of_plans("DELETE", f"/sites/{NOWHERE}"),
    "GET /api/v1/operations/{event_id}/phases": _of_plans("GET", "/phases"),
    "POST /api/v1/operations/{event_id}/phases": _of_plans(
        "POST", "/phases", {"name": "Briefing", "starts_at": "2027-01-20T11:00:00Z"}
    ),
    "PUT /api/v1/operations/{event_id}/phases/{phase_id}": _of_plans(
        "PUT", f"/phases/{NOWHERE}", {"name": "Briefing", "starts_at": "2027-01-20T11:00:00Z"}
    ),
    "DELETE /api/v1/operations/{event_id}/phases/{phase_id}": _of_plans("DELETE", f"/phases/{NOWHERE}"),
    "PUT /api/v1/operations/{event_id}/phases/{phase_id}/times": _of_plans(
        "PUT", f"/phases/{NOWHERE}/times", {"begun_at": "2026-12-15T14:00:00Z"}
    ),
    "GET /api/v1/operations/{event_id}/commitments": _of_plans("GET", "/commitments"),
    "PUT /api/v1/operations/{event_id}/commitments/{agency_id}": _of_plans(
        "PUT", f"/commitments/{NOWHERE}", {"people": 2}
    ),
    "DELETE /api/v1/operations/{event_id}/commitments/{agency_id}": _of_plans("DELETE", f"/commitments/{NOWHERE}"),
    "GET /api/v1/operations/{event_id}/acknowledgments": _of_plans("GET", "/acknowledgments"),
    "POST /api/v1/operations/{event_id}/acknowledgments": _of_plans("POST", "/acknowledgments", {"version": 1}),
    "GET /api/v1/operations/{event_id}/clearances": _of_plans("GET", "/clearances"),
    "POST /api/v1/operations/{event_id}/clearances": _of_plans(
        "POST", "/clearances", {"system": "rissafe", "number": "1"}
    ),
    "POST /api/v1/operations/{event_id}/waivers": _of_plans("POST", "/waivers", {"reason": "No time."}),
    "GET /api/v1/operations/{event_id}/check-ins": _of_plans("GET", "/check-ins"),
    "POST /api/v1/operations/{event_id}/check-ins": _of_plans(
        "POST", "/check-ins", {"person_id": NOWHERE, "tap": "in"}
    ),
    "POST /api/v1/operations/{event_id}/check-ins/walk-ins": _of_plans("POST", "/check-ins/walk-ins", {"name": "New"}),
    "GET /api/v1/operations/{event_id}/check-ins/{person_id}": _of_plans("GET", f"/check-ins/{NOWHERE}"),
    "PUT /api/v1/operations/{event_id}/check-ins/{person_id}": _of_plans(
        "PUT", f"/check-ins/{NOWHERE}", {"time_in": None, "time_out": None, "contact": "", "assignment": ""}
    ),
    "GET /api/v1/operations/{event_id}/log": _of_plans("GET", "/log"),
    "POST /api/v1/operations/{event_id}/log": _of_plans("POST", "/log", {"text": "On scene"}),
    "GET /api/v1/operations/{event_id}/log/{entry_id}": _of_plans("GET", f"/log/{NOWHERE}"),
    "PUT /api/v1/operations/{event_id}/log/{entry_id}": _of_plans(
        "PUT", f"/log/{NOWHERE}", {"text": "On scene", "at": "2026-12-15T14:00:00Z"}
    ),
    "GET /api/v1/operations/{event_id}/readiness-notice": _of_plans("GET", "/readiness-notice"),
    "PUT /api/v1/operations/{event_id}/readiness-notice": _of_plans("PUT", "/readiness-notice", NEW_NOTICE),
    "DELETE /api/v1/operations/{event_id}/readiness-notice": _of_plans("DELETE", "/readiness-notice"),
    "POST /api/v1/operations/{event_id}/readiness-notice/states": _of_plans(
        "POST", "/readiness-notice/states", {"to": "scheduled"}
    ),
    "GET /api/v1/operations/{event_id}/hits": _of_plans("GET", "/hits"),
    "GET /api/v1/operations/{event_id}/hits/{hit_id}": _of_plans("GET", "/hits/{hit}"),
    "PUT /api/v1/operations/{event_id}/hits/{hit_id}/decision": _of_plans(
        "PUT", "/hits/{hit}/decision", {"decision": "proceed", "reason": "Fine."}
    ),
}
"""Asked with the bearer's own token, and If-Match: *, as by a program that doesn't care."""
