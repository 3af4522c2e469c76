"""Conflicts, confidential sites, reasons, and links: what no one learns who may not."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ports.api_script import API_SCRIPT
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.test_nothing_leaks import SCRIPT, same_chance
from tests.ports.worlds import (
    SHELTER,
    SHELTER_NAME,
    Places,
    Story,
    Worlds,
    add_shelter,
    build,
    open_world,
    what_all_may_see,
)
from tests.processor_time import Turns
from tests.usecases.actions.world import assign_item
from tests.usecases.intake.writing_back import write_about_item
from tests.usecases.operations.world import FAR, A, B, disclose, plan_operation, site, with_another_lead
from tests.usecases.polls.world import ask_people
from tracker.crypto import ids
from tracker.crypto.signed_links import Links
from tracker.database import writing
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.viewers import Status, Viewer, Visibility
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.identity import ApiScope
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.plans import Disclosure, SiteRole
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingWords
from tracker.tables.schema.roster import Member
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.identity import sessions
from tracker.usecases.operations import deconfliction, plans
from tracker.usecases.operations.plans import plan_basics, plan_view
from tracker.usecases.operations.states import operation_for
from tracker.usecases.roster import agencies

KEY = "2027-01-16"
NEITHER_LEADS_NOR_APPROVES = ("hsi_liaison", "kcpd_detective", "caht_lead")
OF_THE_OTHER_SIDE = ("kcpd_detective", "fbi_alternate", "fbi_lead")
"""The lead last: they change the operation, in both worlds."""
LISTS = (
    "GET /",
    "GET /calendar",
    "GET /messages",
    "GET /search",
    "GET /audit",
    "GET /events/{event_id}/{key}",
    "GET /events/{event_id}",
    "GET /api/v1/events",
)
"""Routes about more than one operation that could show a conflict."""
MANY = 40
BY_PROGRAM = 10_000  # where the numbers of the requests of a program begin
Secrets = Callable[[Cast, Places], Awaitable[None]]
ASKS = ("home", "read", "return")
ROUNDS, TRIES = 4, 5
MOST_APART = 3  # yardsticks, between the times of a request in the two worlds


async def plan_bluestem(cast: Cast) -> tuple[Cast, Places]:
    """Plan Bluestem with its supervisor, in both worlds; it is what the script names as secret."""
    two = await with_another_lead(cast)
    places = await what_all_may_see(two)
    event_id = await plan_operation(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    basics = plan_basics(await operation_for(two.fbi_lead, event_id))
    await plans.change_plan_basics(
        two.fbi_lead, event_id, replace(basics, supervisor_id=two.fbi_alternate.member_id), NOW
    )
    await deconfliction.compare_due(NOW)
    date_id = (await occurrences.date_seen_by(two.fbi_lead, event_id, KEY)).id
    same = {"secret_event": event_id, "secret_plan": event_id, "secret_date": date_id}
    return two, replace(places, **same, secret_key=KEY, secret_plan_key=KEY)


async def in_the_way(two: Cast, level: Disclosure) -> None:
    """Plan two operations in the way of Bluestem; about one of the conflicts its own side has decided."""
    for title in ("Operation Larkspur", "Operation Canary"):
        event_id = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title=title, at=FAR)
        await disclose(two.kcpd_alternate, event_id, level)
        await plans.add_site_to_plan(two.kcpd_alternate, event_id, site(B), NOW)
        await deconfliction.compare_due(NOW)
    for hit in (await plan_view(two.kcpd_alternate, event_id, KEY, NOW)).hits:
        await deconfliction.decide_conflict(
            two.kcpd_alternate, event_id, hit.id, Decision.PROCEED, "Our own team.", NOW
        )


async def silent(two: Cast, _: Places) -> None:
    """Let the other side show nothing."""
    await in_the_way(two, Disclosure.SILENT)


async def contact_only(two: Cast, _: Places) -> None:
    """Let the other side show whom to call."""
    await in_the_way(two, Disclosure.CONTACT_ONLY)


async def planned_on(two: Cast, places: Places) -> None:
    """Let the lead of Bluestem continue planning."""
    lead, event_id = two.fbi_lead, places.secret_event
    await plans.add_site_to_plan(lead, event_id, site(A, SiteRole.STAGING), NOW)
    await plans.commit_resources(lead, event_id, two.agencies["KCPD"], people=4, vehicles=2, skills="K-9", now=NOW)
    await deconfliction.compare_due(NOW)


Answer = tuple[str, int, tuple[tuple[str, str], ...], bytes]


async def answers(world: Path, worlds: Worlds, viewer: str) -> list[Answer]:
    """Return what a person gets in one world: pages and the API about the operation, lists, the feed, and emails."""
    by_token = {"Authorization": f"Bearer {worlds.tokens[viewer]}", "If-Match": "*"}
    answers_found: list[Answer] = []
    async with open_world(world) as app, same_chance():
        browser = Browser(app, worlds.sessions[viewer], lays_out=False)
        for number, (method, path, form) in enumerate(_asked(SCRIPT, worlds.places)):
            ids.seed(number)  # a comparison draws ids for its emails: how many is no answer
            reply = await (browser.post(path, form) if method == "POST" else browser.get(path))
            answers_found.append((f"{method} {path}", reply.status_code, _headers(reply), reply.content))
        for number, (method, path, body) in enumerate(_asked(API_SCRIPT, worlds.places), start=BY_PROGRAM):
            ids.seed(number)
            reply = await Browser(app, lays_out=False).send(method, path, json=body, headers=by_token)
            answers_found.append((f"{method} {path}", reply.status_code, _headers(reply), reply.content))
        feed = await browser.get(f"/feeds/{worlds.feeds[viewer]}.ics")
        answers_found.append(("feed", feed.status_code, _headers(feed), feed.content))
        for key, letter in await _letters(worlds.cast.members[viewer]):
            answers_found.append((key, 0, (), repr(letter).encode()))
    return answers_found


def _headers(reply: httpx.Response) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(reply.headers.items()))


def _asked(script: Mapping[str, Callable[[Places], list[Any]]], places: Places) -> Iterator[Any]:
    """Yield the requests of a script that could show a conflict of the operation."""
    for route, asks in script.items():
        if route in LISTS or any(part in route for part in ("/plan", "/operations", "/deconfliction")):
            yield from (ask for ask in asks(places) if "{" not in route or str(places.secret_event) in ask[1])


async def _letters(reader: Viewer) -> list[tuple[str, object]]:
    """Return the emails that wait for a person."""
    own_messages = [
        message
        for message in await outbox.claim_messages(reader.name, [], NOW, 1_000)
        if message.recipient_id == reader.member_id
    ]
    return sorted([(one.key, await emails.write_email(one, NOW, ZONE)) for one in own_messages], key=lambda one: one[0])


async def different(folder: Path, secrets: Secrets, viewers: Sequence[str]) -> dict[str, list[str]]:
    """Return which answers each person gets are others in a world with conflicts than in one without."""
    worlds = await build(folder, Story(plan_bluestem, secrets, planned_on))
    differences = {}
    for viewer in viewers:
        without, with_it = [await answers(one, worlds, viewer) for one in (worlds.plain, worlds.secret)]
        assert len(without) > MANY
        assert all(status < 500 for _, status, _, _ in without)
        differences[viewer] = sorted({path for path, *_ in set(without) ^ set(with_it)})
    return {viewer: paths for viewer, paths in differences.items() if paths}


async def test_a_conflict_with_an_operation_that_shows_nothing_is_none_for_the_other_side(tmp_path: Path) -> None:
    assert await different(tmp_path, silent, OF_THE_OTHER_SIDE) == {}


async def test_a_conflict_is_none_for_people_who_neither_lead_the_operation_nor_approve_it(tmp_path: Path) -> None:
    assert await different(tmp_path, contact_only, NEITHER_LEADS_NOR_APPROVES) == {}


async def test_the_lead_is_shown_a_conflict_with_an_operation_that_shows_itself(tmp_path: Path) -> None:
    assert f"/{KEY}/plan" in str(await different(tmp_path, contact_only, ["fbi_lead"]))


async def test_the_officer_is_shown_a_conflict_with_an_operation_that_shows_nothing(tmp_path: Path) -> None:
    assert "GET /deconfliction" in str(await different(tmp_path, silent, ["coordinator"]))


async def test_a_request_takes_no_longer_because_of_an_operation_that_shows_nothing(tmp_path: Path) -> None:
    worlds = await build(tmp_path, Story(plan_bluestem, silent, planned_on))
    turns: Turns[tuple[str, Path]] = Turns()
    for world in [worlds.plain, worlds.secret] * ROUNDS:
        await _read_and_change_the_plan(turns, world, worlds)
    plain, secret = [{ask: turns.least((ask, world)) for ask in ASKS} for world in (worlds.plain, worlds.secret)]
    assert [ask for ask in ASKS if abs(plain[ask] - secret[ask]) > MOST_APART] == []


async def _read_and_change_the_plan(turns: Turns[tuple[str, Path]], world: Path, worlds: Worlds) -> None:
    """Let the lead do in one world what could take longer in one of them."""
    plan = f"/events/{worlds.places.secret_event}/{KEY}/plan"
    async with open_world(world) as app:
        browser = Browser(app, worlds.sessions["fbi_lead"])
        await browser.form_token()
        for number in range(TRIES):
            state = {"to": "stood_down" if number % 2 else "planning"}
            await turns.take(("home", world), browser.get("/"))
            await turns.take(("read", world), browser.get(plan))
            await turns.take(("return", world), browser.post(f"{plan}/states", state))


CONFIDENTIAL_SITES_KEY = "2027-01-23"


async def texts_of_pages(browser: Browser, *paths: str) -> list[str]:
    return [(await browser.get(path)).text for path in paths]


async def test_its_own_people_read_the_address_and_the_lead_of_the_operation_the_public_name(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id, site_id = await add_shelter(sqlite_cast)
    own = await texts_of_pages(
        await browse(sqlite_cast.harbor_advocate), "/confidential-places", f"/confidential-places/{site_id}/edit"
    )
    assert all("12 Wisteria Row" in page for page in own)
    [plan] = await texts_of_pages(
        await browse(sqlite_cast.fbi_lead), f"/events/{event_id}/{CONFIDENTIAL_SITES_KEY}/plan/readiness"
    )
    assert SHELTER_NAME in plan
    assert "Ask Harbor House for the address." in plan


async def test_a_place_is_added_and_changed_by_its_agency(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.harbor_advocate)
    refused = await browser.post("/confidential-places", {"name": SHELTER_NAME, "directions": "Ring twice"})
    assert (refused.status_code, "Enter the address." in refused.text) == (422, True)
    assert "Ring twice" in refused.text
    assert (
        await browser.post("/confidential-places", {"name": SHELTER_NAME, "address": "12 Elm St"})
    ).status_code == 303
    [site] = await agencies.own_sites_of(sqlite_cast.harbor_advocate)
    edit = f"/confidential-places/{site.id}/edit"
    moved = {"name": SHELTER_NAME, "address": "9 Oak St", "status": "open"}
    outdated = await browser.post(edit, {**moved, "version": "7"})
    assert (outdated.status_code, "Someone has changed this place" in outdated.text) == (422, True)
    assert (await browser.post(edit, {**moved, "version": "1"})).status_code == 303
    assert "9 Oak St" in (await browser.get("/confidential-places")).text


async def test_the_site_of_another_agency_is_as_missing_as_one_that_never_was(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    site_id = await agencies.add_confidential_site(sqlite_cast.harbor_advocate, SHELTER, NOW)
    browser = await browse(sqlite_cast.caht_lead)
    response = await browser.get(f"/confidential-places/{site_id}/edit")
    missing = await browser.get(f"/confidential-places/{UUID(int=7, version=4)}/edit")
    assert (response.status_code, response.content) == (404, missing.content)


async def test_a_lead_adds_and_removes_a_place_on_the_page(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id, site_id = await add_shelter(sqlite_cast)
    browser, at = await browse(sqlite_cast.fbi_lead), f"/events/{event_id}/{CONFIDENTIAL_SITES_KEY}/plan/readiness"
    assert (await browser.post(f"{at}/places/{site_id}/removal")).status_code == 303
    assert "No place yet." in (await browser.get(at)).text
    assert (await browser.post(f"{at}/places", {"site": str(event_id)})).status_code == 422
    assert (await browser.post(f"{at}/places", {"site": str(site_id)})).status_code == 303
    assert "Ask Harbor House for the address." in (await browser.get(at)).text


OPENING_KEY, SECRET = "2027-01-19", "Larkspur"


async def open_series_to_all(cast: Cast, newcomer: Viewer) -> UUID:
    """Return a series of law enforcement, a date of which was canceled for a reason, that is open to all since."""
    weekly = rule_for_choice("weekly", meeting().starts, count=3)
    plan = meeting(cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT, rule=weekly)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=1))
    yesterday = NOW - timedelta(days=1)
    await occurrences.cancel_occurrence(
        cast.coordinator, event_id, OPENING_KEY, 1, f"Surveillance of {SECRET}", yesterday
    )
    await Message.update({Message.state: "sent", Message.sent_at: yesterday}, force=True)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, newcomer.member_id: AttendeeRole.REQUIRED}
    wider = replace(plan, visibility=Visibility.ALL, invitees=invitees)
    await scheduling.change_event(cast.coordinator, event_id, wider, event.version, NOW - timedelta(hours=1))
    return event_id


async def test_pages_and_search_do_not_have_the_reason(sqlite_cast: Cast, browse: SignIn) -> None:
    cast = sqlite_cast
    event_id = await open_series_to_all(cast, cast.caht_lead)
    browser = await browse(cast.caht_lead)
    for path in (
        f"/events/{event_id}/{OPENING_KEY}",
        f"/events/{event_id}",
        f"/search?q={SECRET}",
        "/calendar?month=2027-01",
    ):
        page = await browser.get(path, follow_redirects=True)
        assert (page.status_code, f"Surveillance of {SECRET}" in page.text) == (200, False), path


async def test_the_api_does_not_have_the_reason(sqlite_cast: Cast, app: Litestar) -> None:
    cast = sqlite_cast
    event_id = await open_series_to_all(cast, cast.caht_lead)
    token = await sessions.create_token(cast.caht_lead, "Program", frozenset(ApiScope), NOW)
    for path in (
        f"/events/{event_id}",
        f"/events/{event_id}/occurrences",
        f"/events/{event_id}/occurrences/{OPENING_KEY}",
    ):
        response = await Browser(app).get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        assert (response.status_code, SECRET in response.text) == (200, False), path


async def test_a_feed_does_not_have_the_reason(sqlite_cast: Cast, browse: SignIn) -> None:
    cast = sqlite_cast
    event_id = await open_series_to_all(cast, cast.caht_lead)
    _, token = await subscriptions.create_subscription(
        cast.caht_lead, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    feed = (await (await browse(None)).get(f"/feeds/{token}.ics")).text
    uid = (await scheduling.event_seen_by(cast.caht_lead, event_id)).uid
    assert (uid in feed.replace("\r\n ", ""), SECRET in feed) == (True, False)


async def test_an_invitation_to_it_does_not_have_the_reason(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await open_series_to_all(cast, cast.caht_lead)
    messages = await outbox.claim_messages("test", (), NOW, 100)
    letters = [
        await emails.write_email(message, NOW, ZONE)
        for message in messages
        if message.recipient_id == cast.caht_lead.member_id
    ]
    assert (len(letters), SECRET in str(letters)) == (1, False)


Tokens = dict[str, str]


async def their_links(cast: Cast, links: Links) -> Tokens:
    """Return a link of each kind that the advocates' lead has, by the path that it opens; then they leave."""
    who = cast.caht_lead
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    poll_id = await ask_people(cast.coordinator, meeting(who))
    await assign_item(cast.coordinator, who)
    assert await write_about_item(who, "IN PROGRESS") is AnswerOutcome.RECORDED
    [item] = await ActionItem.select(ActionItem.id)
    [words] = await IncomingWords.select(IncomingWords.id)
    made = {
        "r": links.reply((await invitations_by_member(event_id))[who.member_id].id),
        "u": links.item(item["id"], who.member_id),
        "p": links.poll(poll_id, who.member_id),
        "n": links.digest(who.member_id),
        "w": links.undo(words["id"]),
    }
    async with writing():
        await Member.update({Member.status: Status.DEPARTED}).where(Member.id == who.member_id)
    return made


def never_made(links: Links) -> Tokens:
    """Return links to nothing, as someone with our key would make them."""
    nothing: UUID = uuid4()
    return {
        "r": links.reply(nothing),
        "u": links.item(nothing, nothing),
        "p": links.poll(nothing, nothing),
        "n": links.digest(nothing),
        "w": links.undo(nothing),
    }


async def responses(app: Litestar, tokens: Tokens) -> list[tuple[str, int, dict[str, str], bytes]]:
    """Return what a stranger gets who opens each link, and who presses a button there."""
    responses_found = []
    for path, token in tokens.items():
        for method in ("GET", "POST"):
            reply = await Browser(app).send(method, f"/{path}/{token}", data={"reply": "yes", "status": "done"})
            content = reply.content.replace(token.encode(), b"")
            responses_found.append((f"{method} /{path}", reply.status_code, dict(reply.headers), content))
    return responses_found


async def test_the_links_of_someone_who_left_are_like_links_to_nothing(app: Litestar, sqlite_cast: Cast) -> None:
    links = app.state.links
    other_responses = await responses(app, await their_links(sqlite_cast, links))
    nothing = await responses(app, never_made(links))
    for left, none in zip(other_responses, nothing, strict=True):
        assert left == none
