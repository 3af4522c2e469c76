"""Replies on pages and by link, and people who come in place of others."""

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.events.world import (
    FIRST_DATE,
    reply_link_of,
    row_of_person,
    schedule_for_committee,
    schedule_with_reply_link,
)
from tests.ports.pages.forms import form_with
from tests.ports.pages.intake.world import undo_link
from tests.usecases.intake.replying import NO, YES, calendar_reply, email_with_replies
from tests.usecases.intake.world import FIRST_DATE as ONLY
from tests.usecases.intake.world import name_same_substitute, send_due, write_back
from tracker import clock
from tracker.errors import NotFound
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.plans import DateChange, Plan, plan_from_start
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.events import Reply
from tracker.usecases.events import occurrences, replies, scheduling, series_split
from tracker.usecases.intake.received_emails import take_email


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
async def test_the_button_that_was_pressed_in_the_email_comes_first(
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
    own_reply = await replies.my_reply(sqlite_cast.kcpd_detective, last)
    assert own_reply is not None
    assert own_reply[1] is not None
    assert own_reply[1].value == "declined"


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
        own_reply = await replies.my_reply(
            sqlite_cast.kcpd_detective, await occurrences.date_seen_by(sqlite_cast.kcpd_detective, event_id, key)
        )
        responses.append(own_reply and own_reply[1] and str(own_reply[1].value))
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
async def test_a_yes_by_the_emailed_link_does_not_count_for_another_week(
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
        reported = [
            await stranger.send(method, f"{link}{date}", data={"reply": "no"})
            for date in ("", "?date=2027-01-23", "?date=2027-01-24")
        ]
        assert {(one.status_code, one.text) for one in reported} == {(200, reported[0].text)}


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


async def test_an_alternate_of_the_seat_is_sent_by_the_link_and_no_one_else(
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


def weekly_plan(*people: Viewer) -> Plan:
    """Return four Tuesdays from January 12 on."""
    return meeting(*people, starts=FIRST, rule=rule_for_choice("weekly", FIRST, count=4))


async def split(cast: Cast, event_id: UUID, key: str, **facts: object) -> UUID:
    """Move this and the following dates to 2 PM."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime.fromisoformat(f"{key} 14:00"))
    changed = replace(onward, **facts)
    return await series_split.change_from_date_on(cast.coordinator, event_id, key, changed, event.version, clock.now())


async def reply_value(viewer: Viewer, event_id: UUID, key: str) -> str | None:
    own_reply = await replies.my_reply(viewer, await occurrences.date_seen_by(viewer, event_id, key))
    return own_reply and own_reply[1] and str(own_reply[1].value)


async def opened_to_all(cast: Cast, event_id: UUID) -> None:
    """Let everyone see what is left of a series whose rest only named people may see."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    open_to_all = replace(plan, visibility=Visibility.ALL)
    now = clock.now()
    await scheduling.change_event(cast.coordinator, event_id, open_to_all, event.version, now, reauthenticated_at=now)


def action_of_form(page: str) -> str:
    [action] = re.findall(r'<form[^>]* action="([^"]+)"', page)
    return str(action)


async def test_a_link_from_before_a_split_replies_to_the_series_that_continues_when_the_earlier_dates_are_over(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly_plan(detective), detective)
    new_id = await split(sqlite_cast, event_id, "2027-01-19")
    clock.start_at(datetime.fromisoformat("2027-01-13T15:00+00:00"), is_still=True)
    page = (await stranger.get(f"{link}?a=yes")).text
    assert "This series changed after that email was sent" in page
    assert "2:00\u20133:30 PM" in page
    typed = {"reply": "maybe", "comment": "Running late"}
    unsaved = await stranger.send("POST", link, data=typed)
    assert (unsaved.status_code, await reply_value(detective, new_id, "2027-01-26")) == (409, None)
    assert "Your reply isn\u2019t saved yet." in unsaved.text
    assert "Running late</textarea>" in unsaved.text
    saved = await stranger.send("POST", action_of_form(unsaved.text), data=typed)
    assert saved.status_code == 303
    assert await reply_value(detective, new_id, "2027-01-26") == "tentative"


async def test_a_link_from_before_a_split_replies_to_the_dates_that_stayed_and_leads_to_those_that_changed(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly_plan(detective), detective)
    new_id = await split(sqlite_cast, event_id, "2027-01-26")
    page = (await stranger.get(link)).text
    assert (action_of_form(page), "changed after that email" in page) == (link, False)
    saved = await stranger.send("POST", link, data={"reply": "yes"})
    page = (await stranger.get(saved.headers["location"])).text
    assert "You replied Yes to all 2 dates" in page
    [onward] = re.findall(r'href="(/r/[^"?]+)">Tue, Jan 26 and later', page)
    await stranger.send("POST", onward, data={"reply": "no"})
    assert await reply_value(detective, event_id, "2027-01-19") == "accepted"
    assert await reply_value(detective, new_id, "2027-01-26") == "declined"


@pytest.mark.parametrize("by_key", [False, True], ids=["link to the date", "link to the series"])
async def test_a_link_from_before_a_split_to_one_date_replies_to_it_where_it_is_now(
    app: Litestar, sqlite_cast: Cast, stranger: Browser, *, by_key: bool
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly_plan(detective), detective)
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
    await stranger.send("POST", action_of_form(page), data={"reply": "yes"})
    assert await reply_value(detective, new_id, "2027-01-26") == "accepted"
    assert await reply_value(detective, new_id, "2027-02-02") is None


@pytest.mark.parametrize("one_date", [False, True])
async def test_a_link_from_before_a_split_shows_no_series_for_named_people_or_without_its_holder(
    app: Litestar, sqlite_cast: Cast, stranger: Browser, *, one_date: bool
) -> None:
    detective, lead = sqlite_cast.kcpd_detective, sqlite_cast.fbi_lead
    seen = []
    for facts in ({"invitees": meeting(lead).invitees}, {"visibility": Visibility.NAMED}):
        event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly_plan(detective, lead), detective)
        if one_date:
            date = await occurrences.date_seen_by(detective, event_id, "2027-01-26")
            link = await reply_link_of(app, detective, date, one_date=True)
        await split(sqlite_cast, event_id, "2027-01-19", **facts)
        await opened_to_all(sqlite_cast, event_id)
        seen.append(link)
    clock.start_at(datetime.fromisoformat("2027-01-13T15:00+00:00"), is_still=True)
    responses = [await stranger.get(link) for link in seen]
    assert {one.status_code for one in responses} == {404 if one_date else 410}
    assert len({one.text for one in responses}) == 1


async def test_a_link_from_before_two_splits_leads_to_the_last_series(
    app: Litestar, sqlite_cast: Cast, stranger: Browser
) -> None:
    detective = sqlite_cast.kcpd_detective
    event_id, link = await schedule_with_reply_link(app, sqlite_cast, weekly_plan(detective), detective)
    second = await split(sqlite_cast, event_id, "2027-01-19")
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, second)
    onward = plan_from_start(plan, datetime.fromisoformat("2027-01-26 16:00"))
    third = await series_split.change_from_date_on(
        sqlite_cast.coordinator, second, "2027-01-26", onward, event.version, clock.now()
    )
    clock.start_at(datetime.fromisoformat("2027-01-20T15:00+00:00"), is_still=True)
    page = (await stranger.get(link)).text
    assert "4:00\u20135:30 PM" in page
    await stranger.send("POST", action_of_form(page), data={"reply": "yes"})
    assert await reply_value(detective, third, "2027-02-02") == "accepted"


async def test_the_page_calls_who_comes_in_ones_place_a_substitute_chosen_from_the_alternates(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    address = f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    page = " ".join((await (await browse(sqlite_cast.fbi_lead)).get(address)).text.split())
    assert "<summary>Send a substitute in my place</summary>" in page
    assert "Alternates for your seat" in page
    assert "Send my substitute" in page


async def test_who_was_named_by_email_is_not_shown_as_having_replied_by_email(desk: Browser, sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_committee(sqlite_cast)
    await take_email(
        await email_with_replies(
            cast.fbi_lead,
            event_id,
            await calendar_reply(cast.fbi_lead, event_id, NO, delegate=cast.fbi_alternate.email),
        )
    )
    page = (await desk.get(f"/events/{event_id}/{FIRST_DATE}")).text
    assert "By email, Tue, Dec 15" in row_of_person(page, "Fbi lead")
    assert "By email," not in row_of_person(page, "Fbi alternate")
    assert "Named by email by Fbi lead (FBI), Tue, Dec 15" in row_of_person(page, "Fbi alternate")


async def test_who_comes_after_all_reads_that_their_substitute_no_longer_needs_to(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    address = f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    agent = await browse(sqlite_cast.fbi_lead)
    released = "Fbi alternate (FBI) no longer needs to come in your place."
    await agent.post(f"{address}/reply", {"reply": "alternate", "substitute": str(sqlite_cast.fbi_alternate.member_id)})
    assert released not in (await agent.get(address)).text
    await agent.post(f"{address}/reply", {"reply": "yes"})
    assert released in (await agent.get(address)).text


async def test_after_a_small_move_the_organizer_reads_that_the_substitute_is_notified(
    desk: Browser, sqlite_cast: Cast
) -> None:
    cast, event_id = sqlite_cast, await schedule_for_committee(sqlite_cast)
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(plan, starts=plan.starts + timedelta(minutes=30))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, NOW)
    page = " ".join((await desk.get(f"/events/{event_id}/{FIRST_DATE}")).text.split())
    assert "Fbi alternate (FBI) is coming in place of Fbi lead (FBI). Both get emails" in page


async def test_a_substitute_can_decline_on_the_page_of_the_date(browse: SignIn, sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_committee(sqlite_cast)
    address = f"/events/{event_id}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    agent = await browse(cast.fbi_alternate)
    page = " ".join((await agent.get(address)).text.split())
    assert "I can’t come" in page
    assert "Fbi lead (FBI) gets an email, and the organizer sees it on this page." in page
    response = await agent.post(f"{address}/substitution/refusal")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#reply")
    assert "You’re no longer the substitute." in (await agent.get(address)).text
    again = await agent.post(f"{address}/substitution/refusal")
    assert again.status_code == 303
    assert "You aren’t a substitute on this date." in (await agent.get(address)).text
    seen = (await (await browse(cast.coordinator)).get(address)).text
    assert "Fbi alternate (FBI) is no longer their substitute" in row_of_person(seen, "Fbi lead")
    assert "Said by Fbi alternate (FBI)" in row_of_person(seen, "Fbi lead")
    page = " ".join((await (await browse(cast.fbi_lead)).get(address)).text.split())
    assert "Fbi alternate (FBI) can’t come in your place. Your reply is still No. To come yourself, press Yes." in page
    assert "Entered for you" not in page


async def test_the_organizer_records_a_substitute_s_no_in_the_form_for_replies(
    desk: Browser, sqlite_cast: Cast
) -> None:
    cast, address = sqlite_cast, f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    assert "Fbi alternate, substitute for Fbi lead (FBI)" in (await desk.get(address)).text
    form = {"person": str(cast.fbi_alternate.member_id), "reply": "yes", "note": ""}
    assert "A substitute already counts as coming." in (await desk.post(f"{address}/replies", form)).text
    await desk.post(f"{address}/replies", {**form, "reply": "no"})
    page = (await desk.get(address)).text
    assert "Recorded: Fbi alternate (FBI) replied No. They’ll get an email" in page
    assert "The person who named them will get one, too." in page
    assert "substitute for Fbi lead (FBI)" not in page


async def test_a_substitute_s_note_is_not_shown_as_the_note_of_the_person_who_named_them(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    cast, address = sqlite_cast, f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, NO, "I’m on leave", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    desk = await browse(cast.coordinator)
    form = {"person": str(cast.fbi_alternate.member_id), "reply": "no", "note": "Called in sick"}
    await desk.post(f"{address}/replies", form)
    row = row_of_person((await desk.get(address)).text, "Fbi lead")
    assert "“I’m on leave”" in row
    assert "Fbi alternate (FBI) wrote: Called in sick" in row
    assert "Recorded by Coordinator (USAO)" in row
    page = " ".join((await (await browse(cast.fbi_lead)).get(address)).text.split())
    assert (
        "Fbi alternate (FBI) can’t come in your place (recorded by Coordinator (USAO)). Your reply is still No." in page
    )
    assert "Fbi alternate (FBI) wrote: “Called in sick”" in page
    assert "I’m on leave</textarea>" in page
    history = " ".join((await desk.get(address)).text.split())
    assert "No, for the substitute of Fbi lead (FBI)" in history


async def test_the_organizer_reads_that_a_substitute_who_isn_t_needed_gets_an_email(
    desk: Browser, sqlite_cast: Cast
) -> None:
    cast, address = sqlite_cast, f"/events/{await schedule_for_committee(sqlite_cast)}/{FIRST_DATE}"
    said_no = (cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    form = {"person": str(cast.fbi_lead.member_id), "reply": "yes", "note": ""}
    await desk.post(f"{address}/replies", form)
    page = (await desk.get(address)).text
    assert "replied Yes. Fbi alternate (FBI) will get an email that they’re not needed." in page
    assert "No email was sent" not in page


async def test_the_form_lists_who_comes_for_two_people_once_for_each(browse: SignIn, sqlite_cast: Cast) -> None:
    event_id, other = await name_same_substitute(sqlite_cast)
    address = f"/events/{event_id}/{FIRST_DATE}"
    desk = await browse(sqlite_cast.coordinator)
    options = dict(
        re.findall(rf'<option value="({other.member_id}:[^"]+)"[^>]*>\s*([^<]*)', (await desk.get(address)).text)
    )
    [chosen] = [value for value, label in options.items() if label.strip().endswith("for Fbi alternate (FBI)")]
    await desk.post(f"{address}/replies", {"person": chosen, "reply": "no", "note": ""})
    page = " ".join((await (await browse(other)).get(address)).text.split())
    assert "You’re the substitute for Fbi lead (FBI)." in page


LATER = NOW + timedelta(hours=1)


async def name_alternate(cast: Cast) -> str:
    """Return the page of a meeting to which the Bureau's lead sends their alternate."""
    event_id = await schedule_for_committee(cast)
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    return f"/events/{event_id}/{FIRST_DATE}"


async def decline_on_page(agent: Browser, address: str) -> dict[str, str]:
    """Let a substitute decline, and return the form of the Undo button on the next page."""
    await agent.post(f"{address}/substitution/refusal")
    return form_with((await agent.get(address)).text, f"{address}/substitution/refusal/removal")


async def write_no(cast: Cast) -> None:
    """Let a substitute get the email that names them, and write NO back."""
    await send_due(LATER)
    await write_back(cast.fbi_alternate, "NO", LATER)


async def test_a_substitute_undoes_their_no_by_the_button_on_the_next_page(browse: SignIn, sqlite_cast: Cast) -> None:
    address, agent = await name_alternate(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    form = await decline_on_page(agent, address)
    response = await agent.post(f"{address}/substitution/refusal/removal", form)
    assert (response.status_code, response.headers["location"]) == (303, address)
    page = (await agent.get(address)).text
    assert "Undone. You’re the substitute for Fbi lead (FBI) again. No one was notified." in page
    assert "I can’t come" in page
    row = row_of_person((await (await browse(sqlite_cast.coordinator)).get(address)).text, "Fbi alternate")
    assert "Named by Fbi lead (FBI)" in row


async def test_the_organizer_undoes_a_no_that_they_recorded_for_a_substitute(browse: SignIn, sqlite_cast: Cast) -> None:
    cast, address = sqlite_cast, await name_alternate(sqlite_cast)
    desk, removal = await browse(cast.coordinator), f"{address}/substitution/refusal/removal"
    form = {"person": str(cast.fbi_alternate.member_id), "reply": "no", "note": "Called in sick"}
    await desk.post(f"{address}/replies", form)
    await desk.post(removal, form_with((await desk.get(address)).text, removal))
    page = (await desk.get(address)).text
    assert "Undone. Fbi alternate (FBI) is the substitute for Fbi lead (FBI) again. No one was notified." in page
    assert "Called in sick" not in page


async def test_a_reply_recorded_for_an_invited_person_has_no_undo_button(browse: SignIn, sqlite_cast: Cast) -> None:
    address, desk = await name_alternate(sqlite_cast), await browse(sqlite_cast.coordinator)
    form = {"person": str(sqlite_cast.fbi_lead.member_id), "reply": "yes", "note": ""}
    await desk.post(f"{address}/replies", form)
    assert "refusal/removal" not in (await desk.get(address)).text


async def test_an_undo_that_comes_too_late_says_so(browse: SignIn, sqlite_cast: Cast) -> None:
    address, agent = await name_alternate(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    form = await decline_on_page(agent, address)
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)
    await agent.post(f"{address}/substitution/refusal/removal", form)
    page = (await agent.get(address)).text
    assert "It’s too late to undo this because 20 seconds have passed." in page
    assert "I can’t come" not in page


async def test_an_undo_after_the_person_replied_says_that_nothing_was_undone(browse: SignIn, sqlite_cast: Cast) -> None:
    address, agent = await name_alternate(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    form = await decline_on_page(agent, address)
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, YES, "", NOW, for_series=False
    )
    await agent.post(f"{address}/substitution/refusal/removal", form)
    page = (await agent.get(address)).text
    assert "Nothing was undone because the person who named the substitute replied again" in page


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00", "odd", ""])
async def test_an_undo_of_a_moment_at_which_no_one_said_no_undoes_nothing(
    browse: SignIn, sqlite_cast: Cast, at: str
) -> None:
    address, agent = await name_alternate(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    await decline_on_page(agent, address)
    assert (await agent.post(f"{address}/substitution/refusal/removal", {"at": at})).status_code == 303
    assert "I can’t come" not in (await agent.get(address)).text


async def test_the_link_in_the_confirmation_of_a_substitute_s_no_undoes_it(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    address, stranger = await name_alternate(sqlite_cast), await browse(None)
    await write_no(sqlite_cast)
    link = await undo_link(app)
    page = " ".join((await stranger.get(link)).text.split())
    assert "Undo what your email changed?" in page
    assert "You’re the substitute for Fbi lead (FBI) again." in page
    assert (await stranger.send("POST", link)).status_code == 303
    page = " ".join((await stranger.get(link)).text.split())
    assert ("Your change was undone" in page, "</form>" in page) == (True, False)
    assert "You’re the substitute for Fbi lead (FBI) again." in page
    assert "I can’t come" in (await (await browse(sqlite_cast.fbi_alternate)).get(address)).text


async def test_the_link_says_why_it_undoes_nothing_once_the_person_replied(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    address, stranger = await name_alternate(sqlite_cast), await browse(None)
    await write_no(sqlite_cast)
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, YES, "", LATER, for_series=False
    )
    page = " ".join((await stranger.get(await undo_link(app))).text.split())
    assert "Fbi lead (FBI) replied again or can no longer send you, or the date is over or canceled." in page
    assert "</form>" not in page


async def test_the_link_says_that_they_are_the_substitute_again_only_while_that_is_true(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    address, stranger = await name_alternate(sqlite_cast), await browse(None)
    await write_no(sqlite_cast)
    link = await undo_link(app)
    await stranger.send("POST", link)
    assert "You’re the substitute for Fbi lead (FBI) again." in " ".join((await stranger.get(link)).text.split())
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, YES, "", LATER, for_series=False
    )
    page = (await stranger.get(link)).text
    assert ("Your change was undone" in page, "You’re the substitute" in page) == (True, False)


async def test_after_an_undo_the_page_names_only_the_people_for_whom_they_come_again(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    event_id, other = await name_same_substitute(sqlite_cast)
    address, agent = f"/events/{event_id}/{ONLY}", await browse(other)
    form = await decline_on_page(agent, address)
    await replies.record_own_reply(sqlite_cast.fbi_lead, event_id, ONLY, YES, "", NOW, for_series=False)
    await agent.post(f"{address}/substitution/refusal/removal", form)
    assert "Undone. You’re the substitute for Fbi alternate (FBI) again." in (await agent.get(address)).text
