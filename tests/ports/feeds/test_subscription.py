"""Feeds by address: what programs get, when it changes, and feeds that are limited."""

import gzip
import io
import logging
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from uuid import UUID

import httpx
import icalendar
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, marking, meeting, operation
from tests.ports.browser import Browser
from tracker import clock
from tracker.database import engine
from tracker.ports.http import security
from tracker.rules.calendars.feeds import NO_ALARMS, Alarms, AllDayAlarm, FeedLimit, FeedScope, Subscription
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.replies import AttendeeRole
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.events import Event
from tracker.tables.schema.roster import Committee, Member, SeatHolder
from tracker.usecases.calendars import subscriptions
from tracker.usecases.events.scheduling import change_event, schedule_event

PLAIN = {"Accept-Encoding": "identity"}
QUIET = ("date", "last-modified")


async def new_feed(
    viewer: Viewer, scope: FeedScope = FeedScope.ALL, *, shows_operations: bool = False
) -> tuple[UUID, str]:
    """Return the id and the address of a new feed."""
    subscription_id, token = await subscriptions.create_subscription(
        viewer, "Phone", scope, NOW, shows_operations=shows_operations
    )
    return subscription_id, f"/feeds/{token}.ics"


async def noted(viewer: Viewer) -> Subscription:
    [subscription] = await subscriptions.subscriptions_of(viewer)
    return subscription


def titles_in_order(reply: httpx.Response) -> list[str]:
    return sorted(str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(reply.content).walk("VEVENT"))


def response_parts(reply: httpx.Response) -> tuple[object, ...]:
    headers = sorted((name, value) for name, value in reply.headers.multi_items() if name not in QUIET)
    return reply.status_code, headers, reply.content


async def test_a_feed_shows_what_its_owner_may_see_and_nothing_else(cast: Cast, program: Browser) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="For all"), NOW)
    await schedule_event(cast.coordinator, meeting(title="Police", visibility=Visibility.LAW_ENFORCEMENT), NOW)
    await schedule_event(cast.coordinator, operation(cast.kcpd_detective), NOW)
    _, detective = await new_feed(cast.kcpd_detective)
    _, advocate = await new_feed(cast.harbor_advocate)
    assert titles_in_order(await program.get(detective)) == ["For all", "Police"]
    assert titles_in_order(await program.get(advocate)) == ["For all"]


async def test_a_named_operation_is_shown_discreetly_to_those_who_turned_it_on(cast: Cast, program: Browser) -> None:
    await schedule_event(cast.coordinator, operation(cast.kcpd_detective), NOW)
    _, detective = await new_feed(cast.kcpd_detective, shows_operations=True)
    _, advocate = await new_feed(cast.harbor_advocate, shows_operations=True)
    reply = await program.get(detective)
    assert titles_in_order(reply) == ["Operational period"]
    assert "Bluestem" not in reply.text
    assert "Larkspur" not in reply.text
    assert titles_in_order(await program.get(advocate)) == []


async def test_what_is_marked_leaves_every_feed_and_shows_its_time_to_those_who_asked_for_it(
    cast: Cast, program: Browser
) -> None:
    plan = meeting(cast.fbi_lead, title="Planning")
    event_id = await schedule_event(cast.coordinator, plan, NOW)
    _, plain = await new_feed(cast.fbi_lead)
    _, by_time = await new_feed(cast.hsi_liaison, shows_operations=True)
    assert titles_in_order(await program.get(plain)) == titles_in_order(await program.get(by_time)) == ["Planning"]
    await change_event(cast.coordinator, event_id, replace(plan, marking=marking(cast)), 1, NOW)
    assert titles_in_order(await program.get(plain)) == []
    reply = await program.get(by_time)
    assert titles_in_order(reply) == ["Task force event"]
    assert "CUI" not in reply.text


async def test_a_feed_of_ones_own_holds_what_one_is_invited_to(cast: Cast, program: Browser) -> None:
    await schedule_event(cast.coordinator, meeting(cast.kcpd_detective, title="Mine"), NOW)
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="Others"), NOW)
    _, address = await new_feed(cast.kcpd_detective, FeedScope.MINE)
    assert titles_in_order(await program.get(address)) == ["Mine"]


