"""The page behind an invitation's link."""

import re
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.pages.events.world import reply_link_of, schedule_with_reply_link
from tracker import clock
from tracker.errors import NotFound
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.plans import DateChange, Plan, plan_from_start
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.events import Reply
from tracker.usecases.events import occurrences, replies, scheduling, series_split


async def test_looking_changes_nothing_and_a_button_does(app: Litestar, sqlite_cast: Cast, stranger: Browser) -> None:
    plan = meeting(sqlite_cast.kcpd_detective)
    _, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.kcpd_detective)
    before = await Reply.count()
    for method in ("GET", "HEAD") * 50:
        assert (await stranger.send(method, f"{link}?a=yes")).status_code == 200
    assert await Reply.count() == before
    response = await stranger.send("POST", link, data={"reply": "yes", "comment": "Running late"})
    assert (response.status_code, response.headers["location"]) == (303, f"{link}?saved=yes")
    assert "You replied Yes" in (await stranger.get(f"{link}?saved=yes")).text
    saved = await Reply.select(Reply.reply, Reply.comment).where(Reply.source == "link")
    assert saved == [{"reply": "accepted", "comment": "Running late"}]


async def test_the_link_to_a_series_names_the_series_although_its_next_date_has_a_title_of_its_own(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    cast = sqlite_cast
    plan = meeting(cast.kcpd_detective)
    event_id, link = await schedule_with_reply_link(
        app, cast, replace(plan, rule=rule_for_choice("weekly", plan.starts, count=3)), cast.kcpd_detective
    )
    next_one = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    own = DateChange(starts=plan.starts, duration=plan.duration, title="Year-end review")
    await occurrences.change_occurrence(cast.coordinator, event_id, next_one.key, own, next_one.version, NOW)
    for page in (link, f"{link}?saved=yes"):
        text = (await stranger.get(page)).text
        assert plan.title in text
        assert "Year-end review" not in text


@pytest.mark.parametrize(("asked", "first"), [("maybe", "maybe"), ("no", "no"), ("", "yes"), ("<script>", "yes")])
async def test_the_button_that_was_pressed_in_the_mail_comes_first(
    app: Litestar, sqlite_cast: Cast, stranger: Browser, asked: str, first: str
) -> None:
    _, link = await schedule_with_reply_link(
        app, sqlite_cast, meeting(sqlite_cast.kcpd_detective), sqlite_cast.kcpd_detective
    )
    page = (await stranger.get(link, params={"a": asked})).text
    buttons = re.findall(r'name="reply" value="([a-z]+)"( autofocus)?', page)
    assert sorted(value for value, _ in buttons) == ["maybe", "no", "yes"]
    assert buttons[0] == (first, " autofocus" if asked == first else "")


async def test_there_is_no_way_from_here_to_anything_else(app: Litestar, sqlite_cast: Cast, stranger: Browser) -> None:
    _, link = await schedule_with_reply_link(
        app, sqlite_cast, meeting(sqlite_cast.kcpd_detective), sqlite_cast.kcpd_detective
    )
    response = await stranger.get(link)
    assert set(re.findall(r'<a [^>]*href="([^"]+)"', response.text)) == {"#main", "mailto:coordinator@tracker.example"}
    assert response.headers["x-robots-tag"] == "noindex"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in response.headers["cache-control"]


async def test_a_reply_to_a_series_is_for_all_its_dates(app: Litestar, sqlite_cast: Cast, stranger: Browser) -> None:
    start = datetime.fromisoformat("2027-01-12 10:00")
    plan = meeting(sqlite_cast.kcpd_detective, starts=start, rule=rule_for_choice("weekly", start, count=3))
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.kcpd_detective)
    assert "Will you attend these dates?" in (await stranger.get(link)).text
    await stranger.send("POST", link, data={"reply": "no"})
    last = await occurrences.date_seen_by(sqlite_cast.kcpd_detective, event_id, "2027-01-26")
    mine = await replies.my_reply(sqlite_cast.kcpd_detective, last)
    assert mine is not None
    assert mine[1] is not None
    assert mine[1].value == "declined"


