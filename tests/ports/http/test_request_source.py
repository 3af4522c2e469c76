"""From where people come, as the audit log tells it: by page, program, email link and feed, and behind a proxy."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests.cast import NOW, Cast, everybody, meeting, operation
from tests.ports.browser import BASE, Browser, session_of
from tests.ports.test_nothing_leaks import seen
from tests.ports.worlds import build, opened
from tests.usecases.identity.world import PASSWORD, give_password, hash_cheaply
from tracker import clock
from tracker.crypto import keys
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.rules.identity.passwords import ApiScope
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.calendars import subscriptions
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.identity import sessions

PEER, ELSEWHERE = "192.0.2.7", "203.0.113.9"


async def entry(verb: str) -> Mapping[str, Any]:
    found = await AuditEntry.select().where(AuditEntry.verb == verb).order_by(AuditEntry.seq, ascending=False).first()
    assert found is not None
    return found


async def source(verb: str) -> tuple[str, str, str]:
    found = await entry(verb)
    assert re.fullmatch("[0-9a-f]{16}", found["request"])
    return found["source"], found["address"], found["session"]


async def sign_out(app: Any, viewer: Viewer, *, address: str = PEER, **headers: str) -> str:
    """Do something on a page, and return how the log tells the session."""
    session = await session_of(viewer, NOW)
    response = await Browser(app, session, address=address).post("/sign-out", headers=headers)
    assert response.status_code == 303
    return keys.token_hash(session)[:12]


async def test_a_deed_on_a_page_says_from_where_and_in_which_session(app: Litestar, sqlite_cast: Cast) -> None:
    here = await sign_out(app, sqlite_cast.caht_lead)
    assert await source("signed_out") == ("page", PEER, here)
    assert (await entry("signed_out"))["agency"] == str(sqlite_cast.agencies["CAHT"])


@pytest.mark.parametrize(("trusted", "told"), [(PEER, ELSEWHERE), ("198.51.100.1", PEER)])
async def test_who_comes_through_a_proxy_is_told_by_the_trusted_one_alone(
    app: Litestar, sqlite_cast: Cast, trusted: str, told: str
) -> None:
    behind = ProxyHeadersMiddleware(app, trusted_hosts=trusted)  # type: ignore[arg-type]  # an ASGI application
    await sign_out(behind, sqlite_cast.caht_lead, **{"X-Forwarded-For": ELSEWHERE})
    assert (await source("signed_out"))[1] == told


@pytest.mark.parametrize("odd", ["x" * 300, "<b>", "203.0.113.9 or so"])
async def test_a_proxy_that_says_no_address_keeps_nobody_from_acting(
    app: Litestar, sqlite_cast: Cast, odd: str
) -> None:
    behind = ProxyHeadersMiddleware(app, trusted_hosts=PEER)  # type: ignore[arg-type]  # an ASGI application
    await sign_out(behind, sqlite_cast.caht_lead, **{"X-Forwarded-For": odd})
    assert (await source("signed_out"))[1] == ""


async def test_a_sign_in_says_from_where_and_which_session_it_opened(app: Litestar, sqlite_cast: Cast) -> None:
    hash_cheaply()
    await give_password(sqlite_cast.caht_lead)
    page = (await (stranger := Browser(app, address=ELSEWHERE)).get("/sign-in")).text
    form = {"email": sqlite_cast.caht_lead.email, "password": f"{PASSWORD} not", "ack": "yes", "next": "/"}
    form["_csrf"] = re.findall(r'name="_csrf" value="([^"]+)"', page)[0]
    headers = {"Origin": BASE, "Sec-Fetch-Site": "same-origin", "User-Agent": "curl/8.5"}
    assert (await stranger.send("POST", "/sign-in", data=form, headers=headers)).status_code == 422
    assert await source("sign_in_failed") == ("page", ELSEWHERE, "")
    assert (await entry("sign_in_failed"))["facts"] == '{"browser": "curl/8.5", "what": "password"}'


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
    assert await source("scheduled") == ("api", ELSEWHERE, kept.id.hex[:12])


async def test_a_reply_by_a_mail_link_says_from_where_and_has_no_session(app: Litestar, sqlite_cast: Cast) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(detective), NOW - timedelta(days=3))
    date = await occurrences.nearest_date(sqlite_cast.coordinator, event_id, NOW)
    mine = await replies.my_reply(detective, date)
    assert mine is not None
    link = f"/r/{app.state.links.reply(mine[0], None)}"
    session = await session_of(sqlite_cast.caht_lead, NOW)  # of the person who otherwise uses that browser
    response = await Browser(app, session, address=ELSEWHERE).send("POST", link, data={"reply": "yes"})
    assert response.status_code == 303
    assert await source("replied") == ("link", ELSEWHERE, "")
    assert (await entry("replied"))["agency"] == str(sqlite_cast.agencies["KCPD"])


async def test_a_named_event_that_goes_to_a_feed_says_to_where(app: Litestar, sqlite_cast: Cast) -> None:
    await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    _, token = await subscriptions.create_subscription(
        sqlite_cast.kcpd_detective, "Phone", FeedScope.ALL, NOW, shows_operations=True
    )
    assert (await Browser(app, address=ELSEWHERE).get(f"/feeds/{token}.ics")).status_code == 200
    assert await source("read") == ("feed", ELSEWHERE, "")


async def test_a_look_from_another_address_is_an_entry_of_its_own(app: Litestar, sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    session = await session_of(sqlite_cast.kcpd_detective, NOW)
    for address in (PEER, ELSEWHERE, PEER):
        await Browser(app, session, address=address).get(f"/events/{event_id}/2027-01-16")
    looks = await AuditEntry.select(AuditEntry.address).where(AuditEntry.verb == "read").order_by(AuditEntry.seq)
    assert [one["address"] for one in looks] == [PEER, ELSEWHERE]


async def test_a_refused_deed_says_from_where(app: Litestar, sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everybody(sqlite_cast)), NOW)
    session = await session_of(sqlite_cast.caht_alternate, clock.now())
    await Browser(app, session, address=ELSEWHERE).post(f"/events/{event_id}/cancellation", {"version": "1"})
    assert await source("denied") == ("page", ELSEWHERE, keys.token_hash(session)[:12])


async def test_no_route_leaves_an_entry_that_does_not_say_from_where(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    async with opened(worlds.plain):
        before = await AuditEntry.count()
    await seen(worlds.plain, worlds, "coordinator")
    async with opened(worlds.plain):
        came = await AuditEntry.select().where(AuditEntry.seq > before)
    of_people = [one for one in came if one["source"] not in ("cli", "clock")]
    assert len({one["verb"] for one in of_people}) > 20
    assert [one["verb"] for one in of_people if not (one["address"] and one["request"])] == []
    assert [one["verb"] for one in of_people if one["actor"] and not one["agency"]] == []
    in_no_session = {one["source"] for one in of_people if one["actor"] and not one["session"]}
    assert in_no_session <= {"link", "feed"}