async def test_the_headers_are_what_calendar_programs_need(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    reply = await program.get(address, headers=PLAIN)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
    assert reply.headers["cache-control"] == "private, no-cache"
    assert reply.headers["x-robots-tag"] == "noindex"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["etag"].startswith('"')
    assert reply.headers["last-modified"] == format_datetime(NOW, usegmt=True)
    assert "set-cookie" not in reply.headers
    assert reply.content.startswith(b"BEGIN:VCALENDAR\r\n")


async def test_two_fetches_an_hour_apart_are_the_same_bytes(cast: Cast, program: Browser) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    _, address = await new_feed(cast.kcpd_detective)
    first = await program.get(address)
    clock.start_at(NOW + timedelta(hours=1), is_still=True)
    second = await program.get(address)
    assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"])
    assert first.headers["last-modified"] == second.headers["last-modified"]


@pytest.mark.parametrize(
    "condition",
    [
        lambda tag: {"If-None-Match": tag},
        lambda tag: {"If-None-Match": f"W/{tag}"},
        lambda tag: {"If-None-Match": f'"other", {tag} , W/"third"'},
        lambda _: {"If-None-Match": "*"},
        lambda _: {"If-Modified-Since": format_datetime(NOW, usegmt=True)},
    ],
)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_what_is_known_already_is_not_sent_again(
    cast: Cast, program: Browser, condition: Callable[[str], dict[str, str]], encoding: str
) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    first = await program.get(address, headers={"Accept-Encoding": encoding})
    again = await program.get(address, headers={"Accept-Encoding": encoding, **condition(first.headers["etag"])})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "condition",
    [
        {"If-None-Match": '"other"'},
        {"If-None-Match": "nonsense"},
        {"If-None-Match": '"other"', "If-Modified-Since": format_datetime(NOW + timedelta(days=1), usegmt=True)},
        {"If-Modified-Since": format_datetime(NOW - timedelta(seconds=1), usegmt=True)},
        {"If-Modified-Since": format_datetime(NOW + timedelta(days=1), usegmt=True)},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": "Tue, 99 Foo 2026 99:99:99 GMT"},
    ],
)
async def test_what_is_not_known_is_sent(cast: Cast, program: Browser, condition: dict[str, str]) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    await program.get(address)
    assert (await program.get(address, headers=condition)).status_code == 200


async def test_an_upcoming_date_shows_nothing_to_be_known(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    ahead = {"If-Modified-Since": format_datetime(NOW + timedelta(minutes=5), usegmt=True)}
    assert (await program.get(address, headers=ahead)).status_code == 200


async def test_only_what_is_sent_is_noted_as_sent(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    assert (await program.get(address, headers={"If-None-Match": "*"})).status_code == 304
    clock.start_at(NOW + timedelta(hours=1), is_still=True)
    since = {"If-Modified-Since": format_datetime(NOW + timedelta(minutes=1), usegmt=True)}
    assert [(await program.get(address, headers=since)).status_code for _ in range(2)] == [200, 200]


async def test_a_change_gives_another_tag_and_a_later_date(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    first = await program.get(address)
    clock.start_at(NOW + timedelta(hours=1), is_still=True)
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), clock.now())
    second = await program.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.headers["etag"] != first.headers["etag"]
    assert second.headers["last-modified"] == format_datetime(clock.now(), usegmt=True)


async def test_losing_access_to_an_event_is_a_change_too(cast: Cast, program: Browser) -> None:
    await schedule_event(
        cast.coordinator, meeting(visibility=Visibility.COMMITTEE, committee_id=cast.committees["steering"]), NOW
    )
    _, address = await new_feed(cast.kcpd_alternate)
    first = await program.get(address)
    assert len(titles_in_order(first)) == 1
    await SeatHolder.delete().where(SeatHolder.member == cast.kcpd_alternate.member_id)
    clock.start_at(NOW + timedelta(hours=1), is_still=True)
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert titles_in_order(await program.get(address, headers=since)) == []


async def test_what_someone_may_not_see_moves_nothing_of_theirs(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.harbor_advocate)
    first = await program.get(address)
    await schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    await schedule_event(cast.coordinator, meeting(visibility=Visibility.LAW_ENFORCEMENT), NOW)
    second = await program.get(address)
    assert response_parts(second) == response_parts(first)
    assert second.headers["last-modified"] == first.headers["last-modified"]


async def test_head_is_get_without_the_calendar(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    full, head = await program.get(address), await program.send("HEAD", address)
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers} == {**full.headers}


async def test_gzip_is_sent_to_those_who_read_it_under_a_tag_of_its_own(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    plain = await program.get(address, headers=PLAIN)
    packed = await program.get(address, headers={"Accept-Encoding": "br;q=1, gzip;q=0.8"})
    refused = await program.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.content == plain.content  # httpx unpacks
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.headers["etag"] != plain.headers["etag"]
    assert gzip.compress(plain.content, mtime=0) == gzip.compress(packed.content, mtime=0)


async def test_every_address_that_opens_nothing_gets_the_same_answer(cast: Cast, program: Browser) -> None:
    revoked_id, revoked = await new_feed(cast.kcpd_detective)
    rotated_id, rotated = await new_feed(cast.kcpd_detective)
    _, suspended = await new_feed(cast.ipd_liaison)
    _, good = await new_feed(cast.fbi_lead)
    tag = (await program.get(revoked)).headers["etag"]
    await subscriptions.turn_off_subscription(cast.kcpd_detective, revoked_id, NOW)
    await subscriptions.replace_feed_token(cast.kcpd_detective, rotated_id, NOW)
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.ipd_liaison.member_id)
    token = good.removeprefix("/feeds/").removesuffix(".ics")
    addresses = [
        f"/feeds/{'a' * 43}.ics",
        revoked,
        rotated,
        suspended,
        "/feeds/x.ics",
        "/feeds/.ics",
        f"/feeds/{token}",
        f"/feeds/{token}.ICS",
        f"/feeds/{token}/calendar.ics",
        f"/feeds{token}.ics",
        f"/feeds?token={token}",
        f"/feeds/?token={token}",
        f"/feeds/.ics?token={token}",
        "/feeds/%00%ff.ics",
        "/feeds/%F0%9F%9A%A8.ics",
        f"/feeds/{'x' * 3000}.ics",
    ]
    response_parts_found = {response_parts(await program.get(one))[::2] for one in addresses}
    assert len(response_parts_found) == 1
    assert next(iter(response_parts_found))[0] == 404
    assert (await program.get(revoked, headers={"If-None-Match": tag})).status_code == 404
    assert (await program.get(good)).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_feed_can_only_be_read(cast: Cast, program: Browser, method: str) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    for path in (address, "/feeds/api/v1/events"):
        reply = await program.send(method, path)
        assert (reply.status_code, reply.headers["allow"]) == (405, "GET, HEAD")
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"


async def test_attempts_are_limited_without_harm_to_others_behind_the_same_address(
    cast: Cast, program: Browser
) -> None:
    _, good = await new_feed(cast.kcpd_detective)
    statuses = [(await program.get(f"/feeds/{n}.ics")).status_code for n in range(22)]
    assert statuses == [404] * 20 + [429] * 2
    assert (await program.get(f"/feeds/{'b' * 43}.ics")).headers["retry-after"] == "60"
    assert (await program.get(good)).status_code == 200
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)
    assert (await program.get("/feeds/x.ics")).status_code == 404


