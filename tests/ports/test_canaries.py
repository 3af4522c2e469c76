"""Canaries in every text of an operation and in a confidential address: none is in any outlet of those kept from them.

A released service-readiness notice says nothing of its operation, and the public name of a place not where it is.
"""

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, operation
from tests.ports.browser import Browser
from tests.ports.test_nothing_leaks import responses_seen
from tests.ports.test_nothing_leaks_by_mail import emails_by_person
from tests.ports.worlds import LAST_WEEK, SHELTER_CANARIES, add_shelter, build, copied, open_world
from tests.usecases.operations.world import RISSAFE
from tracker.database import engine
from tracker.rules.operations.plans import PlannedSite, SiteRole, point_at
from tracker.rules.operations.readiness import Minors, NoticeState, NoticeText
from tracker.rules.operations.states import OperationState
from tracker.usecases.events import scheduling
from tracker.usecases.operations import approvals, plans, readiness

CANARY = "Vermilion"
GIVEN = ("caht_lead", "harbor_advocate")
READERS = ("caht_lead", "bridge_advocate", "administrator", "auditor")
"""Who gets the notice, another advocate, and who keeps the tracker."""
OF_OTHER_AGENCIES = ("fbi_lead", "coordinator", "auditor", "bridge_advocate")
"""Who leads the operation that names the shelter, who schedules, who reads the log, and another advocate."""
KEY = "2027-01-23"
STARTS = datetime(2027, 1, 23, 5, 17)  # noqa: DTZ001 - local to the zone
TIMES = (b"5:17 AM", b"05:17", b"T051700", b"T111700", b"11:17:00", b"10:43", b"T164300", b"38.71", b"94.17")
"""When the operation starts and ends, and where it is, as anything could write it."""
TEXT = NoticeText(
    starts_at=datetime(2027, 1, 22, 20, tzinfo=NOW.tzinfo),
    ends_at=datetime(2027, 1, 24, 2, tzinfo=NOW.tzinfo),
    fewest=3,
    most=6,
    languages="Tagalog",
    minors=Minors.UNKNOWN,
    needs="Beds for one night",
    place="Partner location 2",
    contact="Duty desk, 816-555-0100",
)


class Secret(NamedTuple):
    """What belongs to the operation, and the notice that was released about it."""

    event: UUID
    notice: UUID
    ids: frozenset[str]


async def secret_of(cast: Cast) -> Secret:
    """Plan an operation, release a notice about it, and let one of its recipients acknowledge it."""
    event_id = await _operation(cast)
    to = [cast.members[one].member_id for one in GIVEN]
    await readiness.save_readiness_notice(cast.fbi_lead, event_id, TEXT, LAST_WEEK, to, LAST_WEEK)
    [notice] = (await readiness.readiness_view(cast.fbi_lead, event_id, KEY)).notices
    await readiness.change_notice_state(cast.fbi_lead, event_id, notice.id, NoticeState.SCHEDULED, LAST_WEEK)
    await readiness.run_due_notices(LAST_WEEK + timedelta(minutes=1))
    await readiness.acknowledge_notice(cast.caht_lead, notice.id, NOW)
    return Secret(event_id, notice.id, await _ids(event_id))


async def _operation(cast: Cast) -> UUID:
    """Plan an operation with a canary in each of its texts."""
    lead, texts = cast.fbi_lead, {one: f"{CANARY} {one}" for one in ("title", "place", "description", "agenda")}
    link, length = f"https://{CANARY}.example/", timedelta(hours=5, minutes=26)
    plan = operation(cast.hsi_liaison, starts=STARTS, duration=length, video_link=link, **texts)
    event_id = await scheduling.schedule_event(lead, plan, LAST_WEEK)
    await plans.start_plan(lead, event_id, LAST_WEEK)
    for role in SiteRole:
        place = PlannedSite(role=role, place=f"{CANARY} {role}", point=point_at(38.71, -94.17, 1_320))
        await plans.add_site_to_plan(lead, event_id, place, LAST_WEEK)
    agency, skills = cast.agencies["FBI"], f"{CANARY} skills"
    await plans.commit_resources(lead, event_id, agency, people=17, vehicles=3, skills=skills, now=LAST_WEEK)
    await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, LAST_WEEK)
    await approvals.record_deconfliction_number(lead, event_id, replace(RISSAFE, number=f"{CANARY}-1"), LAST_WEEK)
    return event_id


async def _ids(event_id: UUID) -> frozenset[str]:
    """Return the ids of everything that hangs on an operation."""
    queries = (
        "SELECT id FROM event WHERE id = '{}' UNION SELECT uid FROM event WHERE id = '{}'",
        "SELECT id FROM occurrence WHERE event = '{}'",
        "SELECT id FROM operation_plan WHERE event = '{}'",
        "SELECT s.id FROM operation_site s JOIN operation_plan p ON p.id = s.plan WHERE p.event = '{}'",
        "SELECT r.id FROM operation_readiness r JOIN operation_plan p ON p.id = r.plan WHERE p.event = '{}'",
    )
    queries_found = [row for one in queries for row in await engine().run_ddl(one.replace("{}", str(event_id)))]
    return frozenset(str(row["id"]) for row in queries_found)


