"""Need-to-know: people who may not see an event get the same bytes in a world that has it and in one that has not.

The script speaks to every route of the application; a route without an entry fails the first test. It grows with them.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar

from tests.cast import NOW
from tests.ports.api_script import API_SCRIPT
from tests.ports.browser import Browser, app_settings
from tests.ports.worlds import Places, Worlds, build, open_world
from tracker.app import create_app
from tracker.crypto import ids
from tracker.ports.http import forms
from tracker.ports.http.forms import DraftMark
from tracker.rules.core.drafts import DraftForm
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import LAW_ENFORCEMENT_ONLY

Ask = tuple[str, str, dict[str, str]]
NOWHERE = "00000000-0000-4000-8000-000000000000"
WORDS = ("canary", "Bluestem", "Larkspur", "Quillfeather")
OF_OPERATIONS = tuple(
    kind.label
    for kind in (
        *sorted(LAW_ENFORCEMENT_ONLY),
        MessageKind.COMPARISONS_REPORTED,
        MessageKind.EMERGENCY_ACCESS,
        MessageKind.PLAN_APPROVAL,
    )
)
"""Kinds of emails that only people who plan operations get."""
NARROWED = (
    "&visibility=named",
    "&visibility=law_enforcement",
    "&agency=KCPD",
    "&agency=FBI",
    "&committee=Canary+Working+Group",
)
"""How the calendar is narrowed to where the secrets are."""
STRANGERS_OF_OPERATIONS = ("harbor_advocate", "caht_lead", "bridge_advocate")


def _events(p: Places) -> list[tuple[str, str]]:
    open_to_all = [(str(p.event), p.event_key), (str(p.past), p.past_key)]
    return [*open_to_all, (str(p.secret_event), p.secret_key), (NOWHERE, p.event_key)]


def _of_dates(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [(method, f"/events/{event}/{key}{tail}", form) for event, key in _events(p)]


def _of_plans(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    """Return a request about each date, and one about an operation that has a plan and a conflict."""
    return lambda p: [
        (method, f"/events/{event}/{key}/plan{tail.format(hit=p.secret_hit)}", form)
        for event, key in (*_events(p), (str(p.secret_plan), p.secret_plan_key))
    ]


def _of_events(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [(method, f"/events/{event}{tail}", form) for event, _ in _events(p)]


def _of_items(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [(method, f"/action-items/{one}{tail}", form) for one in (p.item, p.secret_item, "AI-ZZZZ")]


def _of_people(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [(method, f"/people/{one}{tail}", form) for one in (p.person, p.secret_person, NOWHERE)]


def _of_agencies(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [
        (method, f"/agencies/{one}{tail}", form) for one in (p.agency, p.other_agency, p.secret_agency, NOWHERE)
    ]


def _of_polls(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [(method, f"/polls/{one}{tail}", form) for one in (p.secret_poll, NOWHERE)]


def _of_proposals(tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [("POST", f"/proposals/{one}/refusal{tail}", form) for one in (p.secret_proposal, NOWHERE)]


def _of_committees(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [(method, f"/committees/{one}{tail}", form) for one in (p.committee, p.secret_committee, NOWHERE)]


def _of_emails(deed: str, p: Places) -> list[Ask]:
    return [
        ("POST", f"/events/{event}/{key}/email-replies/{email}/{deed}", {"person": str(p.person)})
        for event, key in _events(p)
        for email in (p.secret_email, NOWHERE)
    ]


def _of_answers(deed: str, p: Places) -> list[Ask]:
    return [("POST", f"/email-replies/{email}/{deed}", {}) for email in (p.secret_answer, NOWHERE)]


def _of_seats(method: str, tail: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda p: [
        (method, f"/committees/{committee}/seats/{agency}{tail}", form)
        for committee, agency in ((p.committee, p.agency), (p.secret_committee, p.other_agency), (NOWHERE, NOWHERE))
    ]


def _plain(*asks: str) -> Callable[[Places], list[Ask]]:
    return lambda _: [("GET", path, {}) for path in asks]


def _post(path: str, **form: str) -> Callable[[Places], list[Ask]]:
    return lambda _: [("POST", path, form)]


def _of_drafts(tail: str) -> Callable[[Places], list[Ask]]:
    """Return requests about drafts with the mark of each person, of forms about events that they may not all see."""
    return lambda p: [
        ("POST", f"/drafts{tail}", {"_draft": _mark(member, event), "title": "Unsent"})
        for member in p.everyone_invited
        for event in (p.event, p.secret_event, UUID(NOWHERE))
    ]


def _drafts_of_items(p: Places) -> list[Ask]:
    """Return requests that save a draft of a new item from a date that not all may see, chosen in the form."""
    return [
        ("POST", "/drafts", {"_draft": _mark(member, None, DraftForm.NEW_ITEM), "title": "Unsent", "origin": str(date)})
        for member in p.everyone_invited
        for date in (p.secret_date, NOWHERE, "")
    ]


def _mark(member: UUID, event: UUID | None, form: DraftForm = DraftForm.EVENT) -> str:
    return forms.field_of_mark(
        DraftMark(
            member_id=member,
            form=form,
            subject=str(event or ""),
            event_id=event,
            page=f"/events/{event}/edit",
            tab=UUID(NOWHERE),
            shown=None,
            until=NOW + forms.LIFETIME,
        )
    )


def _file_of(event: object) -> str:
    """Return a calendar file that names an event of the site by its UID, as a feed of it would."""
    return f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:{event}\r\nSUMMARY:Copy\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


PERIODS = ("2026-H2", "2026-12", "FY2027-Q1", "FY2027")


def _rows(path: str) -> list[str]:
    parts = {
        "places": ("invited", "present", "attended", "here", "unmarked", "walk_in", "odd"),
        "dates": ("held", "canceled"),
        "items": ("given", "open", "not_due", "closed"),
    }
    return [
        f"/reports/{path}?period={period}&part={part}&of={measure}"
        for period in ("2026-H2", "FY2027")
        for part, measures in parts.items()
        for measure in measures
    ]


SCRIPT: dict[str, Callable[[Places], list[Ask]]] = {
    "GET /": _plain("/"),
    "GET /calendar": _plain(
        *(
            f"/calendar?month={month}&view={view}{more}"
            for month in ("2026-12", "2027-01", "2027-02", "odd")
            for view in ("month", "list")
            for more in ("", "&kind=joint_operation", "&mine=1", "&canceled=1", *NARROWED)
        ),
        *(
            f"/calendar?view=week&date={day}{more}"
            for day in ("2026-12-09", "2026-12-16", "2027-01-12", "2027-01-16", "2027-02-06", "odd")
            for more in ("", "&kind=joint_operation", *NARROWED)
        ),
    ),
    "GET /calendar/import": _plain("/calendar/import"),
    "POST /calendar/import": lambda p: [
        ("POST", "/calendar/import", {"calendar": _file_of(event), **more})
        for event, _ in _events(p)
        for more in ({}, {"confirmed": "yes"})
    ],
    "GET /search": _plain(
        "/search", "/search?q=canary", "/search?q=Operation", "/search?q=bluestem+lot", "/search?q=%25", "/search?q=op"
    ),
    "GET /help": _plain("/help"),
    "GET /help/{name}": _plain("/help/attendance", "/help/canary"),
    "GET /events": _plain("/events"),
    "POST /events": _post("/events", title="Unsent"),
    "GET /schedule": lambda p: [
        *(("GET", f"/schedule?like={event}", {}) for event, _ in _events(p)),
        *(("GET", f"/schedule{more}", {}) for more in ("", "?kind=joint_operation", "?date=2027-01-16")),
        ("GET", "/schedule?quick=1&date=2027-01-16&starts=10:00", {}),
        *(("GET", f"/schedule?template={one}", {}) for one in (p.secret_template, NOWHERE)),
    ],
    "GET /schedule/templates": _plain("/schedule/templates"),
    "POST /schedule/templates": lambda p: [
        (
            "POST",
            "/schedule/templates",
            {"template_name": "Mine", "committee": str(committee), "visibility": "committee"},
        )
        for committee in (p.committee, p.secret_committee, NOWHERE)
    ],
    "POST /schedule/templates/{template_id}/removal": lambda p: [
        ("POST", f"/schedule/templates/{one}/removal", {}) for one in (p.secret_template, NOWHERE)
    ],
    "GET /schedule/preview": _plain("/schedule/preview?date=2027-01-16&repeat=weekly"),
    "POST /schedule/summary": lambda p: [
        ("POST", "/schedule/summary", {"date": day, "starts": "05:30", "ends": "06:30", "place": place, **more})
        for day in ("2027-01-20", "2027-01-21")
        for place in ("USAO conference room", "usao  conference room, 400 E 9th St", "Canary Street")
        for more in ({}, {"repeat": "weekly"}, {"event": str(p.event)}, {"event": str(p.secret_event)})
    ],
    "POST /schedule/people": lambda p: [
        ("POST", "/schedule/people", {"add": str(one), "agency": "all", **more})
        for one in (p.person, p.secret_person, NOWHERE)
        for more in ({}, {"event": str(p.event)}, {"event": str(p.secret_event)})
    ],
    "POST /schedule/people/{agency_id}": lambda p: [
        ("POST", f"/schedule/people/{one}", more)
        for one in (p.agency, p.other_agency, NOWHERE)
        for more in ({}, {"event": str(p.event)}, {"event": str(p.secret_event)})
    ],
    "POST /schedule/matches": lambda p: [
        ("POST", "/schedule/matches", {"find": words, **more})
        for words in ("canary", "quill", "kcpd", "a")
        for more in ({}, {"event": str(p.event)}, {"event": str(p.secret_event)})
    ],
    "GET /sites": _plain("/sites"),
    "GET /sites/new": _plain("/sites/new"),
    "POST /sites/new": _post("/sites/new", name="New"),
    "GET /sites/{site_id}/edit": lambda p: [("GET", f"/sites/{one}/edit", {}) for one in (p.site, NOWHERE)],
    "POST /sites/{site_id}/edit": lambda p: [
        ("POST", f"/sites/{one}/edit", {"name": "New", "version": "1"}) for one in (p.site, NOWHERE)
    ],
    "POST /schedule/times": lambda p: [
        ("POST", "/schedule/times", {"date": day, "starts": "10:00", "ends": "11:00", "person": people, **more})
        for people in (list(map(str, (*p.everyone_invited, p.secret_person))),)
        for day in ("2027-01-11", "2027-01-29")
        for more in (
            {},
            {"event": str(p.event)},
            {"event": str(p.secret_event)},
            {"committee": str(p.secret_committee)},
        )
    ],
    "GET /events/{event_id}": _of_events("GET", ""),
    "GET /events/{event_id}/edit": lambda p: [
        *_of_events("GET", "/edit")(p),
        *(("GET", f"/events/{p.event}/edit?proposal={one}", {}) for one in (p.secret_proposal, NOWHERE)),
    ],
    "POST /events/{event_id}/edit": _of_events("POST", "/edit", title="Changed", version="1"),
    "GET /events/{event_id}/cancellation": _of_events("GET", "/cancellation"),
    "POST /events/{event_id}/cancellation": _of_events("POST", "/cancellation", version="1"),
    "POST /events/{event_id}/undo": lambda p: [
        ("POST", f"/events/{event}/undo", {"change": str(change), "key": key})
        for event, key in _events(p)
        for change in (event, p.secret_event)
    ],
    "POST /events/{event_id}/restoration": _of_events("POST", "/restoration", version="1"),
    "GET /events/{event_id}/dates": _of_events("GET", "/dates"),
    "POST /events/{event_id}/dates": _of_events("POST", "/dates", date="2027-01-21", starts="10:00", version="1"),
    "POST /events/{event_id}/dates/impact": _of_events("POST", "/dates/impact", date="2027-01-20", starts="10:00"),
    "GET /events/{event_id}/poll": _of_events("GET", "/poll"),
    "POST /events/{event_id}/poll": _of_events("POST", "/poll", save="ask"),
    "POST /proposals/{proposal_id}/refusal": _of_proposals("", comment="No"),
    "POST /proposals/{proposal_id}/refusal/removal": _of_proposals("/removal"),
    "GET /polls/{poll_id}": _of_polls("GET", ""),
    "GET /polls/{poll_id}/table": _of_polls("GET", "/table"),
    "POST /polls/{poll_id}/replies": _of_polls("POST", "/replies"),
    "GET /polls/{poll_id}/date": _of_polls("GET", f"/date?date={NOWHERE}"),
    "POST /polls/{poll_id}/date": _of_polls("POST", "/date", date=NOWHERE),
    "POST /polls/{poll_id}/nudges": _of_polls("POST", "/nudges"),
    "POST /polls/{poll_id}/nudges/removal": _of_polls("POST", "/nudges/removal", at=NOW.isoformat()),
    "POST /polls/{poll_id}/requests": _of_polls("POST", "/requests"),
    "GET /polls/{poll_id}/cancellation": _of_polls("GET", "/cancellation"),
    "POST /polls/{poll_id}/cancellation": _of_polls("POST", "/cancellation"),
    "POST /polls/{poll_id}/restoration": _of_polls("POST", "/restoration"),
    "GET /events/{event_id}/{key}": _of_dates("GET", ""),
    "POST /events/{event_id}/{key}/reply": _of_dates("POST", "/reply", reply="accepted"),
    "POST /events/{event_id}/{key}/substitution/refusal": _of_dates("POST", "/substitution/refusal"),
    "POST /events/{event_id}/{key}/substitution/refusal/removal": _of_dates(
        "POST", "/substitution/refusal/removal", at=NOW.isoformat()
    ),
    "GET /events/{event_id}/{key}/edit": lambda p: [
        *_of_dates("GET", "/edit")(p),
        *(("GET", f"/events/{p.event}/{p.event_key}/edit?proposal={one}", {}) for one in (p.secret_proposal, NOWHERE)),
    ],
    "POST /events/{event_id}/{key}/edit": _of_dates("POST", "/edit", version="1"),
    "POST /events/{event_id}/{key}/impact": _of_dates(
        "POST", "/impact", date="2027-01-20", starts="10:00", ends="11:00"
    ),
    "GET /events/{event_id}/{key}/cancellation": _of_dates("GET", "/cancellation"),
    "POST /events/{event_id}/{key}/cancellation": _of_dates("POST", "/cancellation", version="1"),
    "POST /events/{event_id}/{key}/restoration": _of_dates("POST", "/restoration", version="1"),
    "POST /events/{event_id}/{key}/nudges": lambda p: [
        *_of_dates("POST", "/nudges", confirmations="yes")(p),
        *_of_dates("POST", "/nudges")(p),
    ],
    "POST /events/{event_id}/{key}/nudges/removal": _of_dates("POST", "/nudges/removal", at=NOW.isoformat()),
    "POST /events/{event_id}/{key}/replies": lambda p: [
        ("POST", f"/events/{event}/{key}/replies", {"reply": "yes", "person": str(person), "note": "By telephone"})
        for event, key in _events(p)
        for person in (p.person, p.secret_person)
    ],
    **{
        f"POST /events/{{event_id}}/{{key}}/email-replies/{{incoming_id}}/{deed}": partial(_of_emails, deed)
        for deed in ("attachment", "substitution", "dismissal", "undo")
    },
    "GET /email-replies": _plain("/email-replies"),
    **{
        f"POST /email-replies/{{email_id}}/{deed}": partial(_of_answers, deed)
        for deed in ("attachment", "dismissal", "undo")
    },
    "GET /events/{event_id}/{key}/attendance": _of_dates("GET", "/attendance"),
    "GET /events/{event_id}/{key}/attendance/count": _of_dates("GET", "/attendance/count"),
    "POST /events/{event_id}/{key}/attendance/marks": _of_dates("POST", "/attendance/marks", mark="here"),
    "POST /events/{event_id}/{key}/attendance/replied-yes": _of_dates("POST", "/attendance/replied-yes"),
    "POST /events/{event_id}/{key}/attendance/rest-absent": _of_dates("POST", "/attendance/rest-absent"),
    "POST /events/{event_id}/{key}/attendance/walk-ins": _of_dates("POST", "/attendance/walk-ins", name="Guest"),
    "POST /events/{event_id}/{key}/attendance/undo": _of_dates("POST", "/attendance/undo", at="now"),
    "POST /events/{event_id}/{key}/attendance/closure": _of_dates("POST", "/attendance/closure"),
    "POST /events/{event_id}/{key}/attendance/reopening": _of_dates("POST", "/attendance/reopening"),
    "GET /events/{event_id}/{key}/print/agenda": _of_dates("GET", "/print/agenda"),
    "GET /events/{event_id}/{key}/print/sign-in-sheet": _of_dates("GET", "/print/sign-in-sheet"),
    "GET /events/{event_id}/{key}/plan/brief": _of_plans("GET", "/brief"),
    "POST /events/{event_id}/{key}/plan/brief": _of_plans("POST", "/brief", member=NOWHERE),
    "GET /events/{event_id}/{key}/plan/brief/{number}": _of_plans("GET", "/brief/1"),
    "GET /deconfliction": _plain("/deconfliction"),
    "GET /emergency-access": _plain("/emergency-access"),
    "POST /emergency-access": _post("/emergency-access", reason="Why."),
    "POST /emergency-access/end": _post("/emergency-access/end"),
    "POST /emergency-access/operations/{event_id}": lambda p: [
        ("POST", f"/emergency-access/operations/{one}", {}) for one in (p.event, p.secret_event, NOWHERE)
    ],
    "GET /events/{event_id}/{key}/plan": _of_plans("GET", ""),
    "POST /events/{event_id}/{key}/plan": _of_plans("POST", ""),
    "GET /events/{event_id}/{key}/plan/access": _of_plans("GET", "/access"),
    "POST /events/{event_id}/{key}/plan/access": _of_plans("POST", "/access", person=NOWHERE, reason="Why."),
    "POST /events/{event_id}/{key}/plan/access/{grant_id}/approval": _of_plans("POST", f"/access/{NOWHERE}/approval"),
    "POST /events/{event_id}/{key}/plan/access/{grant_id}/refusal": _of_plans("POST", f"/access/{NOWHERE}/refusal"),
    "POST /events/{event_id}/{key}/plan/access/people/{member_id}/removal": _of_plans(
        "POST", f"/access/people/{NOWHERE}/removal"
    ),
    "POST /events/{event_id}/{key}/plan/basics": _of_plans("POST", "/basics", disclosure="open", buffer="60"),
    "POST /events/{event_id}/{key}/plan/sites": _of_plans(
        "POST", "/sites", role="target", place="Lot", coordinates="39.1, -94.4", radius="1320"
    ),
    "GET /events/{event_id}/{key}/plan/sites/{site_id}/edit": _of_plans("GET", f"/sites/{NOWHERE}/edit"),
    "POST /events/{event_id}/{key}/plan/sites/{site_id}/edit": _of_plans(
        "POST", f"/sites/{NOWHERE}/edit", role="target", place="Lot", coordinates="39.1, -94.4", radius="1320"
    ),
    "POST /events/{event_id}/{key}/plan/sites/{site_id}/removal": _of_plans("POST", f"/sites/{NOWHERE}/removal"),
    "POST /events/{event_id}/{key}/plan/commitments": _of_plans(
        "POST", "/commitments", agency=NOWHERE, people="2", vehicles="1"
    ),
    "POST /events/{event_id}/{key}/plan/commitments/{agency_id}/removal": _of_plans(
        "POST", f"/commitments/{NOWHERE}/removal"
    ),
    "GET /events/{event_id}/{key}/plan/order": _of_plans("GET", "/order"),
    "GET /events/{event_id}/{key}/plan/order/versions/{version}": _of_plans("GET", "/order/versions/3"),
    "GET /events/{event_id}/{key}/plan/order/edit": _of_plans("GET", "/order/edit"),
    "POST /events/{event_id}/{key}/plan/order/edit": _of_plans(
        "POST", "/order/edit", mission="Serve the warrant.", version="0"
    ),
    "GET /events/{event_id}/{key}/plan/after": _of_plans("GET", "/after"),
    "GET /events/{event_id}/{key}/plan/after/hot-wash": _of_plans("GET", "/after/hot-wash"),
    "POST /events/{event_id}/{key}/plan/after/hot-wash": _of_plans(
        "POST", "/after/hot-wash", went_well="Larkspur Lot held", version="0"
    ),
    "POST /events/{event_id}/{key}/plan/after/items": _of_plans("POST", "/after/items", title="Larkspur radios"),
    "GET /events/{event_id}/{key}/plan/after/items/{action_id}": _of_plans("GET", f"/after/items/{NOWHERE}"),
    "POST /events/{event_id}/{key}/plan/after/items/{action_id}": _of_plans(
        "POST", f"/after/items/{NOWHERE}", owner=NOWHERE, due="2027-02-01"
    ),
    "POST /events/{event_id}/{key}/plan/after/items/{action_id}/removal": _of_plans(
        "POST", f"/after/items/{NOWHERE}/removal"
    ),
    "GET /lessons": _plain("/lessons"),
    "POST /events/{event_id}/{key}/plan/after/lessons": _of_plans("POST", "/after/lessons", lesson="Larkspur"),
    "GET /events/{event_id}/{key}/plan/after/lessons/{lesson_id}": _of_plans("GET", f"/after/lessons/{NOWHERE}"),
    "POST /events/{event_id}/{key}/plan/after/lessons/{lesson_id}": _of_plans(
        "POST", f"/after/lessons/{NOWHERE}", lesson="Larkspur", version="1"
    ),
    "GET /events/{event_id}/{key}/plan/after/lessons/{lesson_id}/preview": _of_plans(
        "GET", f"/after/lessons/{NOWHERE}/preview"
    ),
    "POST /events/{event_id}/{key}/plan/after/lessons/{lesson_id}/release": _of_plans(
        "POST", f"/after/lessons/{NOWHERE}/release", version="1"
    ),
    "POST /events/{event_id}/{key}/plan/after/lessons/{lesson_id}/withdrawal": _of_plans(
        "POST", f"/after/lessons/{NOWHERE}/withdrawal"
    ),
    "POST /events/{event_id}/{key}/plan/after/lessons/{lesson_id}/removal": _of_plans(
        "POST", f"/after/lessons/{NOWHERE}/removal"
    ),
    "POST /events/{event_id}/{key}/plan/order/kind": _of_plans("POST", "/order/kind", kind="Arrest"),
    "POST /events/{event_id}/{key}/plan/order/phases": _of_plans(
        "POST", "/order/phases", name="Briefing", day="2027-01-16", starts="05:00"
    ),
    "GET /events/{event_id}/{key}/plan/order/phases/{phase_id}": _of_plans("GET", f"/order/phases/{NOWHERE}"),
    "POST /events/{event_id}/{key}/plan/order/phases/{phase_id}": _of_plans(
        "POST", f"/order/phases/{NOWHERE}", name="Briefing", day="2027-01-16", starts="05:00"
    ),
    **{
        f"POST /events/{{event_id}}/{{key}}/plan/order/phases/{{phase_id}}/{one}": _of_plans(
            "POST", f"/order/phases/{NOWHERE}/{one}", mark="begun"
        )
        for one in ("removal", "marks", "undo", "times")
    },
    "POST /events/{event_id}/{key}/plan/acknowledgments": _of_plans("POST", "/acknowledgments", version="1"),
    "POST /events/{event_id}/{key}/plan/clearances": _of_plans("POST", "/clearances", system="rissafe", number="1"),
    "POST /events/{event_id}/{key}/plan/waivers": _of_plans("POST", "/waivers", waiver="No time."),
    "POST /events/{event_id}/{key}/plan/returns": _of_plans("POST", "/returns", comment="Name the medic."),
    "POST /events/{event_id}/{key}/plan/states": _of_plans("POST", "/states", to="approved"),
    "POST /events/{event_id}/{key}/plan/conflicts/{hit_id}/decisions": _of_plans(
        "POST", "/conflicts/{hit}/decisions", decision="proceed", reason="Fine."
    ),
    "GET /events/{event_id}/{key}/plan/check-in/print": _of_plans("GET", "/check-in/print"),
    "GET /events/{event_id}/{key}/plan/log/print": _of_plans("GET", "/log/print"),
    "GET /events/{event_id}/{key}/plan/log": _of_plans("GET", "/log"),
    "GET /events/{event_id}/{key}/plan/log/lines": _of_plans("GET", "/log/lines"),
    "POST /events/{event_id}/{key}/plan/log/entries": _of_plans("POST", "/log/entries", text="New", tap="1"),
    "GET /events/{event_id}/{key}/plan/log/entries/{entry_id}": _of_plans("GET", f"/log/entries/{NOWHERE}"),
    "POST /events/{event_id}/{key}/plan/log/entries/{entry_id}": _of_plans(
        "POST", f"/log/entries/{NOWHERE}", text="New", at="2026-12-09T06:00"
    ),
    "GET /events/{event_id}/{key}/plan/check-in": _of_plans("GET", "/check-in"),
    "GET /events/{event_id}/{key}/plan/check-in/count": _of_plans("GET", "/check-in/count"),
    "POST /events/{event_id}/{key}/plan/check-in/taps": _of_plans(
        "POST", "/check-in/taps", person=NOWHERE, tap="1", status="in", was="expected"
    ),
    "POST /events/{event_id}/{key}/plan/check-in/walk-ins": _of_plans("POST", "/check-in/walk-ins", name="New"),
    "POST /events/{event_id}/{key}/plan/check-in/undo": _of_plans("POST", "/check-in/undo", row=NOWHERE),
    "POST /events/{event_id}/{key}/plan/check-in/release": _of_plans("POST", "/check-in/release", minutes="30"),
    "POST /events/{event_id}/{key}/plan/check-in/release/removal": _of_plans("POST", "/check-in/release/removal"),
    "GET /events/{event_id}/{key}/plan/check-in/people/{person_id}": _of_plans("GET", f"/check-in/people/{NOWHERE}"),
    "POST /events/{event_id}/{key}/plan/check-in/people/{person_id}": _of_plans(
        "POST", f"/check-in/people/{NOWHERE}", time_in="", time_out=""
    ),
    "GET /events/{event_id}/{key}/plan/readiness": _of_plans("GET", "/readiness"),
    "POST /events/{event_id}/{key}/plan/readiness": _of_plans("POST", "/readiness", starts="2027-01-15"),
    "POST /events/{event_id}/{key}/plan/readiness/{notice_id}/states": lambda p: [
        ask
        for one in (p.secret_notice, NOWHERE)
        for ask in _of_plans("POST", f"/readiness/{one}/states", to="activated")(p)
    ],
    "POST /events/{event_id}/{key}/plan/readiness/{notice_id}/removal": _of_plans(
        "POST", f"/readiness/{NOWHERE}/removal"
    ),
    "POST /events/{event_id}/{key}/plan/readiness/places": lambda p: [
        ask for one in (p.secret_place, NOWHERE) for ask in _of_plans("POST", "/readiness/places", site=str(one))(p)
    ],
    "POST /events/{event_id}/{key}/plan/readiness/places/{site_id}/removal": lambda p: [
        ask for one in (p.secret_place, NOWHERE) for ask in _of_plans("POST", f"/readiness/places/{one}/removal")(p)
    ],
    "GET /confidential-places": _plain("/confidential-places"),
    "POST /confidential-places": _post("/confidential-places", name="Canary place"),
    "GET /confidential-places/{site_id}/edit": lambda p: [
        ("GET", f"/confidential-places/{one}/edit", {}) for one in (p.secret_place, NOWHERE)
    ],
    "POST /confidential-places/{site_id}/edit": lambda p: [
        ("POST", f"/confidential-places/{one}/edit", {"name": "New", "address": "1 Elm St", "version": "1"})
        for one in (p.secret_place, NOWHERE)
    ],
    "GET /notices/{notice_id}": lambda p: [("GET", f"/notices/{one}", {}) for one in (p.secret_notice, NOWHERE)],
    "POST /notices/{notice_id}/acknowledgments": lambda p: [
        ("POST", f"/notices/{one}/acknowledgments", more)
        for one in (p.secret_notice, NOWHERE)
        for more in ({}, {"next": "/"})
    ],
    "GET /action-items": lambda p: [
        ("GET", f"/action-items{query}", {})
        for query in (
            "",
            "?group=owner",
            "?group=agency",
            "?done=1",
            "?q=canary",
            "?mine=1",
            *(f"?origin={one}" for one in (p.past_date, p.secret_date, NOWHERE)),
        )
    ],
    "GET /action-items/new": lambda p: [
        ("GET", f"/action-items/new?origin={one}&title=New", {}) for one in (p.past_date, p.secret_date, NOWHERE)
    ],
    "POST /action-items": lambda p: [("POST", "/action-items", {"title": "New", "origin": str(p.secret_event)})],
    "GET /action-items/{reference}": _of_items("GET", ""),
    "POST /action-items/{reference}": _of_items("POST", "", status="in_progress", version="9"),
    "POST /action-items/{reference}/completion": _of_items("POST", "/completion", version="9"),
    "POST /action-items/{reference}/reopening": _of_items("POST", "/reopening", version="9"),
    "POST /action-items/{reference}/undo": _of_items("POST", "/undo", update="x"),
    "POST /action-items/{reference}/owner": _of_items("POST", "/owner", version="9"),
    "GET /action-items/{reference}/row": _of_items("GET", "/row"),
    "GET /people": _plain("/people", "/people?q=canary", "/people?q=Quillfeather", "/people?left=1"),
    "GET /people/found": lambda p: [
        ("GET", f"/people/found?candidates={one}&place=f-who&name=who&who_words={words}", {})
        for words in ("", "canary", "quill", "a")
        for one in (
            "known",
            "actors",
            "canary",
            "owners",
            f"owners&subject={p.secret_date}",
            f"owners&subject={NOWHERE}",
            f"new-owners&subject={p.secret_item}",
            f"successors&subject={p.secret_person}",
            f"after-action-owners&subject={p.secret_plan}",
            f"operation-access&subject={p.secret_plan}",
            f"services&subject={p.secret_plan}",
            *(f"walk-ins&subject={event}/{key}" for event, key in _events(p)),
        )
    ],
    "GET /people/{person_id}": _of_people("GET", ""),
    "GET /people/new": _plain("/people/new"),
    "POST /people/new": _post("/people/new", name="New"),
    "GET /people/import": _plain("/people/import"),
    "POST /people/import": _post("/people/import", list="agency_code,name,email", confirmed="yes"),
    "GET /people/invitations": _plain("/people/invitations"),
    "POST /people/invitations": lambda p: [
        ("POST", "/people/invitations", form)
        for form in ({}, {"everybody": "yes"}, *({"person": str(one)} for one in (p.person, p.secret_person)))
    ],
    "GET /people/review": _plain("/people/review"),
    "GET /people/{person_id}/edit": _of_people("GET", "/edit"),
    "POST /people/{person_id}/edit": _of_people("POST", "/edit", name="Changed", version="1"),
    "POST /people/{person_id}/sign-in-link": _of_people("POST", "/sign-in-link"),
    "GET /people/{person_id}/suspension": _of_people("GET", "/suspension"),
    "POST /people/{person_id}/suspension": _of_people("POST", "/suspension", why="Long leave"),
    "POST /people/{person_id}/restoration": _of_people("POST", "/restoration"),
    "POST /people/{person_id}/sending": _of_people("POST", "/sending"),
    "POST /people/{person_id}/review": _of_people("POST", "/review"),
    "GET /people/{person_id}/offboarding": _of_people("GET", "/offboarding"),
    "POST /people/{person_id}/offboarding": _of_people("POST", "/offboarding", successor=NOWHERE),
    "GET /agencies": _plain("/agencies"),
    "GET /agencies/new": _plain("/agencies/new"),
    "POST /agencies/new": _post("/agencies/new", code="NEW"),
    "GET /agencies/{agency_id}/edit": _of_agencies("GET", "/edit"),
    "POST /agencies/{agency_id}/edit": _of_agencies("POST", "/edit", code="NEW", version="1"),
    "GET /agencies/{agency_id}": _of_agencies("GET", ""),
    "POST /agencies/{agency_id}/blackout-days": lambda p: [
        ("POST", f"/agencies/{one}/blackout-days", {"first": day})
        for one in (p.agency, p.other_agency, p.secret_agency, NOWHERE)
        for day in ("2027-03-01", "odd")
    ],
    "POST /agencies/{agency_id}/blackout-days/{blackout_id}/removal": lambda p: [
        ("POST", f"/agencies/{agency}/blackout-days/{one}/removal", {})
        for agency in (p.agency, p.secret_agency, NOWHERE)
        for one in (p.secret_blackout, NOWHERE)
    ],
    "GET /committees": _plain("/committees"),
    "GET /committees/{committee_id}": _of_committees("GET", ""),
    "GET /reports": _plain(
        *(f"/reports?period={one}" for one in ("", *PERIODS)),
        "/reports?period=FY2027&kind=joint_operation",
        f"/reports?period=FY2027&committee={NOWHERE}",
        "/reports?period=custom&from=2026-12-09&to=2026-12-09",
        "/reports?period=custom&from=2026-12-09&to=odd",
    ),
    "GET /reports/rows": _plain(*_rows("rows")),
    "GET /reports.csv": _plain(*(f"/reports.csv?period={one}" for one in PERIODS)),
    "GET /reports.xlsx": _plain(*(f"/reports.xlsx?period={one}" for one in PERIODS)),
    "GET /reports/rows.csv": _plain(*_rows("rows.csv")),
    "GET /reports/rows.xlsx": _plain(*_rows("rows.xlsx")),
    "GET /committees/new": _plain("/committees/new"),
    "POST /committees/new": _post("/committees/new", name="New"),
    "GET /committees/{committee_id}/edit": _of_committees("GET", "/edit"),
    "POST /committees/{committee_id}/edit": _of_committees("POST", "/edit", name="New", version="1"),
    "GET /committees/{committee_id}/seats": _of_committees("GET", f"/seats?agency={NOWHERE}"),
    "GET /committees/{committee_id}/seats/{agency_id}": _of_seats("GET", ""),
    "POST /committees/{committee_id}/seats/{agency_id}": _of_seats("POST", "", version="1"),
    "POST /committees/{committee_id}/seats/{agency_id}/removal": _of_seats("POST", "/removal", version="1"),
    "GET /subscriptions": _plain("/subscriptions"),
    "POST /subscriptions": _post("/subscriptions", name=""),
    "POST /subscriptions/{subscription_id}/choices": _post(f"/subscriptions/{NOWHERE}/choices"),
    "POST /subscriptions/{subscription_id}/replacement": _post(f"/subscriptions/{NOWHERE}/replacement"),
    "POST /subscriptions/{subscription_id}/revocation": _post(f"/subscriptions/{NOWHERE}/revocation"),
    "GET /settings/calendar": _plain("/settings/calendar"),
    "POST /settings/calendar": _post("/settings/calendar", address="https://localhost/"),
    "POST /settings/calendar/removal": _post("/settings/calendar/removal"),
    "GET /messages": lambda p: [
        ("GET", f"/messages{query}", {})
        for query in (
            "",
            *(f"?state={one}" for one in ("planned", "waiting", "sent", "failed", "skipped")),
            "?kind=reminder",
            f"?person={p.secret_person}",
            "?person_words=quill",
            "?after=2026-12-15T15:00:00+00:00_" + str(p.secret_sending),
            *(f"?event={event}" for event, _ in _events(p)),
        )
    ],
    "POST /messages/{message_id}/sendings": lambda p: [
        ("POST", f"/messages/{one}/sendings", {}) for one in (p.secret_message, NOWHERE)
    ],
    "GET /messages/{message_id}": lambda p: [("GET", f"/messages/{one}", {}) for one in (p.secret_message, NOWHERE)],
    "GET /messages/sendings/{sending_id}": lambda p: [
        ("GET", f"/messages/sendings/{one}{skip}", {})
        for one in (p.secret_sending, NOWHERE)
        for skip in ("", "?skip=1")
    ],
    "POST /messages/sendings/{sending_id}/retries": lambda p: [
        ("POST", f"/messages/sendings/{one}/retries", {}) for one in (p.secret_sending, NOWHERE)
    ],
    "GET /settings/notifications": _plain("/settings/notifications"),
    "POST /settings/notifications": _post("/settings/notifications", date_reminders="yes", quiet_from="22:00"),
    "GET /events/{event_id}/{key}/thank-you": _of_dates("GET", "/thank-you"),
    "POST /events/{event_id}/{key}/thank-you": _of_dates("POST", "/thank-you", people="1"),
    "POST /events/{event_id}/{key}/thank-you/removal": _of_dates("POST", "/thank-you/removal", at="odd"),
    "GET /settings/quiet-hours": _plain("/settings/quiet-hours"),
    "POST /settings/quiet-hours": _post("/settings/quiet-hours", quiet_from="21:00", quiet_until="06:00"),
    "GET /settings/reminders": _plain("/settings/reminders"),
    "POST /settings/reminders": _post("/settings/reminders", leads="1440", asks_after="2880"),
    "POST /settings/reminders/preview": _post("/settings/reminders/preview", leads="1440"),
    "GET /committees/{committee_id}/reminders": _of_committees("GET", "/reminders"),
    "POST /committees/{committee_id}/reminders": _of_committees("POST", "/reminders", upcoming="yes", number="1"),
    "GET /committees/{committee_id}/escalation": _of_committees("GET", "/escalation"),
    "POST /committees/{committee_id}/escalation": _of_committees("POST", "/escalation", agency="2", coordinator=""),
    "POST /committees/{committee_id}/reminders/preview": _of_committees("POST", "/reminders/preview", leads="1440"),
    "POST /committees/{committee_id}/reminders/removal": _of_committees("POST", "/reminders/removal", at="odd"),
    "GET /api/v1/docs": _plain("/api/v1/docs"),
    "GET /settings/tokens": _plain("/settings/tokens"),
    "POST /settings/tokens": _post("/settings/tokens", name=""),
    "POST /settings/tokens/{token_id}/revocation": _post(f"/settings/tokens/{NOWHERE}/revocation"),
    "GET /p/{token}": _plain("/p/nothing"),
    "POST /p/{token}": _post("/p/nothing", **{f"date-{NOWHERE}": "yes"}),
    "GET /r/{token}": _plain("/r/nothing"),
    "POST /r/{token}": _post("/r/nothing", reply="accepted"),
    "GET /n/{token}": _plain("/n/nothing"),
    "POST /n/{token}": _post("/n/nothing"),
    "GET /u/{token}": _plain("/u/nothing"),
    "POST /u/{token}": _post("/u/nothing", status="done"),
    "GET /e/{token}": _plain("/e/nothing"),
    "POST /e/{token}": _post("/e/nothing"),
    "POST /settings/addresses": lambda _: [
        ("POST", "/settings/addresses", {"address": one}) for one in ("canary@fbi.example", "new@elsewhere.example")
    ],
    "POST /settings/addresses/{alias_id}/removal": _post(f"/settings/addresses/{NOWHERE}/removal"),
    "POST /settings/addresses/{alias_id}/restoration": _post(f"/settings/addresses/{NOWHERE}/restoration"),
    "GET /w/{token}": _plain("/w/nothing"),
    "POST /w/{token}": _post("/w/nothing"),
    "GET /people/{person_id}/access": _of_people("GET", "/access"),
    "GET /people/{person_id}/access/lost-device": _of_people("GET", "/access/lost-device"),
    "POST /people/{person_id}/access/reset-link": _of_people("POST", "/access/reset-link"),
    "POST /people/{person_id}/access/release": _of_people("POST", "/access/release"),
    "POST /people/{person_id}/access/authenticator-removal": _of_people("POST", "/access/authenticator-removal"),
    "POST /people/{person_id}/access/sign-out": _of_people("POST", "/access/sign-out"),
    "POST /people/{person_id}/access/feeds-revocation": _of_people("POST", "/access/feeds-revocation"),
    "POST /people/{person_id}/access/tokens-revocation": _of_people("POST", "/access/tokens-revocation"),
    "POST /people/{person_id}/access/shutdown": _of_people("POST", "/access/shutdown"),
    "GET /session": _plain("/session"),
    "POST /session": _post("/session"),
    "POST /drafts": lambda p: [*_of_drafts("")(p), *_drafts_of_items(p)],
    "POST /drafts/removal": _of_drafts("/removal"),
    "POST /drafts/restoration": _of_drafts("/restoration"),
    "POST /saved-filters": lambda p: [
        ("POST", "/saved-filters", {"listing": listing, "name": "Mine", "query": query})
        for listing, query in (
            ("calendar", "committee=Canary+Working+Group"),
            ("reports", f"committee={p.secret_committee}"),
            ("nothing", "q=a"),
        )
    ],
    "POST /saved-filters/{filter_id}/removal": lambda p: [
        ("POST", f"/saved-filters/{one}/removal", {}) for one in (p.secret_filter, NOWHERE)
    ],
    "GET /settings": _plain("/settings"),
    "POST /settings/profile": _post("/settings/profile", title="Changed", zone="America/Chicago"),
    "GET /settings/recovery-codes": _plain("/settings/recovery-codes"),
    "POST /settings/sessions/{session_id}/end": _post(f"/settings/sessions/{NOWHERE}/end"),
    "POST /settings/sessions/end": lambda _: [],  # ends the session, as /sign-out does
    "GET /settings/lost-phone": _plain("/settings/lost-phone"),
    "POST /settings/lost-phone": lambda _: [],  # asked below, after the feed that it turns off
    "GET /sign-in/again": _plain("/sign-in/again"),
    "POST /sending": _post("/sending"),
    "POST /sign-in/again": _post("/sign-in/again", proof="000000"),
    "POST /test-emails": _post("/test-emails"),
    "GET /test-emails/last": _plain("/test-emails/last"),
    "POST /set-up-list/removal": _post("/set-up-list/removal"),
    "POST /set-up-list": _post("/set-up-list"),
    "GET /admin": _plain("/admin"),
    "GET /admin/health": _plain("/admin/health"),
    "GET /audit": lambda p: [
        ("GET", f"/audit{more}", {})
        for more in ("", "?what=events", "?who_words=a", f"?about={p.secret_event}", f"?about={NOWHERE}")
    ],
    "POST /audit/verification": _post("/audit/verification"),
    "GET /audit/export": lambda p: [("GET", f"/audit/export?about={p.secret_event}", {})],
    "GET /password": _plain("/password"),
    "POST /password": _post("/password", password="short"),
    "POST /sign-out": lambda _: [],  # asked last, below: it ends the session
}
NOBODYS = frozenset(
    {
        "GET /sign-in",
        "POST /sign-in",
        "GET /sign-in/code",
        "POST /sign-in/code",
        "GET /sign-in/enrollment",
        "POST /sign-in/enrollment",
        "GET /sign-in/recovery",
        "POST /sign-in/recovery",
        "GET /sign-in/link/{token}",
        "POST /sign-in/link/{token}",
        "GET /sign-in/reset/{token}",
        "POST /sign-in/reset/{token}",
        "GET /settings/authenticator",
        "POST /settings/authenticator",
        "POST /settings/recovery-codes",
        "GET /static/{name}",
        "GET /healthz",
        "ANY /feeds",
    }
)
"""Routes that read nothing of an event, or answer with new secrets; the feeds are asked below, each person's own."""


