"""A conflict that a person isn't shown changes no byte of what they get, and none of their emails, nor takes longer."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.ports.api_script import API_SCRIPT
from tests.ports.browser import Browser
from tests.ports.test_nothing_leaks import SCRIPT, same_chance
from tests.ports.worlds import Places, Story, Worlds, build, opened, what_all_may_see
from tests.processor_time import Turns
from tests.usecases.operations.world import FAR, A, B, disclose, planned, site, with_another_lead
from tracker.crypto import ids
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.plans import Disclosure, SiteRole
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import occurrences
from tracker.usecases.operations import deconfliction, plans
from tracker.usecases.operations.plans import plan_basics, plan_view
from tracker.usecases.operations.states import operation_for

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


async def bluestem(cast: Cast) -> tuple[Cast, Places]:
    """Plan Bluestem with its supervisor, in both worlds; it is what the script names as secret."""
    two = await with_another_lead(cast)
    places = await what_all_may_see(two)
    event_id = await planned(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
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
        event_id = await planned(two.kcpd_alternate, two.ipd_liaison, title=title, at=FAR)
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
    found: list[Answer] = []
    async with opened(world) as app, same_chance():
        browser = Browser(app, worlds.sessions[viewer], lays_out=False)
        for number, (method, path, form) in enumerate(_asked(SCRIPT, worlds.places)):
            ids.seed(number)  # a comparison draws ids for its emails: how many is no answer
            reply = await (browser.post(path, form) if method == "POST" else browser.get(path))
            found.append((f"{method} {path}", reply.status_code, _headers(reply), reply.content))
        for number, (method, path, body) in enumerate(_asked(API_SCRIPT, worlds.places), start=BY_PROGRAM):
            ids.seed(number)
            reply = await Browser(app, lays_out=False).send(method, path, json=body, headers=by_token)
            found.append((f"{method} {path}", reply.status_code, _headers(reply), reply.content))
        feed = await browser.get(f"/feeds/{worlds.feeds[viewer]}.ics")
        found.append(("feed", feed.status_code, _headers(feed), feed.content))
        for key, letter in await _letters(worlds.cast.members[viewer]):
            found.append((key, 0, (), repr(letter).encode()))
    return found


def _headers(reply: httpx.Response) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(reply.headers.items()))


def _asked(script: Mapping[str, Callable[[Places], list[Any]]], places: Places) -> Iterator[Any]:
    """Yield the requests of a script that could show a conflict of the operation."""
    for route, asks in script.items():
        if route in LISTS or any(part in route for part in ("/plan", "/operations", "/deconfliction")):
            yield from (ask for ask in asks(places) if "{" not in route or str(places.secret_event) in ask[1])


async def _letters(reader: Viewer) -> list[tuple[str, object]]:
    """Return the emails that wait for a person."""
    mine = [
        one for one in await outbox.claim_messages(reader.name, [], NOW, 1_000) if one.recipient_id == reader.member_id
    ]
    return sorted([(one.key, await emails.write_email(one, NOW, ZONE)) for one in mine], key=lambda one: one[0])


async def different(folder: Path, secrets: Secrets, viewers: Sequence[str]) -> dict[str, list[str]]:
    """Return which answers each person gets are others in a world with conflicts than in one without."""
    worlds = await build(folder, Story(bluestem, secrets, planned_on))
    found = {}
    for viewer in viewers:
        without, with_it = [await answers(one, worlds, viewer) for one in (worlds.plain, worlds.secret)]
        assert len(without) > MANY
        assert all(status < 500 for _, status, _, _ in without)
        found[viewer] = sorted({path for path, *_ in set(without) ^ set(with_it)})
    return {viewer: paths for viewer, paths in found.items() if paths}


async def test_a_conflict_with_an_operation_that_shows_nothing_is_none_for_the_other_side(tmp_path: Path) -> None:
    assert await different(tmp_path, silent, OF_THE_OTHER_SIDE) == {}


async def test_a_conflict_is_none_for_people_who_neither_lead_the_operation_nor_approve_it(tmp_path: Path) -> None:
    assert await different(tmp_path, contact_only, NEITHER_LEADS_NOR_APPROVES) == {}


async def test_the_lead_is_shown_a_conflict_with_an_operation_that_shows_itself(tmp_path: Path) -> None:
    assert f"/{KEY}/plan" in str(await different(tmp_path, contact_only, ["fbi_lead"]))


async def test_the_officer_is_shown_a_conflict_with_an_operation_that_shows_nothing(tmp_path: Path) -> None:
    assert "GET /deconfliction" in str(await different(tmp_path, silent, ["coordinator"]))


async def test_a_request_takes_no_longer_because_of_an_operation_that_shows_nothing(tmp_path: Path) -> None:
    worlds = await build(tmp_path, Story(bluestem, silent, planned_on))
    turns: Turns[tuple[str, Path]] = Turns()
    for world in [worlds.plain, worlds.secret] * ROUNDS:
        await _read_and_change_the_plan(turns, world, worlds)
    plain, secret = [{ask: turns.least((ask, world)) for ask in ASKS} for world in (worlds.plain, worlds.secret)]
    assert [ask for ask in ASKS if abs(plain[ask] - secret[ask]) > MOST_APART] == []


async def _read_and_change_the_plan(turns: Turns[tuple[str, Path]], world: Path, worlds: Worlds) -> None:
    """Let the lead do in one world what could take longer in one of them."""
    plan = f"/events/{worlds.places.secret_event}/{KEY}/plan"
    async with opened(world) as app:
        browser = Browser(app, worlds.sessions["fbi_lead"])
        await browser.form_token()
        for number in range(TRIES):
            state = {"to": "stood_down" if number % 2 else "planning"}
            await turns.take(("home", world), browser.get("/"))
            await turns.take(("read", world), browser.get(plan))
            await turns.take(("return", world), browser.post(f"{plan}/states", state))