def forms_of_word(word: str) -> Iterator[bytes]:
    """Yield a word as outlets may write it: in any case, in addresses, and inside base64, wherever it begins there."""
    yield word.lower().encode()
    yield quote(word).lower().encode()
    for before in range(3):
        packed = base64.b64encode(b" " * before + word.encode())
        yield packed[-(-before * 8 // 6) : (before + len(word)) * 8 // 6].lower()  # what only the word decides


def unfolded(content: bytes) -> bytes:
    """Return bytes without the line ends that calendars and emails fold at."""
    lines = content.replace(b"\r\n", b"\n").replace(b"=\n", b"")
    return lines.replace(b"\n ", b"").replace(b"\n\t", b"").lower()


class Crawl(NamedTuple):
    """The secret, and what each person asked, with the needles in the answer; "emails" are all of theirs."""

    secret: Secret
    found: dict[str, list[tuple[str, frozenset[bytes]]]]


@pytest.fixture(scope="module")
async def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """Let each person ask for everything once, in a world with both secrets; the script names them where it can."""
    worlds = await build(tmp_path_factory.mktemp("canaries"))
    async with open_world(worlds.secret):
        secret = await secret_of(worlds.cast)
        plan, place = await add_shelter(worlds.cast)
    of_notice = {"secret_event": secret.event, "secret_key": KEY, "secret_notice": secret.notice}
    of_shelter = {"secret_plan": plan, "secret_plan_key": KEY, "secret_place": place}
    named = replace(worlds, places=replace(worlds.places, **of_notice, **of_shelter))
    email = await emails_by_person(worlds.secret, worlds)
    needles = [*_needles(CANARY, *SHELTER_CANARIES), *TIMES, *map(str.encode, (*secret.ids, str(secret.notice)))]
    pages = {}
    for viewer in {*READERS, *OF_OTHER_AGENCIES}:
        answers = await responses_seen(copied(worlds.secret), named, viewer)
        texts = [(ask, str(headers).encode() + content) for ask, _, headers, content in answers]
        texts.append(("emails", str(email[viewer]).encode()))
        pages[viewer] = [(ask, _in(unfolded(text), needles)) for ask, text in texts]
    return Crawl(secret, pages)


def _needles(*words: str) -> frozenset[bytes]:
    return frozenset(one for word in words for one in forms_of_word(word))


def _in(content: bytes, needles: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(one for one in needles if one.lower() in content)


@pytest.mark.parametrize("word", [CANARY, *SHELTER_CANARIES])
@pytest.mark.parametrize("before", range(6))
def test_a_word_is_found_in_base64_wherever_it_begins_and_nothing_shorter_is(word: str, before: int) -> None:
    text = b"?" * before + word.encode() + b"??"
    assert any(one in base64.b64encode(text).lower() for one in forms_of_word(word))
    assert min(map(len, forms_of_word(word))) >= len(word), "letters of a token rarely spell it by chance"


async def test_no_outlet_has_a_byte_of_the_operation_for_those_who_get_its_notice_or_keep_the_tracker(
    crawled: Crawl,
) -> None:
    secret, canaries = crawled.secret, _needles(CANARY)
    ids, notice = frozenset(map(str.encode, secret.ids)), str(secret.notice).encode()
    for viewer in READERS:
        for ask, words_found in crawled.found[viewer]:
            assert words_found & canaries == set(), (viewer, ask)
            if viewer in GIVEN or viewer == "bridge_advocate":
                assert words_found & {*TIMES} == set(), (viewer, ask)
                named = [one for one in words_found & ids if one.decode() not in ask]
                assert not named or ask.startswith("POST"), (viewer, ask)  # a form is answered with what was sent in it
        named = [ask for ask, words_found in crawled.found[viewer] if notice in words_found and viewer not in GIVEN]
        assert viewer == "auditor" or named == [], viewer
    assert any(notice in words_found for _, words_found in crawled.found["caht_lead"]), "who gets the notice sees it"


async def test_no_outlet_has_the_address_for_anyone_at_another_agency(crawled: Crawl) -> None:
    canaries = _needles(*SHELTER_CANARIES)
    answers = [(viewer, *answer) for viewer in OF_OTHER_AGENCIES for answer in crawled.found[viewer]]
    assert [(viewer, ask) for viewer, ask, words_found in answers if words_found & canaries] == []


async def test_those_who_get_the_notice_have_it_in_every_outlet(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    async with open_world(worlds.secret) as app:
        secret = await secret_of(worlds.cast)
        advocate, liaison = [Browser(app, worlds.sessions[one]) for one in ("harbor_advocate", "hsi_liaison")]
        assert "Tagalog" in (await advocate.get(f"/notices/{secret.notice}")).text
        assert "Acknowledge" in (await advocate.get("/")).text
        assert "SUMMARY:Service readiness" in (await advocate.get(f"/feeds/{worlds.feeds['harbor_advocate']}.ics")).text
        assert CANARY in (await liaison.get(f"/events/{secret.event}/{KEY}")).text


async def test_no_entry_of_the_audit_log_names_a_notice_and_its_operation(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    async with open_world(worlds.secret):
        secret = await secret_of(worlds.cast)
        rows = await engine().run_ddl("SELECT subject_id, facts FROM audit_entry")
    entries = [f"{row['subject_id']} {row['facts']}" for row in rows]
    related_entries = [one for one in entries if str(secret.notice) in one]
    assert len(related_entries) == 2, "its release, and the acknowledgment"
    assert [one for one in related_entries for words_found in secret.ids if words_found in one] == []