async def test_a_link_to_a_series_shows_the_hours_and_the_place_that_a_later_date_has_of_its_own(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    plan = meeting(sqlite_cast.kcpd_detective)
    plan = replace(plan, rule=rule_for_choice("weekly", plan.starts, count=4))
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.kcpd_detective)
    for key, hour, place in (("2027-01-26", 14, plan.place), ("2027-02-02", 10, "Annex 2")):
        change = DateChange(starts=datetime.fromisoformat(f"{key} {hour}:00"), duration=plan.duration, place=place)
        await occurrences.change_occurrence(sqlite_cast.coordinator, event_id, key, change, 1, NOW)
    page = (await stranger.get(link)).text
    assert "Tue, Jan 19; Tue, Jan 26, 2:00–3:30 PM; Tue, Feb 2, Annex 2" in " ".join(page.split())
    assert f'href="{link}?date=2027-01-26">Tue, Jan 26, 2:00–3:30 PM</a>' in page


async def test_a_link_to_a_series_replies_for_one_of_its_dates_alone(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    start = datetime.fromisoformat("2027-01-12 10:00")
    plan = meeting(sqlite_cast.kcpd_detective, starts=start, rule=rule_for_choice("weekly", start, count=3))
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.kcpd_detective)
    await stranger.send("POST", link, data={"reply": "yes"})
    alone = f"{link}?date=2027-01-19"
    assert f'href="{alone}">Tue, Jan 19</a>' in (await stranger.get(link)).text
    page = (await stranger.get(alone)).text
    assert f'action="{alone}"' in page
    assert "Will you attend?" in page
    response = await stranger.send("POST", alone, data={"reply": "no"})
    assert "You replied No<" in (await stranger.get(response.headers["location"])).text
    responses = []
    for key in ("2027-01-12", "2027-01-19", "2027-01-26"):
        mine = await replies.my_reply(
            sqlite_cast.kcpd_detective, await occurrences.date_seen_by(sqlite_cast.kcpd_detective, event_id, key)
        )
        responses.append(mine and mine[1] and str(mine[1].value))
    assert responses == ["accepted", "declined", "accepted"]


@pytest.mark.parametrize("key", ["2027-01-13", "2027-02-02", "<script>", "all"])
async def test_a_link_to_a_series_replies_for_no_date_that_it_does_not_have(
    app: Litestar, sqlite_cast: Cast, stranger: Browser, key: str
) -> None:
    start = datetime.fromisoformat("2027-01-12 10:00")
    plan = meeting(sqlite_cast.kcpd_detective, starts=start, rule=rule_for_choice("weekly", start, count=3))
    _, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.kcpd_detective)
    before = await Reply.count()
    assert (await stranger.get(link, params={"date": key})).status_code == 404
    assert (await stranger.send("POST", f"{link}?date={key}", data={"reply": "no"})).status_code == 404
    assert await Reply.count() == before


@pytest.mark.parametrize("one_date", [False, True])
async def test_a_yes_by_the_mailed_link_does_not_count_for_another_week(
    app: Litestar, sqlite_cast: Cast, stranger: Browser, *, one_date: bool
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, meeting(detective), detective, one_date=one_date)
    await stranger.send("POST", link, data={"reply": "yes"})
    moved = meeting(detective, starts=datetime.fromisoformat("2027-01-19 10:00"))
    await scheduling.change_event(sqlite_cast.coordinator, event_id, moved, 1, clock.now())
    assert [one.line.event_id for one in await replies.owed_replies(detective, NOW)] == [event_id]
    assert "That reply no longer counts." in " ".join((await stranger.get(link)).text.split())