def routes_of(app: Litestar) -> set[str]:
    """Return "METHOD /path/{name}" for every handler, HEAD and Litestar's OPTIONS aside; ANY for one of them all."""
    named = {f"{method} {route.path}" for route in app.routes for method in route.methods or ("ANY",)}
    kinds = (":uuid}", ":str}", ":path}")
    cleaned = set()
    for one in named:
        for kind in kinds:
            one = one.replace(kind, "}")  # noqa: PLW2901 - one name, cleaned in steps
        cleaned.add(one)
    return {one for one in cleaned if not one.startswith(("OPTIONS", "HEAD"))}


def test_every_route_is_in_the_leak_test() -> None:
    known = set(SCRIPT) | set(API_SCRIPT) | NOBODYS
    assert routes_of(create_app(app_settings())) == known


@asynccontextmanager
async def same_chance() -> AsyncIterator[None]:
    """Let both worlds draw the same ids, as for the mark of an unsent form."""
    ids.seed(11)
    yield
    ids.seed(None)


async def responses_seen(
    world: Path, worlds: Worlds, viewer: str
) -> list[tuple[str, int, list[tuple[str, str]], bytes]]:
    """Return what a person gets in one world for the whole script."""
    responses = []
    async with open_world(world) as app, same_chance():
        browser = Browser(app, worlds.sessions[viewer], lays_out=False)
        for asks in SCRIPT.values():
            for method, path, form in asks(worlds.places):
                reply = await (browser.post(path, form) if method == "POST" else browser.get(path))
                responses.append((f"{method} {path}", reply.status_code, sorted(reply.headers.items()), reply.content))
        by_token = {"Authorization": f"Bearer {worlds.tokens[viewer]}", "If-Match": "*"}
        for asks in API_SCRIPT.values():
            for method, path, committee in asks(worlds.places):
                reply = await Browser(app, lays_out=False).send(method, path, json=committee, headers=by_token)
                responses.append((f"{method} {path}", reply.status_code, sorted(reply.headers.items()), reply.content))
        for headers in ({}, {"If-None-Match": '"nothing"'}, {"Accept-Encoding": "gzip"}):
            reply = await browser.get(f"/feeds/{worlds.feeds[viewer]}.ics", headers=headers)
            responses.append(("GET feed", reply.status_code, sorted(reply.headers.items()), reply.content))
        for path in ("/settings/lost-phone", "/sign-out"):
            reply = await browser.post(path)
            responses.append((f"POST {path}", reply.status_code, sorted(reply.headers.items()), reply.content))
    return responses


