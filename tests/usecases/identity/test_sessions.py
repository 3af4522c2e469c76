"""Sessions, one-time links, and personal tokens: what gives access, what is remembered, and when it ends."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import anyio
import pytest
from msgspec.structs import replace

from tests.cast import NOW, PROGRAM, Cast
from tests.database.statements import noted
from tests.ports.browser import session_of
from tests.usecases.identity.world import PASSWORD, enroll, give_password, hash_cheaply
from tracker.crypto import keys
from tracker.database import writing
from tracker.errors import Gone, Invalid, NotAllowed, NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import ON_SITE, Role, Viewer
from tracker.rules.identity import LIFETIME, MAX_TOKENS, ApiScope
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.identity import ApiToken, Session, SignInLink
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import open_feed
from tracker.usecases.core import viewers
from tracker.usecases.core.viewers import OpenSessions, Visit, viewer_of_session
from tracker.usecases.identity import sessions
from tracker.usecases.identity.credentials import set_password
from tracker.usecases.identity.sessions import end_session, report_lost_phone, sessions_of, sign_out_everywhere
from tracker.usecases.identity.sign_in import RESET, SIGN_IN, check_link, issue_link, redeem_link
from tracker.usecases.identity.sign_in_attempts import SignInArrival
from tracker.usecases.operations import access
from tracker.usecases.roster import people

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def world(sqlite_cast: Cast) -> Cast:
    hash_cheaply()
    return sqlite_cast


async def redeem_new_link(person, now=NOW, replacing: str = "") -> str:
    link = await issue_link(person.member_id, now)
    return await redeem_link(link, now, SignInArrival(browser="Firefox", replacing=replacing), asks_code=False)


async def test_a_session_shows_its_viewer(cast: Cast):
    token = await redeem_new_link(cast.caht_lead)
    visit = await viewer_of_session(token, NOW)
    assert (replace(visit.viewer, origin=ON_SITE), visit.reauthenticated_at) == (cast.caht_lead, NOW)


async def test_a_session_token_has_256_bits_and_only_its_hash_is_stored(world: Cast):
    token = await redeem_new_link(world.caht_lead)
    assert len(token) == 43
    row = await Session.select().first()
    assert token not in str(row)
    assert row["id"] == keys.token_hash(token)


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "\x00", "\ud800", "a" * 10_000])
async def test_a_made_up_token_opens_nothing(world: Cast, token: str):
    assert await viewer_of_session(token, NOW) is None


async def test_a_session_ends_after_thirty_idle_minutes(cast: Cast):
    token = await redeem_new_link(cast.caht_lead)
    assert await viewer_of_session(token, NOW + 30 * MINUTE) is None


async def test_a_session_in_use_lives_for_twelve_hours_and_no_longer(cast: Cast):
    token = await redeem_new_link(cast.caht_lead)
    for minute in range(10, 12 * 60, 25):
        assert await viewer_of_session(token, NOW + minute * MINUTE)
    assert await viewer_of_session(token, NOW + 12 * 60 * MINUTE) is None


async def test_a_session_that_ran_out_is_deleted_at_the_first_sign_in_a_day_later(cast: Cast):
    await redeem_new_link(cast.caht_lead)
    await redeem_new_link(cast.fbi_lead, NOW + timedelta(hours=24))
    assert await Session.select(Session.member).output(as_list=True) == [cast.fbi_lead.member_id]


async def test_a_session_is_written_once_a_minute_at_most(world: Cast):
    token = await redeem_new_link(world.caht_lead)
    await viewer_of_session(token, NOW + timedelta(seconds=59))
    assert (await Session.select(Session.seen_at).first())["seen_at"] == NOW
    await viewer_of_session(token, NOW + MINUTE)
    assert (await Session.select(Session.seen_at).first())["seen_at"] == NOW + MINUTE


async def test_what_a_page_asks_by_itself_does_not_prolong_a_session(cast: Cast):
    token = await redeem_new_link(cast.caht_lead)
    for minute in range(1, 30):
        assert await viewer_of_session(token, NOW + minute * MINUTE, is_use=False)
    assert await viewer_of_session(token, NOW + 30 * MINUTE, is_use=False) is None


async def test_a_session_says_when_it_ends(world: Cast):
    token = await redeem_new_link(world.caht_lead)
    visit = await viewer_of_session(token, NOW + 10 * MINUTE)
    assert (visit.idle_end, visit.last_end) == (NOW + 40 * MINUTE, NOW + timedelta(hours=12))
    assert visit.seconds_left(NOW + 38 * MINUTE) == 120
    assert visit.seconds_left(NOW + 50 * MINUTE) == 0


async def test_signing_out_ends_the_session(cast: Cast):
    token = await redeem_new_link(cast.caht_lead)
    await sessions.sign_out(cast.caht_lead, keys.token_hash(token), NOW)
    assert await viewer_of_session(token, NOW) is None
    assert await AuditEntry.exists().where(AuditEntry.verb == "signed_out")


async def test_signing_out_twice_is_fine(world: Cast):
    token = await redeem_new_link(world.caht_lead)
    for _ in range(2):
        await sessions.sign_out(world.caht_lead, keys.token_hash(token), NOW)
    assert await AuditEntry.count().where(AuditEntry.verb == "signed_out") == 1


async def test_of_more_sessions_than_one_person_may_have_the_one_not_used_for_longest_ends(cast: Cast):
    tokens = [await redeem_new_link(cast.caht_lead, NOW + timedelta(minutes=minute)) for minute in range(3)]
    other = await redeem_new_link(cast.fbi_lead)
    soon = NOW + timedelta(minutes=5)
    await viewer_of_session(tokens[0], soon)  # the oldest is in use
    tokens.append(await redeem_new_link(cast.caht_lead, soon))
    assert [await viewer_of_session(one, soon) is not None for one in tokens] == [True, False, True, True]
    assert await viewer_of_session(other, soon)
    ended = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "session_ended")
    assert [json.loads(one["facts"]) for one in ended] == [{"why": "more than 3"}]


async def test_where_one_session_is_allowed_a_new_one_ends_the_other(world: Cast):
    first = await redeem_new_link(world.caht_lead)
    link = await issue_link(world.caht_lead.member_id, NOW)
    second = await redeem_link(link, NOW, SignInArrival(most=1), asks_code=False)
    assert await viewer_of_session(first, NOW) is None
    assert await viewer_of_session(second, NOW)


async def test_a_new_sign_in_ends_the_session_that_the_browser_had(world: Cast):
    old = await redeem_new_link(world.caht_lead)
    new = await redeem_new_link(world.fbi_lead, replacing=old)
    assert new != old
    assert await viewer_of_session(old, NOW) is None


@pytest.mark.parametrize("status", ["suspended", "departed"])
async def test_a_member_who_is_not_active_loses_the_session_at_once(world: Cast, status: str):
    token = await redeem_new_link(world.caht_lead)
    await Member.update({Member.status: status}).where(Member.id == world.caht_lead.member_id)
    assert await viewer_of_session(token, NOW) is None


async def test_a_suspended_agency_closes_the_sessions_of_its_people(world: Cast):
    token = await redeem_new_link(world.caht_lead)
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == world.caht_lead.agency_id)
    assert await viewer_of_session(token, NOW) is None


async def test_a_new_password_ends_the_other_sessions(cast: Cast):
    hash_cheaply()
    own_session_token, other = await redeem_new_link(cast.caht_lead), await redeem_new_link(cast.caht_lead)
    await give_password_keeping(cast, own_session_token)
    assert await viewer_of_session(own_session_token, NOW)
    assert await viewer_of_session(other, NOW) is None


async def give_password_keeping(cast: Cast, token: str) -> None:
    person = cast.caht_lead
    await set_password(person.member_id, PASSWORD, NOW, by=person.actor, keeping=keys.token_hash(token))


async def test_a_long_browser_name_is_cut(world: Cast):
    link = await issue_link(world.caht_lead.member_id, NOW)
    await redeem_link(link, NOW, SignInArrival(browser="x" * 5_000), asks_code=False)
    assert len((await Session.select(Session.client).first())["client"]) == 200


async def test_a_link_signs_in_once(cast: Cast):
    link = await issue_link(cast.caht_lead.member_id, NOW)
    assert await redeem_link(link, NOW, asks_code=False)
    with pytest.raises(Gone):
        await redeem_link(link, NOW, asks_code=False)


async def test_a_new_link_ends_the_earlier_ones_of_the_same_person_and_purpose(cast: Cast):
    first, of_another = await issue_link(cast.caht_lead.member_id, NOW), await issue_link(cast.fbi_lead.member_id, NOW)
    reset = await issue_link(cast.caht_lead.member_id, NOW, purpose=RESET)
    second = await issue_link(cast.caht_lead.member_id, NOW)
    with pytest.raises(Gone):
        await redeem_link(first, NOW, asks_code=False)
    await check_link(reset, NOW, RESET)
    assert await redeem_link(second, NOW, asks_code=False)
    assert await redeem_link(of_another, NOW, asks_code=False)


async def test_looking_at_a_link_changes_nothing(cast: Cast):
    link = await issue_link(cast.caht_lead.member_id, NOW)
    for _ in range(3):
        await check_link(link, NOW)
    assert await redeem_link(link, NOW, asks_code=False)
    with pytest.raises(Gone):
        await check_link(link, NOW)


async def test_of_five_uses_at_once_one_succeeds(cast: Cast):
    link = await issue_link(cast.caht_lead.member_id, NOW)
    refused = []

    async def use() -> None:
        try:
            await redeem_link(link, NOW, asks_code=False)
        except Gone:
            refused.append(1)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(use)
    assert (len(refused), await Session.count()) == (4, 1)


async def test_a_link_ends_with_its_time(world: Cast):
    link = await issue_link(world.caht_lead.member_id, NOW, timedelta(minutes=5))
    with pytest.raises(Gone):
        await redeem_link(link, NOW + timedelta(minutes=5), asks_code=False)


async def test_only_the_hash_of_a_link_is_stored(world: Cast):
    link = await issue_link(world.caht_lead.member_id, NOW)
    assert link not in str(await SignInLink.select()) + str(await AuditEntry.select())


async def test_a_link_of_a_suspended_member_opens_nothing(world: Cast):
    link = await issue_link(world.caht_lead.member_id, NOW)
    await Member.update({Member.status: "suspended"}).where(Member.id == world.caht_lead.member_id)
    with pytest.raises((Gone, NotAllowed)):
        await redeem_link(link, NOW, asks_code=False)
    assert await Session.count() == 0


async def test_outside_a_demo_a_link_still_asks_for_the_code(world: Cast):
    await give_password(world.kcpd_detective)
    await enroll(world.kcpd_detective)
    link = await issue_link(world.kcpd_detective.member_id, NOW)
    challenge = await redeem_link(link, NOW, asks_code=True)
    assert not challenge.needs_enrollment
    assert await Session.count() == 1


async def test_outside_a_demo_a_first_link_leads_to_enrollment(world: Cast):
    link = await issue_link(world.caht_lead.member_id, NOW)
    challenge = await redeem_link(link, NOW, asks_code=True)
    assert challenge.needs_enrollment
    assert await Session.count() == 0


SOON = NOW + timedelta(minutes=1)


async def subscribe_phone(viewer: Viewer) -> str:
    return (await subscriptions.create_subscription(viewer, "Phone", FeedScope.ALL, NOW, shows_operations=False))[1]


async def test_a_lost_phone_shuts_all_feeds_all_tokens_all_links_and_all_sessions_but_the_one_that_tells(cast: Cast):
    here, there = await session_of(cast.caht_lead, NOW), await session_of(cast.caht_lead, NOW)
    feeds = [await subscribe_phone(cast.caht_lead), await subscribe_phone(cast.caht_lead)]
    token = await sessions.create_token(cast.caht_lead, "Roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    links = {purpose: await issue_link(cast.caht_lead.member_id, NOW, purpose=purpose) for purpose in (RESET, SIGN_IN)}
    shut = await report_lost_phone(cast.caht_lead, SOON, keeping=keys.token_hash(here))
    assert shut == {"sessions": 1, "links": 2, "feeds": 2, "tokens": 1}
    assert await sessions.bearer_of(token, SOON, PROGRAM) is None
    assert await viewer_of_session(here, SOON)
    assert await viewer_of_session(there, SOON) is None
    for purpose, link in links.items():
        with pytest.raises(Gone):
            await check_link(link, SOON, purpose)
    for feed in feeds:
        with pytest.raises(NotFound):
            await open_feed(feed, NOW)
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "phone_lost")
    assert entry["facts"] == '{"feeds": 2, "links": 2, "sessions": 1, "tokens": 1}'


async def test_no_one_else_s_outlets_are_shut(sqlite_cast: Cast):
    feed, session = await subscribe_phone(sqlite_cast.fbi_lead), await session_of(sqlite_cast.fbi_lead, NOW)
    await report_lost_phone(sqlite_cast.caht_lead, SOON)
    assert await viewer_of_session(session, SOON)
    assert await open_feed(feed, NOW)


async def test_open_sessions_are_listed_the_latest_first_and_those_that_are_over_are_not(cast: Cast):
    await session_of(cast.caht_lead, NOW - timedelta(minutes=40))
    session_token, other = await session_of(cast.caht_lead, NOW), await session_of(cast.caht_lead, SOON)
    listed = [session.id for session in await sessions_of(cast.caht_lead.member_id, SOON)]
    assert listed == [keys.token_hash(other), keys.token_hash(session_token)]


async def test_one_session_is_ended_and_the_others_continue(cast: Cast):
    session_token, other = await session_of(cast.caht_lead, NOW), await session_of(cast.caht_lead, NOW)
    await end_session(cast.caht_lead, keys.token_hash(session_token), SOON)
    assert await viewer_of_session(session_token, SOON) is None
    assert await viewer_of_session(other, SOON)


async def test_the_session_of_someone_else_cannot_be_ended(sqlite_cast: Cast):
    other_session_token = await session_of(sqlite_cast.fbi_lead, NOW)
    await end_session(sqlite_cast.caht_lead, keys.token_hash(other_session_token), SOON)
    assert await viewer_of_session(other_session_token, SOON)
    assert not await AuditEntry.exists().where(AuditEntry.verb == "session_ended")


async def test_signing_out_everywhere_ends_all_sessions_of_one_person(cast: Cast):
    own_session_token, other_session_token = await session_of(cast.caht_lead, NOW), await session_of(cast.fbi_lead, NOW)
    await sign_out_everywhere(cast.caht_lead.member_id, SOON, by=cast.caht_lead.actor)
    assert await viewer_of_session(own_session_token, SOON) is None
    assert await viewer_of_session(other_session_token, SOON)


async def open_session(known: OpenSessions, token: str, now: datetime = NOW) -> Visit | None:
    """Return the visit of a page that asks by itself, so that nothing is committed."""
    return await viewer_of_session(token, now, known=known, is_use=False)


async def test_nothing_is_read_again_until_someone_commits(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    first = await open_session(known, token)
    assert first == await viewer_of_session(token, NOW, is_use=False)
    with noted() as statements:
        assert await open_session(known, token) == first
    assert statements == []
    await Member.update({Member.name: "New name"}).where(Member.id == sqlite_cast.caht_lead.member_id)
    again = await open_session(known, token)
    assert again
    assert again.viewer.name == "New name"


async def test_a_change_between_the_question_and_the_answer_is_seen_by_the_next_request(
    sqlite_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    read = viewers._visit

    async def answered_late(token: str, now: datetime) -> Visit | None:
        monkeypatch.undo()
        visit = await read(token, now)
        await Member.update({Member.name: "New name"}).where(Member.id == sqlite_cast.caht_lead.member_id)
        await open_session(known, token)
        return visit

    monkeypatch.setattr(viewers, "_visit", answered_late)
    names = [one and one.viewer.name for one in (await open_session(known, token), await open_session(known, token))]
    assert names == ["Caht lead", "New name"]


async def test_a_remembered_session_ends_by_its_time(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    assert await open_session(known, token, NOW + 29 * MINUTE)
    assert await open_session(known, token, NOW + 30 * MINUTE) is None


async def test_a_remembered_session_ends_with_the_account(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    until = Member.update({Member.expires_at: NOW + MINUTE})
    await until.where(Member.id == sqlite_cast.caht_lead.member_id)
    assert await open_session(known, token)
    assert await open_session(known, token, NOW + MINUTE) is None


async def test_a_remembered_session_has_emergency_access_no_longer_than_its_hour(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.administrator, NOW)
    began = NOW - 50 * MINUTE
    visit = await open_session(known, token)
    assert visit
    await access.begin_emergency_access(visit.viewer, visit.session_id, "The lead can’t be reached.", began, began)
    held = {minutes: await open_session(known, token, NOW + minutes * MINUTE) for minutes in (0, 9, 10)}
    assert {at: bool(one and one.viewer.emergency) for at, one in held.items()} == {0: True, 9: True, 10: False}


async def test_a_remembered_session_gains_and_loses_a_role_at_once(sqlite_cast: Cast) -> None:
    who, coordinator = sqlite_cast.kcpd_detective, frozenset({Role.COORDINATOR})
    known, token = OpenSessions(), await session_of(who, NOW)
    held = [await open_session(known, token)]
    await people.set_roles(who.member_id, coordinator, frozenset())
    held.append(await open_session(known, token))
    await people.set_roles(who.member_id, frozenset(), coordinator)
    held.append(await open_session(known, token))
    assert [one and one.viewer.roles for one in held] == [frozenset(), coordinator, frozenset()]


async def sign_out(who: Viewer, token: str) -> None:
    await sessions.sign_out(who, keys.token_hash(token), NOW)


async def suspend_member(who: Viewer, _: str) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == who.member_id)


async def suspend_agency(who: Viewer, _: str) -> None:
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == who.agency_id)


@pytest.mark.parametrize("deed", [sign_out, suspend_member, suspend_agency])
@pytest.mark.both_engines
async def test_what_ends_a_session_ends_a_remembered_one_at_once(
    cast: Cast, deed: Callable[[Viewer, str], Awaitable[None]]
) -> None:
    known, token = OpenSessions(), await session_of(cast.caht_lead, NOW)
    assert await open_session(known, token)
    await deed(cast.caht_lead, token)
    assert await open_session(known, token) is None


READ = frozenset({ApiScope.EVENTS_READ})


async def test_a_token_speaks_for_its_owner_as_far_as_its_scopes_go(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    bearer = await sessions.bearer_of(token, NOW, PROGRAM)
    assert bearer is not None
    assert (bearer.viewer.member_id, bearer.viewer.audiences) == (cast.caht_lead.member_id, cast.caht_lead.audiences)
    tokens = await sessions.api_tokens_of(cast.caht_lead, NOW)
    assert (bearer.viewer.origin, bearer.scopes) == (PROGRAM.within(tokens[0].id.hex), READ)


async def test_a_token_has_256_bits_and_is_nowhere_in_the_database(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    stored = await ApiToken.select(*ApiToken.all_columns()).first()
    assert len(token) == 43
    assert not [name for name, value in stored.items() if token in str(value)]
    assert stored["token_hash"] == keys.token_hash(token)


async def test_unknown_revoked_and_expired_tokens_are_nobodys(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    assert await sessions.bearer_of(keys.new_token(), NOW, PROGRAM) is None
    assert await sessions.bearer_of(token, NOW + LIFETIME, PROGRAM) is None
    [shown] = await sessions.api_tokens_of(cast.caht_lead, NOW)
    await sessions.revoke_token_of(cast.caht_lead, shown.id, NOW)
    assert await sessions.bearer_of(token, NOW, PROGRAM) is None
    assert await sessions.api_tokens_of(cast.caht_lead, NOW) == []


async def test_a_token_of_someone_who_is_suspended_is_no_one_s(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    async with writing():
        await Member.update({Member.status: "suspended"}).where(Member.id == cast.caht_lead.member_id)
    assert await sessions.bearer_of(token, NOW, PROGRAM) is None


async def test_no_one_else_sees_or_revokes_it(cast: Cast) -> None:
    await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    [own_api_token] = await sessions.api_tokens_of(cast.caht_lead, NOW)
    assert await sessions.api_tokens_of(cast.coordinator, NOW) == []
    with pytest.raises(NotFound):
        await sessions.revoke_token_of(cast.coordinator, own_api_token.id, NOW)


async def test_its_last_use_is_noted_at_most_once_a_minute(sqlite_cast: Cast) -> None:
    token = await sessions.create_token(sqlite_cast.caht_lead, "Roster", READ, NOW)
    for seconds in (0, 59, 61):
        bearer = await sessions.bearer_of(token, NOW + timedelta(seconds=seconds), PROGRAM)
        assert bearer is not None
        if bearer.unnoted:
            await sessions.note_token_use(bearer.unnoted, NOW + timedelta(seconds=seconds))
        [shown] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
        assert shown.used_at == NOW + timedelta(seconds=61 if seconds == 61 else 0)


async def test_a_token_needs_a_name_and_something_that_it_may_do(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid, match="Enter the app"):
        await sessions.create_token(sqlite_cast.caht_lead, " ", READ, NOW)
    with pytest.raises(Invalid, match="at least one permission"):
        await sessions.create_token(sqlite_cast.caht_lead, "Roster", frozenset(), NOW)


async def test_no_one_has_more_tokens_than_they_can_keep_an_eye_on(sqlite_cast: Cast) -> None:
    for number in range(MAX_TOKENS):
        await sessions.create_token(sqlite_cast.caht_lead, f"Program {number}", READ, NOW)
    with pytest.raises(Invalid, match="Revoke one"):
        await sessions.create_token(sqlite_cast.caht_lead, "One more", READ, NOW)


async def test_making_and_revoking_are_in_the_audit_log(sqlite_cast: Cast) -> None:
    await sessions.create_token(sqlite_cast.caht_lead, "Roster", READ, NOW)
    [shown] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
    await sessions.revoke_token_of(sqlite_cast.caht_lead, shown.id, NOW)
    entries = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.subject == "api_token").order_by(AuditEntry.seq)
    assert [one["verb"] for one in entries] == ["created", "revoked"]