async def test_a_named_event_shows_nothing_and_takes_nothing_before_signing_in(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    event_id, link = await schedule_with_reply_link(
        app, sqlite_cast, operation(sqlite_cast.fbi_lead), sqlite_cast.fbi_lead
    )
    before = await Reply.count()
    for response in (
        await stranger.get(f"{link}?a=yes"),
        await stranger.get(f"{link}?saved=yes"),
        await stranger.send("POST", link, data={"reply": "yes"}),
    ):
        assert response.status_code == 200
        assert f'href="/events/{event_id}"' in response.text
        assert not re.search(r"Bluestem|Larkspur|January|FBI|Fbi|6:00", response.text)
    assert await Reply.count() == before


async def test_before_signing_in_nothing_tells_on_which_days_a_named_series_is(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    first = datetime(2027, 1, 16, 6)  # noqa: DTZ001 - local to the zone
    plan = operation(sqlite_cast.fbi_lead, rule=rule_for_choice("weekly", first, count=3))
    _, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.fbi_lead)
    for method in ("GET", "POST"):
        told = [
            await stranger.send(method, f"{link}{date}", data={"reply": "no"})
            for date in ("", "?date=2027-01-23", "?date=2027-01-24")
        ]
        assert {(one.status_code, one.text) for one in told} == {(200, told[0].text)}


async def test_a_forged_a_withdrawn_and_a_named_link_that_is_over_say_the_same(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    event_id, withdrawn = await schedule_with_reply_link(
        app, sqlite_cast, meeting(sqlite_cast.fbi_lead), sqlite_cast.fbi_lead
    )
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    invitees = {one: role for one, role in plan.invitees.items() if one != sqlite_cast.fbi_lead.member_id}
    changed = replace(plan, invitees=invitees)
    await scheduling.change_event(sqlite_cast.coordinator, event_id, changed, event.version, NOW)
    over, named = await schedule_with_reply_link(
        app, sqlite_cast, operation(sqlite_cast.fbi_lead), sqlite_cast.fbi_lead
    )
    await scheduling.cancel_event(sqlite_cast.coordinator, over, 1, "", NOW)
    forged = f"/r/{app.state.links.reply(uuid4())}"
    links = (withdrawn, named, forged, "/r/x", "/r/" + "y" * 5000, withdrawn[:-1])
    responses = [await stranger.get(one) for one in links]
    assert {(response.status_code, response.text) for response in responses} == {(404, responses[0].text)}
    posted = await stranger.send("POST", forged, data={"reply": "yes"})
    assert posted.status_code == 404


async def test_a_canceled_event_and_one_that_is_over_each_say_so(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    event_id, canceled = await schedule_with_reply_link(
        app, sqlite_cast, meeting(sqlite_cast.fbi_lead), sqlite_cast.fbi_lead
    )
    await scheduling.cancel_event(sqlite_cast.coordinator, event_id, 1, "", NOW)
    past = meeting(sqlite_cast.fbi_lead, starts=datetime.fromisoformat("2026-12-14 10:00"))
    _, over = await schedule_with_reply_link(app, sqlite_cast, past, sqlite_cast.fbi_lead)
    responses = [await stranger.get(canceled), await stranger.get(over), await stranger.send("POST", over, data={})]
    assert [response.status_code for response in responses] == [410, 410, 410]
    assert "This event was canceled. You don’t need to reply." in responses[0].text
    assert "This event is over. Replies are closed." in responses[1].text


async def test_a_note_that_came_too_late_is_shown_again(app: Litestar, sqlite_cast: Cast, stranger: Browser) -> None:
    event_id, link = await schedule_with_reply_link(
        app, sqlite_cast, meeting(sqlite_cast.fbi_lead), sqlite_cast.fbi_lead
    )
    await scheduling.cancel_event(sqlite_cast.coordinator, event_id, 1, "", NOW)
    refused = await stranger.send("POST", link, data={"reply": "yes", "comment": "I need the parking card"})
    assert (refused.status_code, "I need the parking card</textarea>" in refused.text) == (410, True)


async def test_a_reply_without_a_choice_is_asked_for_again(app: Litestar, sqlite_cast: Cast, stranger: Browser) -> None:
    _, link = await schedule_with_reply_link(
        app, sqlite_cast, meeting(sqlite_cast.fbi_lead), sqlite_cast.fbi_lead, one_date=True
    )
    response = await stranger.send("POST", link, data={"reply": "perhaps", "comment": "Kept"})
    assert response.status_code == 422
    assert "Choose Yes, Maybe, or No." in response.text
    assert "Kept</textarea>" in response.text


async def test_a_link_opens_nothing_but_its_page(app: Litestar, sqlite_cast: Cast, stranger: Browser) -> None:
    event_id, link = await schedule_with_reply_link(
        app, sqlite_cast, meeting(sqlite_cast.fbi_lead), sqlite_cast.fbi_lead
    )
    assert "set-cookie" not in (await stranger.get(link)).headers
    assert (await stranger.get(f"/events/{event_id}")).status_code != 200
    with pytest.raises(NotFound):
        app.state.links.read_item(link.removeprefix("/r/"))


async def test_an_alternate_of_the_seat_is_sent_by_the_link_and_nobody_else(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    of_committee = {"visibility": Visibility.COMMITTEE, "committee_id": sqlite_cast.committees["steering"]}
    plan = meeting(sqlite_cast.fbi_lead, **of_committee)
    _, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.fbi_lead, one_date=True)
    page = (await stranger.get(link)).text
    assert re.findall(r"<option value=\"([0-9a-f-]{36})\"", page) == [str(sqlite_cast.fbi_alternate.member_id)]
    for other in ("", str(sqlite_cast.kcpd_alternate.member_id)):
        refused = await stranger.send("POST", link, data={"reply": "alternate", "substitute": other})
        assert (refused.status_code, "Kcpd" in refused.text) == (422, False)
    chosen = {"reply": "alternate", "substitute": str(sqlite_cast.fbi_alternate.member_id)}
    assert (await stranger.send("POST", link, data=chosen)).status_code == 303
    saved = (await stranger.get(f"{link}?saved=yes")).text
    assert "Fbi alternate (FBI) is coming in your place. They’ll get an email." in saved
    assert (await stranger.send("POST", link, data={"reply": "yes"})).status_code == 303
    saved = " ".join((await stranger.get(f"{link}?saved=yes")).text.split())
    assert "Fbi alternate (FBI) no longer needs to come in your place. They’ll get an email." in saved


async def test_who_has_no_alternates_is_offered_none(app: Litestar, sqlite_cast: Cast, stranger: Browser) -> None:
    of_committee = {"visibility": Visibility.COMMITTEE, "committee_id": sqlite_cast.committees["steering"]}
    plan = meeting(sqlite_cast.hsi_liaison, **of_committee)
    _, link = await schedule_with_reply_link(app, sqlite_cast, plan, sqlite_cast.hsi_liaison, one_date=True)
    assert "alternate" not in (await stranger.get(link)).text


FIRST = datetime.fromisoformat("2027-01-12 10:00")


def weekly(*people: Viewer) -> Plan:
    """Return four Tuesdays from January 12 on."""
    return meeting(*people, starts=FIRST, rule=rule_for_choice("weekly", FIRST, count=4))


async def split(cast: Cast, event_id: UUID, key: str, **facts: object) -> UUID:
    """Move this and the following dates to 2 PM."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime.fromisoformat(f"{key} 14:00"))
    changed = replace(onward, **facts)
    return await series_split.change_from_date_on(cast.coordinator, event_id, key, changed, event.version, clock.now())


async def replied(viewer: Viewer, event_id: UUID, key: str) -> str | None:
    mine = await replies.my_reply(viewer, await occurrences.date_seen_by(viewer, event_id, key))
    return mine and mine[1] and str(mine[1].value)


async def opened_to_all(cast: Cast, event_id: UUID) -> None:
    """Let everyone see what is left of a series whose rest only named people may see."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    open_to_all = replace(plan, visibility=Visibility.ALL)
    now = clock.now()
    await scheduling.change_event(cast.coordinator, event_id, open_to_all, event.version, now, reauthenticated_at=now)


def form_of(page: str) -> str:
    [action] = re.findall(r'<form[^>]* action="([^"]+)"', page)
    return str(action)


async def test_a_link_of_before_a_split_replies_to_the_series_that_continues_when_the_earlier_dates_are_over(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly(detective), detective)
    new_id = await split(sqlite_cast, event_id, "2027-01-19")
    clock.start_at(datetime.fromisoformat("2027-01-13T15:00+00:00"), stands_still=True)
    page = (await stranger.get(f"{link}?a=yes")).text
    assert "This series changed after that email was sent" in page
    assert "2:00\u20133:30 PM" in page
    typed = {"reply": "maybe", "comment": "Running late"}
    unsaved = await stranger.send("POST", link, data=typed)
    assert (unsaved.status_code, await replied(detective, new_id, "2027-01-26")) == (409, None)
    assert "Your reply isn\u2019t saved yet." in unsaved.text
    assert "Running late</textarea>" in unsaved.text
    saved = await stranger.send("POST", form_of(unsaved.text), data=typed)
    assert saved.status_code == 303
    assert await replied(detective, new_id, "2027-01-26") == "tentative"


async def test_a_link_of_before_a_split_replies_to_the_dates_that_stayed_and_leads_to_those_that_changed(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly(detective), detective)
    new_id = await split(sqlite_cast, event_id, "2027-01-26")
    page = (await stranger.get(link)).text
    assert (form_of(page), "changed after that email" in page) == (link, False)
    saved = await stranger.send("POST", link, data={"reply": "yes"})
    page = (await stranger.get(saved.headers["location"])).text
    assert "You replied Yes to all 2 dates" in page
    [onward] = re.findall(r'href="(/r/[^"?]+)">Tue, Jan 26 and later', page)
    await stranger.send("POST", onward, data={"reply": "no"})
    assert await replied(detective, event_id, "2027-01-19") == "accepted"
    assert await replied(detective, new_id, "2027-01-26") == "declined"


@pytest.mark.parametrize("by_key", [False, True], ids=["link to the date", "link to the series"])
async def test_a_link_of_before_a_split_to_one_date_replies_to_it_where_it_is_now(
    app: Litestar, sqlite_cast: Cast, stranger: Browser, *, by_key: bool
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly(detective), detective)
    if by_key:
        link = f"{link}?date=2027-01-26"
    else:
        link = await reply_link_of(
            app, detective, await occurrences.date_seen_by(detective, event_id, "2027-01-26"), one_date=True
        )
    new_id = await split(sqlite_cast, event_id, "2027-01-26")
    page = (await stranger.get(link)).text
    assert "This is the date now." in page
    assert "2:00\u20133:30 PM" in page
    await stranger.send("POST", form_of(page), data={"reply": "yes"})
    assert await replied(detective, new_id, "2027-01-26") == "accepted"
    assert await replied(detective, new_id, "2027-02-02") is None


@pytest.mark.parametrize("one_date", [False, True])
async def test_a_link_of_before_a_split_shows_no_series_to_which_its_holder_is_not_invited_or_that_is_for_named_people(
    app: Litestar, sqlite_cast: Cast, stranger: Browser, *, one_date: bool
) -> None:
    detective, lead = sqlite_cast.kcpd_detective, sqlite_cast.fbi_lead
    seen = []
    for facts in ({"invitees": meeting(lead).invitees}, {"visibility": Visibility.NAMED}):
        event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly(detective, lead), detective)
        if one_date:
            date = await occurrences.date_seen_by(detective, event_id, "2027-01-26")
            link = await reply_link_of(app, detective, date, one_date=True)
        await split(sqlite_cast, event_id, "2027-01-19", **facts)
        await opened_to_all(sqlite_cast, event_id)
        seen.append(link)
    clock.start_at(datetime.fromisoformat("2027-01-13T15:00+00:00"), stands_still=True)
    responses = [await stranger.get(link) for link in seen]
    assert {one.status_code for one in responses} == {404 if one_date else 410}
    assert len({one.text for one in responses}) == 1


async def test_a_link_of_before_two_splits_leads_to_the_last_series(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly(detective), detective)
    second = await split(sqlite_cast, event_id, "2027-01-19")
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, second)
    onward = plan_from_start(plan, datetime.fromisoformat("2027-01-26 16:00"))
    third = await series_split.change_from_date_on(
        sqlite_cast.coordinator, second, "2027-01-26", onward, event.version, clock.now()
    )
    clock.start_at(datetime.fromisoformat("2027-01-20T15:00+00:00"), stands_still=True)
    page = (await stranger.get(link)).text
    assert "4:00\u20135:30 PM" in page
    await stranger.send("POST", form_of(page), data={"reply": "yes"})
    assert await replied(detective, third, "2027-02-02") == "accepted"
