"""From where people come, refused deeds in the log, and what refusals say to programs."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from litestar import Litestar
from msgspec.structs import replace
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation
from tests.ical.files import calendar, vevent
from tests.ports.browser import BASE, Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.test_nothing_leaks import responses_seen
from tests.ports.worlds import build, open_world
from tests.usecases.identity.world import PASSWORD, give_password, hash_cheaply
from tracker import clock
from tracker.crypto import keys
from tracker.errors import Busy, Invalid, NotAllowed, NotFound, TooLarge, TrackerError
from tracker.ical.calendar_import import USUAL
from tracker.ports.http.forms import read_upload
from tracker.ports.http.problems import response_to
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.rules.identity import ApiScope
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.calendars import subscriptions
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.identity import sessions

PEER, ELSEWHERE = "192.0.2.7", "203.0.113.9"


async def newest_entry(verb: str) -> Mapping[str, Any]:
    row = await AuditEntry.select().where(AuditEntry.verb == verb).order_by(AuditEntry.seq, ascending=False).first()
    assert row is not None
    return row


async def source_of(verb: str) -> tuple[str, str, str]:
    entry = await newest_entry(verb)
    assert re.fullmatch("[0-9a-f]{16}", entry["request"])
    return entry["source"], entry["address"], entry["session"]


async def sign_out(app: Any, viewer: Viewer, *, address: str = PEER, **headers: str) -> str:
    """Do something on a page, and return how the log tells the session."""
    session = await session_of(viewer, NOW)
    response = await Browser(app, session, address=address).post("/sign-out", headers=headers)
    assert response.status_code == 303
    return keys.token_hash(session)[:12]


async def test_a_deed_on_a_page_says_from_where_and_in_which_session(app: Litestar, sqlite_cast: Cast) -> None:
    here = await sign_out(app, sqlite_cast.caht_lead)
    assert await source_of("signed_out") == ("page", PEER, here)
    assert (await newest_entry("signed_out"))["agency"] == str(sqlite_cast.agencies["CAHT"])


@pytest.mark.parametrize(("trusted", "recorded"), [(PEER, ELSEWHERE), ("198.51.100.1", PEER)])
async def test_who_comes_through_a_proxy_is_learned_from_the_trusted_one_alone(
    app: Litestar, sqlite_cast: Cast, trusted: str, recorded: str
) -> None:
    behind = ProxyHeadersMiddleware(app, trusted_hosts=trusted)  # type: ignore[arg-type]  # an ASGI application
    await sign_out(behind, sqlite_cast.caht_lead, **{"X-Forwarded-For": ELSEWHERE})
    assert (await source_of("signed_out"))[1] == recorded


@pytest.mark.parametrize("odd", ["x" * 300, "<b>", "203.0.113.9 or so"])
async def test_a_proxy_that_says_no_address_keeps_no_one_from_acting(
    app: Litestar, sqlite_cast: Cast, odd: str
) -> None:
    behind = ProxyHeadersMiddleware(app, trusted_hosts=PEER)  # type: ignore[arg-type]  # an ASGI application
    await sign_out(behind, sqlite_cast.caht_lead, **{"X-Forwarded-For": odd})
    assert (await source_of("signed_out"))[1] == ""


async def test_a_sign_in_says_from_where_and_which_session_it_opened(app: Litestar, sqlite_cast: Cast) -> None:
    hash_cheaply()
    await give_password(sqlite_cast.caht_lead)
    page = (await (stranger := Browser(app, address=ELSEWHERE)).get("/sign-in")).text
    form = {"email": sqlite_cast.caht_lead.email, "password": f"{PASSWORD} not", "ack": "yes", "next": "/"}
    form["_csrf"] = re.findall(r'name="_csrf" value="([^"]+)"', page)[0]
    headers = {"Origin": BASE, "Sec-Fetch-Site": "same-origin", "User-Agent": "curl/8.5"}
    assert (await stranger.send("POST", "/sign-in", data=form, headers=headers)).status_code == 422
    assert await source_of("sign_in_failed") == ("page", ELSEWHERE, "")
    assert (await newest_entry("sign_in_failed"))["facts"] == '{"browser": "curl/8.5", "what": "password"}'


async def test_what_a_program_does_says_from_where_and_by_which_token(app: Litestar, sqlite_cast: Cast) -> None:
    who = sqlite_cast.coordinator
    token = await sessions.create_token(who, "Duty roster", frozenset(ApiScope), NOW)
    new = {
        "kind": "meeting",
        "title": "Case review",
        "visibility": "all",
        "date": "2027-01-12",
        "time": "14:00",
        "minutes": 90,
        "place": "Room 5",
    }
    headers = {"Authorization": f"Bearer {token}"}
    response = await Browser(app, address=ELSEWHERE).send("POST", "/api/v1/events", json=new, headers=headers)
    assert response.status_code == 201
    [kept] = await sessions.api_tokens_of(who, NOW)
    assert await source_of("scheduled") == ("api", ELSEWHERE, kept.id.hex[:12])


async def test_a_reply_by_an_email_link_says_from_where_and_has_no_session(app: Litestar, sqlite_cast: Cast) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(detective), NOW - timedelta(days=3))
    date = await occurrences.nearest_date(sqlite_cast.coordinator, event_id, NOW)
    own_reply = await replies.my_reply(detective, date)
    assert own_reply is not None
    link = f"/r/{app.state.links.reply(own_reply[0], None)}"
    session = await session_of(sqlite_cast.caht_lead, NOW)  # of the person who otherwise uses that browser
    response = await Browser(app, session, address=ELSEWHERE).send("POST", link, data={"reply": "yes"})
    assert response.status_code == 303
    assert await source_of("replied") == ("link", ELSEWHERE, "")
    assert (await newest_entry("replied"))["agency"] == str(sqlite_cast.agencies["KCPD"])


async def test_a_named_event_that_goes_to_a_feed_says_to_where(app: Litestar, sqlite_cast: Cast) -> None:
    await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    _, token = await subscriptions.create_subscription(
        sqlite_cast.kcpd_detective, "Phone", FeedScope.ALL, NOW, shows_operations=True
    )
    assert (await Browser(app, address=ELSEWHERE).get(f"/feeds/{token}.ics")).status_code == 200
    assert await source_of("read") == ("feed", ELSEWHERE, "")


async def test_a_look_from_another_address_is_an_entry_of_its_own(app: Litestar, sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    session = await session_of(sqlite_cast.kcpd_detective, NOW)
    for address in (PEER, ELSEWHERE, PEER):
        await Browser(app, session, address=address).get(f"/events/{event_id}/2027-01-16")
    looks = await AuditEntry.select(AuditEntry.address).where(AuditEntry.verb == "read").order_by(AuditEntry.seq)
    assert [one["address"] for one in looks] == [PEER, ELSEWHERE]


async def test_a_refused_deed_says_from_where(app: Litestar, sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    session = await session_of(sqlite_cast.caht_alternate, clock.now())
    await Browser(app, session, address=ELSEWHERE).post(f"/events/{event_id}/cancellation", {"version": "1"})
    assert await source_of("denied") == ("page", ELSEWHERE, keys.token_hash(session)[:12])


async def test_no_route_leaves_an_entry_that_does_not_say_from_where(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    async with open_world(worlds.plain):
        before = await AuditEntry.count()
    await responses_seen(worlds.plain, worlds, "coordinator")
    async with open_world(worlds.plain):
        came = await AuditEntry.select().where(AuditEntry.seq > before)
    of_people = [one for one in came if one["source"] not in ("cli", "clock")]
    assert len({one["verb"] for one in of_people}) > 20
    assert [one["verb"] for one in of_people if not (one["address"] and one["request"])] == []
    assert [one["verb"] for one in of_people if one["actor"] and not one["agency"]] == []
    in_no_session = {one["source"] for one in of_people if one["actor"] and not one["session"]}
    assert in_no_session <= {"link", "feed"}


async def denials() -> list[tuple[str, str, str, str]]:
    rows = await AuditEntry.select().where(AuditEntry.verb.is_in(["denied", "not_found"])).order_by(AuditEntry.seq)
    return [(one["verb"], one["subject"], one["subject_id"], json.loads(one["facts"])["route"]) for one in rows]


async def test_a_refused_deed_is_recorded(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    browser = await browse(sqlite_cast.kcpd_detective)
    for _ in range(2):
        response = await browser.get(f"/events/{event_id}/edit")
        assert response.status_code == 403
    assert await denials() == [("denied", "event", str(event_id), "GET /events/{event_id}/edit")]


async def test_events_that_are_forbidden_and_events_that_never_were_are_recorded_alike(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    hidden, never = (
        await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW),
        uuid4(),
    )
    browser = await browse(sqlite_cast.harbor_advocate)
    for event_id in (hidden, never):
        assert (await browser.get(f"/events/{event_id}")).status_code == 404
    assert [(verb, subject_id) for verb, _, subject_id, _ in await denials()] == [
        ("not_found", str(hidden)),
        ("not_found", str(never)),
    ]


async def test_the_coordinator_is_notified_of_attempts_on_what_they_see_alone(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    hidden = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW)
    shown = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    for path in (f"/events/{hidden}", f"/events/{uuid4()}", f"/events/{shown}/edit"):
        await browser.get(path)
    html = (await (await browse(sqlite_cast.coordinator)).get("/audit?what=denied")).text
    assert html.count('tt-tag--err">Denied') == 1
    html = (await (await browse(sqlite_cast.auditor)).get("/audit?what=denied")).text
    assert html.count('tt-tag--err">Denied') == 3


async def test_strangers_and_other_missing_pages_leave_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    await (await browse(None)).get(f"/events/{uuid4()}")
    await (await browse(sqlite_cast.kcpd_detective)).get("/nothing-here")
    assert await denials() == []


def problem_of(error: TrackerError) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(response_to(error).content)
    return document


def test_a_refusal_lists_each_reason_by_itself_and_all_of_them_as_its_detail() -> None:
    problem = problem_of(NotAllowed("No number yet.", "You lead it."))
    assert (problem["reasons"], problem["detail"]) == (
        ["No number yet.", "You lead it."],
        "No number yet. You lead it.",
    )


def test_a_refusal_without_a_reason_of_its_own_has_the_usual_one() -> None:
    assert problem_of(NotAllowed())["reasons"] == ["You can’t do this."]


def test_what_is_missing_or_invalid_has_no_reasons() -> None:
    assert [("reasons" in problem_of(one)) for one in (NotFound(), Invalid(place="Too long."))] == [False, False]


DAYS = "RRULE:FREQ=DAILY;COUNT=1000"


async def test_reading_ends_when_its_time_is_up() -> None:
    read: list[int] = []
    file = calendar(*(vevent(DAYS, uid=str(number)) for number in range(300)))
    hasty = replace(USUAL, seconds=0.05, dates=1_000_000)
    with pytest.raises(Busy):
        await read_upload(file, NOW, ZONE, hasty, lambda done, _: read.append(done))
    await asyncio.sleep(0.5)  # for the event that was being read
    count = len(read)
    await asyncio.sleep(0.5)
    assert len(read) == count < 300


async def test_no_more_is_read_than_is_imported_at_once() -> None:
    read: list[int] = []
    file = calendar(*(vevent(DAYS, uid=str(number)) for number in range(300)))
    with pytest.raises(TooLarge):
        await read_upload(file, NOW, ZONE, USUAL, lambda done, _: read.append(done))
    assert len(read) == 20