async def test_the_owner_sees_who_fetched_when_and_how_often(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    assert (await noted(cast.kcpd_detective)).fetched_at is None
    agent = {"User-Agent": "Google-Calendar-Importer"}
    first = await program.get(address, headers=agent)
    for second in (20, 40, 60):
        clock.start_at(NOW + timedelta(seconds=second), is_still=True)
        await program.get(address, headers={**agent, "If-None-Match": first.headers["etag"]})
    feed = await noted(cast.kcpd_detective)
    assert (feed.client, feed.fetches, feed.fetched_at) == ("Google Calendar", 4, NOW + timedelta(seconds=60))


async def test_head_is_no_fetch(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    await program.send("HEAD", address)
    assert (await noted(cast.kcpd_detective)).fetches == 0


async def test_a_new_calendar_is_noted_at_once_and_a_known_one_later(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    _, others = await new_feed(cast.fbi_lead)
    await program.get(address)
    for of, expected in ((others, [1, 1]), (others, [1, 1]), (address, [1, 1])):
        await program.get(of)
        assert [(await noted(one)).fetches for one in (cast.kcpd_detective, cast.fbi_lead)] == expected


async def test_a_restricted_event_is_disclosed_only_by_a_calendar_that_is_sent(cast: Cast, program: Browser) -> None:
    await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    _, address = await new_feed(cast.kcpd_detective, shows_operations=True)
    known = {"If-None-Match": (await program.get(address)).headers["etag"]}
    clock.start_at(NOW + timedelta(days=1), is_still=True)
    for headers, status, disclosures in ((known, 304, 1), ({}, 200, 2)):
        assert (await program.get(address, headers=headers)).status_code == status
        assert await AuditEntry.count().where(AuditEntry.verb == "read") == disclosures


async def test_a_feed_is_served_even_when_nothing_can_be_written(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    await engine().run_ddl(
        "CREATE TRIGGER full BEFORE UPDATE ON subscription BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    assert [(await program.get(address)).status_code for _ in range(3)] == [200] * 3
    await engine().run_ddl("DROP TRIGGER full")
    await program.get(address)
    assert (await noted(cast.kcpd_detective)).fetches == 4


async def test_one_broken_event_is_left_out_and_logged_by_its_id_alone(
    cast: Cast, program: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    await schedule_event(cast.coordinator, meeting(title="Sound"), NOW)
    broken = await schedule_event(cast.coordinator, meeting(title="Broken canary"), NOW)
    await Event.update({Event.place: "a\rX-EVIL:1"}).where(Event.id == broken)
    _, address = await new_feed(cast.kcpd_detective)
    with caplog.at_level(logging.ERROR):
        reply = await program.get(address)
    assert titles_in_order(reply) == ["Sound"]
    assert str(broken) in caplog.text
    assert "canary" not in caplog.text
    assert "EVIL" not in caplog.text


async def test_no_log_line_holds_a_token(cast: Cast, program: Browser, caplog: pytest.LogCaptureFixture) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    stream = io.StringIO()
    requests = security.AccessLog(stream)
    security.log_requests(requests)
    with caplog.at_level(logging.DEBUG):
        await program.get(address)
        await program.get("/feeds/unknown-token-of-somebody.ics")
    security.log_requests(None)
    requests.flush()
    said = [one.getMessage() for one in caplog.records if one.name.startswith("tracker")]
    said += stream.getvalue().splitlines()
    assert [one for one in said if '"status":200' in one]
    assert not [one for one in said if address[7:50] in one or "unknown-token" in one]


async def test_a_token_opens_no_other_page(cast: Cast, program: Browser) -> None:
    _, address = await new_feed(cast.kcpd_detective)
    token = address.removeprefix("/feeds/").removesuffix(".ics")
    reply = await program.get(
        "/subscriptions", headers={"Cookie": f"session={token}", "Authorization": f"Bearer {token}"}
    )
    assert reply.status_code != 200


async def test_an_event_is_free_time_for_its_informed_people_alone_and_until_they_are_asked_to_come(
    cast: Cast, program: Browser
) -> None:
    plan = meeting(cast.fbi_lead)
    informed = {**plan.invitees, cast.hhs_liaison.member_id: AttendeeRole.INFORMED}
    event_id = await schedule_event(cast.coordinator, replace(plan, invitees=informed), NOW)
    _, liaison = await new_feed(cast.hhs_liaison, FeedScope.MINE)
    _, lead = await new_feed(cast.fbi_lead, FeedScope.MINE)
    shown_as = ["TRANSP:TRANSPARENT" in (await program.get(one)).text for one in (liaison, lead, liaison)]
    assert shown_as == [True, False, True]
    asked = {**informed, cast.hhs_liaison.member_id: AttendeeRole.REQUIRED}
    await change_event(cast.coordinator, event_id, replace(plan, invitees=asked), 1, NOW, notify=False)
    assert "TRANSP:OPAQUE" in (await program.get(liaison)).text


BOTH = Alarms(minutes=15, all_day=AllDayAlarm.MORNING)


async def create_feed(
    viewer: Viewer,
    only: FeedLimit,
    scope: FeedScope = FeedScope.ALL,
    alarms: Alarms = NO_ALARMS,
    *,
    shows_operations: bool = False,
) -> tuple[UUID, str]:
    """Return the id and the address of a new feed."""
    subscription_id, token = await subscriptions.create_subscription(
        viewer, "Phone", scope, NOW, only=only, alarms=alarms, shows_operations=shows_operations
    )
    return subscription_id, f"/feeds/{token}.ics"


def calendar_in(reply: httpx.Response) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(reply.content)


def titles_sorted(reply: httpx.Response) -> list[str]:
    return sorted(str(one["SUMMARY"]) for one in calendar_in(reply).walk("VEVENT"))


def without_moment(reply: httpx.Response) -> tuple[object, ...]:
    headers = sorted((name, value) for name, value in reply.headers.multi_items() if name != "date")
    return reply.status_code, headers, reply.content


async def of_all_sorts(cast: Cast) -> None:
    """Schedule a meeting of each committee, a training of one, and a training and an operation of none."""
    steering, enforcement = cast.committees["steering"], cast.committees["enforcement"]
    for title, kind, committee in (
        ("Steering", Kind.MEETING, steering),
        ("Steering drill", Kind.TRAINING, steering),
        ("Enforcement", Kind.MEETING, enforcement),
        ("Drill", Kind.TRAINING, None),
    ):
        access = Visibility.COMMITTEE if committee == enforcement else Visibility.ALL
        plan = meeting(title=title, kind=kind, committee_id=committee, visibility=access)
        await schedule_event(cast.coordinator, plan, NOW)
    await schedule_event(cast.coordinator, operation(cast.fbi_lead, committee_id=steering), NOW)


async def test_a_feed_holds_what_it_is_limited_to_and_nothing_else(cast: Cast, program: Browser) -> None:
    await of_all_sorts(cast)
    steering = cast.committees["steering"]
    for only, scope, expected in (
        (FeedLimit(committee_id=steering), FeedScope.ALL, ["Steering", "Steering drill"]),
        (FeedLimit(kind=Kind.TRAINING), FeedScope.ALL, ["Drill", "Steering drill"]),
        (FeedLimit(committee_id=steering, kind=Kind.TRAINING), FeedScope.ALL, ["Steering drill"]),
        (FeedLimit(committee_id=cast.committees["enforcement"]), FeedScope.ALL, ["Enforcement"]),
        (FeedLimit(committee_id=steering), FeedScope.MINE, []),
    ):
        _, address = await create_feed(cast.fbi_lead, only, scope)
        assert titles_sorted(await program.get(address)) == expected


async def test_the_calendar_is_named_after_what_it_holds(cast: Cast, program: Browser) -> None:
    _, address = await create_feed(
        cast.fbi_lead, FeedLimit(committee_id=cast.committees["steering"], kind=Kind.MEETING)
    )
    name = str(calendar_in(await program.get(address))["NAME"])
    assert name.endswith(": Steering Committee meetings")


async def test_who_left_a_committee_and_who_is_on_a_closed_one_get_the_same_empty_calendar(
    cast: Cast, program: Browser
) -> None:
    await of_all_sorts(cast)
    steering = cast.committees["steering"]
    (_, left), (_, closed) = [
        await create_feed(person, FeedLimit(committee_id=steering)) for person in (cast.fbi_lead, cast.hsi_liaison)
    ]
    assert len(titles_sorted(await program.get(left))) == len(titles_sorted(await program.get(closed))) == 2
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_lead.member_id)
    after_leaving = await program.get(left)
    assert titles_sorted(after_leaving) == []
    assert "Steering" not in after_leaving.text
    await Committee.update({Committee.status: "ended", Committee.name: "Renamed"}).where(Committee.id == steering)
    after_closing = await program.get(closed)
    assert without_moment(after_closing) == without_moment(after_leaving)
    assert without_moment(await program.get(left)) == without_moment(after_leaving)


async def test_what_is_outside_its_limit_or_unseen_moves_nothing_in_a_feed(cast: Cast, program: Browser) -> None:
    await of_all_sorts(cast)
    _, address = await create_feed(cast.harbor_advocate, FeedLimit(kind=Kind.TRAINING))
    first = await program.get(address)
    known = {"If-None-Match": first.headers["etag"]}
    await schedule_event(cast.coordinator, meeting(title="Outside"), NOW)
    await schedule_event(cast.coordinator, operation(cast.fbi_lead, kind=Kind.TRAINING), NOW)
    again = await program.get(address, headers=known)
    assert (again.status_code, again.headers["last-modified"]) == (304, first.headers["last-modified"])
    await schedule_event(cast.coordinator, meeting(title="Within", kind=Kind.TRAINING), NOW)
    assert (await program.get(address, headers=known)).status_code == 200


async def test_a_restricted_event_is_in_no_feed_that_says_more_of_it_than_its_time(
    cast: Cast, program: Browser
) -> None:
    await of_all_sorts(cast)
    for only, expected in (
        (FeedLimit(committee_id=cast.committees["steering"]), ["Steering", "Steering drill"]),
        (FeedLimit(kind=Kind.JOINT_OPERATION), ["Operational period"]),
    ):
        _, address = await create_feed(cast.fbi_lead, only, shows_operations=True)
        assert titles_sorted(await program.get(address)) == expected


async def test_other_alarms_are_another_calendar_and_the_same_alarms_the_same_bytes(
    cast: Cast, program: Browser
) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    subscription_id, address = await create_feed(cast.fbi_lead, FeedLimit())
    silent = await program.get(address)
    assert calendar_in(silent).walk("VALARM") == []
    await subscriptions.change_subscription(
        cast.fbi_lead, subscription_id, "Phone", NOW, alarms=BOTH, shows_operations=False
    )
    loud = await program.get(address, headers={"If-None-Match": silent.headers["etag"]})
    assert loud.status_code == 200
    assert [str(one["DESCRIPTION"]) for one in calendar_in(loud).walk("VALARM")] == ["Monthly task force meeting"]
    _, another = await create_feed(cast.hsi_liaison, FeedLimit(), alarms=BOTH)
    assert (await program.get(another)).content == loud.content
    known = {"If-None-Match": loud.headers["etag"]}
    assert (await program.get(address, headers=known)).status_code == 304