@pytest.mark.parametrize("viewer", STRANGERS_OF_OPERATIONS)
async def test_a_world_with_secrets_is_the_same_to_the_byte_for_who_may_not_see_them(
    tmp_path: Path, viewer: str
) -> None:
    worlds = await build(tmp_path)
    without, with_secrets = (
        await responses_seen(worlds.plain, worlds, viewer),
        await responses_seen(worlds.secret, worlds, viewer),
    )
    assert len(without) >= 150
    assert all(status < 500 for _, status, _, _ in without)
    assert [(ask, one) for ask, *_, content in with_secrets for one in OF_OPERATIONS if one.encode() in content] == []
    for plain, secret in zip(without, with_secrets, strict=True):
        assert secret == plain, plain[0]


async def test_the_secrets_are_there_for_who_may_see_them_and_for_their_programs(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    responses = await responses_seen(worlds.secret, worlds, "kcpd_detective")
    to_program = b"".join(content for ask, _, _, content in responses if "/api/v1/" in ask).lower()
    to_person = b"".join(content for ask, _, _, content in responses if "/api/v1/" not in ask).lower()
    assert [word for word in WORDS if word.lower().encode() not in to_program] == []
    assert [word for word in WORDS if word.lower().encode() not in to_person] == []


async def test_an_operation_leaves_no_trace_for_law_enforcement_that_is_not_named(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    text = b"".join(content for *_, content in await responses_seen(worlds.secret, worlds, "kcpd_alternate"))
    assert b"Bluestem" not in text
    assert b"Called Off" not in text


async def test_what_others_looked_up_tells_a_coordinator_of_no_operation(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    async with open_world(worlds.secret) as app:
        browser = Browser(app, worlds.sessions["coordinator"])
        log = [
            await browser.get(path) for path in ("/audit", "/audit?what=audit", "/audit?what=reading", "/audit/export")
        ]
    assert all(one.status_code == 200 and str(worlds.places.secret_event) not in one.text for one in log)
    assert "about one subject" in log[-1].text
