"""The calendar and subscriptions to it, on pages."""

import re
from datetime import date, datetime, timedelta
from html import escape, unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.ports.browser import BASE, Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.usecases.operations.world import plan_operation
from tracker import clock
from tracker.rules.calendars.feeds import MAX_SUBSCRIPTIONS, FeedLimit, FeedScope, Subscription
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.roster import SeatHolder
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import FeedFetch, note_fetches
from tracker.usecases.events import occurrences, replies
from tracker.usecases.events.scheduling import schedule_event

FIRST_DAY = re.compile(r'data-first="([0-9-]+)"')
DAY_LINK = re.compile(r'class="(?:tt-plain )?tt-day[^"]*" href="([^"]+)"')

JANUARY = "/calendar?month=2027-01"
WEEK = "/calendar?view=week&date=2027-01-14"
FRIDAY_EVENING = datetime(2027, 1, 15, 18)  # noqa: DTZ001 - local to the event's zone


async def read_calendar(browser: Browser, address: str = JANUARY) -> str:
    response = await browser.get(address)
    assert response.status_code == 200
    return response.text


def cell(html: str, day: str) -> str:
    return by_day(html, re.findall(r'<td[^>]*><div class="tt-dayrow">.*?</td>', html, re.DOTALL))[day]


def by_day(html: str, texts: list[str]) -> dict[str, str]:
    """Return what was found once for each day of the table."""
    first = FIRST_DAY.search(html)
    assert first
    return {str(date.fromisoformat(first[1]) + timedelta(days=number)): one for number, one in enumerate(texts)}


async def day_links(browser: Browser, address: str) -> dict[str, str]:
    html = await read_calendar(browser, address)
    return by_day(html, DAY_LINK.findall(html))


def text_with_labels(html: str) -> str:
    labels = re.sub(r'<svg[^>]*aria-label="([^"]*)".*?</svg>', r" \1 ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", labels).split())


def titles_shown(html: str) -> set[str]:
    return set(re.findall(r'class="tt-ev__n">([^<]*?)\s*<', html))


async def on(cast: Cast, day: int, *invitees: Viewer, **facts: Any) -> Any:
    starts = datetime(2027, 1, day, facts.pop("hour", 10))  # noqa: DTZ001 - local to the event's zone
    return await schedule_event(cast.coordinator, meeting(*invitees, **{"starts": starts, **facts}), NOW)


async def test_a_chip_says_kind_time_title_day_and_times(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await on(sqlite_cast, 14)
    html = cell(await read_calendar(await browse(sqlite_cast.harbor_advocate)), "2027-01-14")
    assert f'href="/events/{event_id}/2027-01-14"' in html
    assert text_with_labels(html) == (
        "Thursday, January 14, 1 event•MTG 10 AM Monthly task force meeting,"
        " Thursday, January 14, 2027, 10:00–11:30 AM, Meeting"
    )


async def test_who_is_named_reads_on_the_chip_that_only_the_named_see_it(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    html = cell(await read_calendar(await browse(sqlite_cast.kcpd_detective)), "2027-01-16")
    assert "OPS Only the named participants 6 AM Operation Bluestem" in text_with_labels(html)


@pytest.mark.parametrize("address", [JANUARY, WEEK, f"{JANUARY}&view=list"])
async def test_month_week_and_list_say_where_the_plan_of_an_operation_is(
    sqlite_cast: Cast, browse: SignIn, address: str
) -> None:
    await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective)
    html = await read_calendar(await browse(sqlite_cast.kcpd_detective), address)
    shown = "Plan: Planning" if "list" in address else "Operation Bluestem Planning"
    assert shown in text_with_labels(html)


async def test_the_month_shows_three_a_day_and_a_link_that_names_the_day_leads_to_the_rest(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    for number in range(5):
        await on(sqlite_cast, 14, hour=8 + number, title=f"Call {number}")
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate))
    assert titles_shown(cell(html, "2027-01-14")) == {"Call 0", "Call 1", "Call 2"}
    address = "/calendar?month=2027-01&amp;view=list#l-2027-01-14"
    more = f'<a class="tt-more" href="{address}">2 more<span class="usa-sr-only"> on Thursday, January 14</span></a>'
    assert more in html
    assert 'id="l-2027-01-14"' in await read_calendar(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&view=list")


async def test_an_overnight_operation_is_on_both_days_and_the_second_says_until_when(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = operation(sqlite_cast.kcpd_detective, starts=FRIDAY_EVENING, duration=timedelta(hours=8))
    await schedule_event(sqlite_cast.fbi_lead, plan, NOW)
    html = await read_calendar(await browse(sqlite_cast.kcpd_detective))
    assert "6 PM Operation Bluestem" in text_with_labels(cell(html, "2027-01-15"))
    assert "until 2 AM Operation Bluestem" in text_with_labels(cell(html, "2027-01-16"))


async def test_today_is_marked_and_a_holiday_is_named(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), "/calendar")
    assert 'aria-current="date"' in cell(html, "2026-12-15")
    assert "no events, today" in text_with_labels(cell(html, "2026-12-15"))
    assert "Christmas Day" in text_with_labels(cell(html, "2026-12-25"))


async def test_the_week_below_the_month_names_its_holiday_too(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 19)
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate))
    below = text_with_labels(html[html.index('id="h-week"') :])
    assert "Week of January 17" in below
    assert "Martin Luther King Jr. Day, federal holiday" in below
    assert below.index("federal holiday") < below.index("Monthly task force meeting")


async def test_one_goes_to_the_months_beside_and_the_filters_go_along(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&kind=training&mine=1&canceled=0")
    kept = "kind=training&amp;mine=1&amp;canceled=0"
    for key, month in (("p", "2026-12"), ("n", "2027-02")):
        address = f"/calendar?month={month}&amp;{kept}"
        assert re.search(f'href="{re.escape(address)}" hx-get="{re.escape(address)}"[^>]* data-key="{key}"', html)
    assert re.search(f'href="/calendar\\?{kept}"[^>]* data-key="t"', html)
    assert 'aria-label="Previous month, December 2026"' in html


async def test_a_filter_shows_only_the_kinds_that_are_ticked(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 14, title="Call")
    await on(sqlite_cast, 15, title="Workshop", kind=Kind.TRAINING)
    await on(sqlite_cast, 18, title="Report", kind=Kind.DEADLINE)
    browser = await browse(sqlite_cast.harbor_advocate)
    assert titles_shown(await read_calendar(browser, f"{JANUARY}&kind=training&kind=deadline")) == {
        "Workshop",
        "Report",
    }
    assert titles_shown(await read_calendar(browser, f"{JANUARY}&kind=party")) == {"Call", "Workshop", "Report"}


async def test_mine_only_is_what_one_leads_or_is_invited_to(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 14, sqlite_cast.fbi_lead, title="Invited")
    await on(sqlite_cast, 15, title="Open to all")
    assert titles_shown(await read_calendar(await browse(sqlite_cast.fbi_lead), f"{JANUARY}&mine=1")) == {"Invited"}
    assert titles_shown(await read_calendar(await browse(sqlite_cast.coordinator), f"{JANUARY}&mine=1")) == {
        "Invited",
        "Open to all",
    }


async def test_a_canceled_date_is_struck_out_or_hidden(sqlite_cast: Cast, browse: SignIn) -> None:
    weekly = rule_for_choice("weekly", datetime(2027, 1, 14, 10), count=2)  # noqa: DTZ001 - local to the event's zone
    event_id = await on(sqlite_cast, 14, rule=weekly)
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, event_id, "2027-01-21", 1, "Holiday week", NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    assert "Monthly task force meeting (canceled)" in text_with_labels(cell(await read_calendar(browser), "2027-01-21"))
    hidden = await read_calendar(browser, f"{JANUARY}&canceled=0")
    assert "Monthly task force meeting" in cell(hidden, "2027-01-14")
    assert "Monthly task force meeting" not in cell(hidden, "2027-01-21")


async def test_an_empty_month_says_so_and_offers_the_next_step(sqlite_cast: Cast, browse: SignIn) -> None:
    narrowed = await read_calendar(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&mine=1&canceled=0")
    assert "No events in January that match the filters." in text_with_labels(narrowed)
    assert '<a href="/calendar?month=2027-01&amp;mine=1">Show canceled</a>' in narrowed
    assert '<a href="/calendar?month=2027-01">Clear filters</a>' in narrowed
    assert "Go to February 2027" in await read_calendar(await browse(sqlite_cast.harbor_advocate))
    assert "Schedule an event" in await read_calendar(await browse(sqlite_cast.coordinator), f"{JANUARY}&view=list")


async def test_the_list_holds_the_month_s_days_with_the_reader_s_replies(sqlite_cast: Cast, browse: SignIn) -> None:
    yes = await on(sqlite_cast, 14, sqlite_cast.fbi_lead, title="Answered")
    await on(sqlite_cast, 15, sqlite_cast.fbi_lead, title="Open")
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, yes, "2027-01-14", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    html = text_with_labels(await read_calendar(await browse(sqlite_cast.fbi_lead), f"{JANUARY}&view=list"))
    assert re.search(r"Answered\W*MTG Meeting.*?Yes.*?Open\W*MTG Meeting.*?Reply needed.*?2 events\.", html)


async def test_the_neighboring_days_of_a_month_are_not_in_its_list(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 31, title="Last day")
    browser = await browse(sqlite_cast.harbor_advocate)
    assert "Last day" in cell(await read_calendar(browser, "/calendar?month=2027-02"), "2027-01-31")
    assert "No events in February" in await read_calendar(browser, "/calendar?month=2027-02&view=list")


@pytest.mark.parametrize(
    "query",
    [
        "month=2026-13",
        "month=%ff%00",
        "month=9999-12",
        "month=0000-00",
        "month=" + "9" * 5000,
        "month[]=1",
        "month=2027-01&month=x",
        "view=%00",
        "kind=&kind=%F0%9F%98%80",
        "mine=yes&canceled=maybe",
        "&&&=&%",
        "view=week&date=2027-02-30",
        "view=week&date=9999-12-31",
        "view=week&date=2198-12-31",
        "view=week&date=1970-01-01",
        "view=week&date=%00",
        "view=week&month=2027-01",
        "date=2027-01-14",
        "committee=x&agency=%00&visibility=secret",
        "month=1971-01",
        "month=2198-12",
        "month=2027-01%0d%0aX: y",
        "month=<script>",
    ],
)
async def test_no_address_of_the_calendar_is_an_error(sqlite_cast: Cast, browse: SignIn, query: str) -> None:
    for path in ("/calendar", "/calendar/"):
        html = await read_calendar(await browse(sqlite_cast.harbor_advocate), f"{path}?{query}")
        assert "<script>" not in html


async def test_a_month_that_no_one_understands_is_today_s_and_says_so(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), "/calendar?month=Decembre")
    assert "We couldn’t find that month, so here’s the current one." in html
    assert ">December 2026</h1>" in html


@pytest.mark.parametrize(
    "address", [JANUARY, f"{JANUARY}&view=list", f"{JANUARY}&mine=1", WEEK, f"{JANUARY}&agency=KCPD&visibility=named"]
)
async def test_an_operation_changes_no_byte_of_the_calendar_of_who_is_not_named(
    sqlite_cast: Cast, browse: SignIn, address: str
) -> None:
    await on(sqlite_cast, 14, *everyone(sqlite_cast))
    strangers = [sqlite_cast.harbor_advocate, sqlite_cast.caht_lead, sqlite_cast.coordinator, sqlite_cast.fbi_alternate]
    browsers = [await browse(one) for one in strangers]
    before = [(await browser.get(address)).content for browser in browsers]
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, starts=FRIDAY_EVENING), NOW)
    assert [(await browser.get(address)).content for browser in browsers] == before
    assert "Bluestem" in await read_calendar(await browse(sqlite_cast.kcpd_detective), address)


def week_cell(html: str, event_id: Any) -> str:
    match = re.search(rf'<td(?: colspan="\d+")?[^>]*>(?:(?!</td>).)*/events/{event_id}/.*?</td>', html, re.DOTALL)
    assert match
    return match[0]


async def test_a_week_is_a_table_of_half_hours_with_each_date_as_high_as_it_lasts(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await on(sqlite_cast, 14)
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), WEEK)
    assert week_cell(html, event_id).startswith('<td rowspan="3" class="has">')
    assert "January 10–16, 2027</h1>" in html
    assert re.search(r"Thursday.*January.*14.*, 1 event<", html)


async def test_dates_that_overlap_share_the_width_of_their_day(sqlite_cast: Cast, browse: SignIn) -> None:
    ids = [await on(sqlite_cast, 14, hour=hour, title=f"Call {hour}") for hour in (10, 11, 15)]
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), WEEK)
    assert [re.search(r'colspan="(\d+)"', week_cell(html, one)) is None for one in ids] == [True, True, False]
    assert 'scope="colgroup" colspan="2"' in html


async def test_whole_days_and_deadlines_are_above_the_hours_and_holidays_are_named(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await on(sqlite_cast, 18, kind=Kind.DEADLINE, title="Report")
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), "/calendar?view=week&date=2027-01-18")
    top = re.search(r'<tr class="top">.*?</tr>', html, re.DOTALL)
    assert top
    assert str(event_id) in top[0]
    assert "<small>Martin Luther King Jr. Day</small>" in html


async def test_more_than_the_week_has_room_for_is_a_link_that_names_the_day(sqlite_cast: Cast, browse: SignIn) -> None:
    for number in range(6):
        await on(sqlite_cast, 14, title=f"Call {number}")
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), WEEK)
    assert '4 more<span class="usa-sr-only"> on Thursday, January 14</span></a>' in html


async def test_one_goes_to_the_weeks_beside_and_on_to_the_month(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), f"{WEEK}&mine=1")
    assert 'aria-label="Previous week, January 3–9, 2027"' in html
    assert 'href="/calendar?date=2027-01-21&amp;view=week&amp;mine=1"' in html
    assert 'href="/calendar?month=2027-01&amp;mine=1"' in html


async def test_the_filters_are_one_button_that_says_how_many_are_on(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    plain = (await browser.get("/calendar?month=2027-01")).text
    narrowed = (await browser.get("/calendar?month=2027-01&mine=1&visibility=named")).text
    assert plain.count('class="tt-fbar"') == 1
    assert ("(2 on)" in narrowed, " on)" in plain) == (True, False)


async def test_an_empty_week_says_so_and_offers_to_clear_the_filters(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), f"{WEEK}&agency=KCPD")
    assert "No events in the week of January 10–16, 2027 that match the filters" in html
    assert '<a href="/calendar?date=2027-01-14&amp;view=week">Clear filters</a>' in html


async def test_a_day_that_no_one_understands_is_the_week_of_today_and_says_so(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), "/calendar?view=week&date=Thursday")
    assert "We couldn’t find that week, so here’s the current one." in html
    assert "December 13–19, 2026</h1>" in html


async def test_a_holiday_is_named_in_the_list_too(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 14)
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&view=list")
    assert "Martin Luther King Jr. Day, federal holiday" in html


async def test_the_calendar_is_narrowed_to_an_agency_a_committee_and_who_sees_it(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await on(sqlite_cast, 14, sqlite_cast.kcpd_detective, title="With KCPD")
    await on(
        sqlite_cast,
        15,
        title="Of the committee",
        visibility=Visibility.COMMITTEE,
        committee_id=sqlite_cast.committees["steering"],
    )
    await on(sqlite_cast, 19, title="Of one arm", visibility=Visibility.LAW_ENFORCEMENT)
    browser = await browse(sqlite_cast.fbi_lead)
    assert titles_shown(await read_calendar(browser, f"{JANUARY}&agency=KCPD")) == {"With KCPD"}
    assert titles_shown(await read_calendar(browser, f"{JANUARY}&agency=USAO")) == {
        "With KCPD",
        "Of the committee",
        "Of one arm",
    }
    assert titles_shown(await read_calendar(browser, f"{JANUARY}&committee=Steering+Committee")) == {"Of the committee"}
    assert titles_shown(await read_calendar(browser, f"{JANUARY}&visibility=law_enforcement")) == {"Of one arm"}
    narrowed = await read_calendar(browser, f"{JANUARY}&agency=KCPD&visibility=all&view=list")
    assert "<option selected>KCPD</option>" in narrowed
    assert '<option value="all" selected>' in narrowed


async def test_one_chooses_only_from_committees_whose_events_one_may_see(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read_calendar(await browse(sqlite_cast.bridge_advocate))
    assert "Victim Services Committee</option>" in html
    assert "Law Enforcement Committee" not in html


async def test_a_stranger_does_not_see_the_calendar(browse: SignIn) -> None:
    response = await (await browse(None)).get(JANUARY)
    assert response.status_code in (302, 303, 401)


async def test_the_list_of_a_week_holds_all_its_days_and_shows_the_empty_ones_on_paper_alone(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await on(sqlite_cast, 14)
    html = await read_calendar(await browse(sqlite_cast.harbor_advocate), WEEK)
    days = re.findall(r'<li class="tt-agenda__day( is-empty)?" id="l-2027-01-(\d\d)">', html)
    assert days == [("" if day == 14 else " is-empty", str(day)) for day in range(10, 17)]


@pytest.mark.parametrize("view", ["month=2027-01", "view=week&date=2027-01-14"])
async def test_an_empty_day_leads_people_who_schedule_to_a_form_with_that_day(
    sqlite_cast: Cast, browse: SignIn, view: str
) -> None:
    await on(sqlite_cast, 14)
    desk = await browse(sqlite_cast.coordinator)
    days = await day_links(desk, f"/calendar?{view}")
    assert days["2027-01-15"] == "/schedule?quick=1&amp;date=2027-01-15"
    assert "#l-2027-01-14" in days["2027-01-14"]
    assert 'name="date" type="date" value="2027-01-15"' in (await desk.get(unescape(days["2027-01-15"]))).text


async def test_a_day_with_events_and_a_free_half_hour_lead_people_who_schedule_to_the_small_form(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await on(sqlite_cast, 14)
    desk, member = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.kcpd_detective)
    month, week = "/calendar?month=2027-01", "/calendar?view=week&date=2027-01-14"
    assert 'href="/schedule?quick=1&amp;date=2027-01-14"' in (await desk.get(month)).text
    half_hour = "/schedule?quick=1&date=2027-01-14&starts=15:30"
    assert f'href="{escape(half_hour)}"' in (await desk.get(week)).text
    form = form_with((await desk.get(half_hour)).text, "/events?date=2027-01-14")
    assert [form[name] for name in ("date", "starts", "ends")] == [["2027-01-14"], ["15:30"], ["16:30"]]
    for address in (month, week):
        assert "/schedule?quick" not in (await member.get(address)).text


@pytest.mark.parametrize("view", ["month=2027-01", "view=week&date=2027-01-14"])
async def test_an_empty_day_leads_anyone_else_to_its_week(sqlite_cast: Cast, browse: SignIn, view: str) -> None:
    member = await browse(sqlite_cast.kcpd_detective)
    days = await day_links(member, f"/calendar?{view}")
    assert days["2027-01-15"] == "/calendar?date=2027-01-15&amp;view=week"


async def test_a_day_that_is_over_does_not_lead_to_the_form(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    days = await day_links(desk, "/calendar?month=2026-12")
    assert days["2026-12-14"] == "/calendar?date=2026-12-14&amp;view=week"
    assert days["2026-12-15"] == "/schedule?quick=1&amp;date=2026-12-15"


async def test_the_form_of_a_day_has_a_draft_of_its_own(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = form_with((await desk.get("/schedule")).text, "/events", title="Begun before")
    await desk.post("/drafts", form)
    page = (await desk.get("/schedule?date=2027-01-15")).text
    assert "Begun before" not in page
    await desk.post("/drafts", form_with(page, "/events", title="On that day"))
    assert "On that day" in (await desk.get("/schedule?date=2027-01-15")).text
    assert "Begun before" in (await desk.get("/schedule")).text


PAGE = "/subscriptions"
ADDRESS = re.compile(rf'value="({BASE}/feeds/[A-Za-z0-9_-]{{43}}\.ics)"')
NEW = {"name": "Work Outlook", "scope": "all"}


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


async def feeds_of(viewer: Viewer) -> list[Subscription]:
    return await subscriptions.subscriptions_of(viewer)


async def make(viewer: Viewer, name: str = "Work Outlook") -> str:
    subscription_id, _ = await subscriptions.create_subscription(
        viewer, name, FeedScope.ALL, NOW, shows_operations=False
    )
    return f"{PAGE}/{subscription_id}"


def feed_addresses(page: httpx.Response) -> list[str]:
    return ADDRESS.findall(page.text)


async def test_a_stranger_sees_nothing_of_it(cast: Cast, browse: SignIn) -> None:
    assert (await (await browse(None)).get(PAGE)).status_code != 200


async def test_looking_makes_no_feed(cast: Cast, browse: SignIn) -> None:
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert page.status_code == 200
    assert "Create your first feed" in page.text
    assert "/settings/calendar" not in page.text
    assert await feeds_of(cast.kcpd_detective) == []


async def test_a_new_feed_shows_an_address_that_works(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.kcpd_detective)
    made = await browser.post(PAGE, NEW)
    assert (made.status_code, made.headers["location"]) == (303, PAGE)
    page = await browser.get(made.headers["location"])
    [address] = feed_addresses(page)
    assert "Feed created." in page.text
    assert f'href="webcal://{address.removeprefix("http://")}"' in page.text
    assert "QR code for Work Outlook" in page.text
    assert (await (await browse(None)).get(address)).status_code == 200


async def test_the_choices_of_a_new_feed_are_kept(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.kcpd_detective)
    await browser.post(PAGE, {"name": "Phone", "scope": "mine", "shows_operations": "yes"})
    [feed] = await feeds_of(cast.kcpd_detective)
    assert (feed.name, feed.scope, feed.shows_operations) == ("Phone", FeedScope.MINE, True)


async def test_a_feed_is_limited_to_a_committee_and_a_kind_and_has_alarms(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.fbi_lead)
    limits = {"committee": str(cast.committees["steering"]), "kind": "training"}
    await browser.post(PAGE, {"name": "", "scope": "all", **limits, "alarm": "30", "all_day_alarm": "evening"})
    page = (await browser.get(PAGE)).text
    assert "Shows: Steering Committee training." in page
    assert "Alerts: 30 minutes before; all-day events: 6:00 PM the day before." in page
    [feed] = await feeds_of(cast.fbi_lead)
    assert (feed.name, feed.alarms.minutes) == ("Steering Committee training", 30)
    await browser.post(f"{PAGE}/{feed.id}/choices", {"name": "Phone", "alarm": "", "all_day_alarm": ""})
    assert "Alerts: " not in (await browser.get(PAGE)).text


async def test_only_committees_whose_events_one_may_see_are_offered(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.harbor_advocate)).get(PAGE)).text
    assert "Victim Services Committee" in page
    assert "Law Enforcement Committee" not in page


async def test_a_feed_of_a_committee_that_one_left_says_that_it_shows_nothing(cast: Cast, browse: SignIn) -> None:
    only = FeedLimit(committee_id=cast.committees["steering"])
    await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.ALL, NOW, only=only, shows_operations=False
    )
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_lead.member_id)
    page = (await (await browse(cast.fbi_lead)).get(PAGE)).text
    assert "Shows nothing because you’re not on its committee, or the committee has ended." in page
    assert "Steering Committee" not in page


async def test_the_page_says_what_others_store_before_operations_are_turned_on(cast: Cast, browse: SignIn) -> None:
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "Google and Microsoft then store these times on their servers" in page.text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "Phone", "scope": "all", "committee": "x"}, "Choose a committee from the list."),
        ({"name": "Phone", "scope": "all", "kind": "party"}, "Choose a kind of event from the list."),
        ({"name": "Phone", "scope": "all", "alarm": "7"}, "Choose from the list."),
        ({"name": "Phone", "scope": "all", "all_day_alarm": "noon"}, "Choose from the list."),
        ({"name": "Phone", "scope": "others"}, "Choose what the feed shows."),
        ({"name": "Phone"}, "Choose what the feed shows."),
        ({"name": "x" * 61, "scope": "all"}, "Use at most 60 characters"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_what_was_typed_stays(
    cast: Cast, browse: SignIn, form: dict[str, str], sentence: str
) -> None:
    reply = await (await browse(cast.kcpd_detective)).post(PAGE, form)
    assert reply.status_code == 422
    assert sentence in reply.text
    assert f'value="{form["name"]}"' in reply.text
    assert await feeds_of(cast.kcpd_detective) == []


async def test_after_15_minutes_addresses_are_hidden_until_it_is_confirmed_who_looks(
    cast: Cast, browse: SignIn
) -> None:
    await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    assert len(feed_addresses(await browser.get(PAGE))) == 1
    clock.start_at(NOW + timedelta(minutes=15), is_still=True)
    page = await browser.get(PAGE)
    assert feed_addresses(page) == []
    assert "/feeds/" not in page.text
    assert "Confirm it’s you" in page.text


async def test_a_page_with_addresses_is_kept_by_no_cache(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective)
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "no-store" in page.headers["cache-control"]


async def test_replacing_gives_another_address(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    [old] = feed_addresses(await browser.get(PAGE))
    replaced = await browser.post(f"{place}/replacement")
    [new] = feed_addresses(await browser.get(replaced.headers["location"]))
    assert (await browser.get(old)).status_code == 404
    assert (await browser.get(new)).status_code == 200


async def test_turning_off_takes_the_feed_away(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    off = await browser.post(f"{place}/revocation")
    assert off.status_code == 303
    assert await feeds_of(cast.kcpd_detective) == []


async def test_a_feed_is_renamed_and_its_operations_turned_on_and_off(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    await browser.post(f"{place}/choices", {"name": "Phone", "shows_operations": "yes"})
    [feed] = await feeds_of(cast.kcpd_detective)
    assert (feed.name, feed.shows_operations) == ("Phone", True)
    await browser.post(f"{place}/choices", {"name": "Phone"})
    [feed] = await feeds_of(cast.kcpd_detective)
    assert not feed.shows_operations


async def test_a_name_that_cannot_be_taken_is_said_at_its_feed(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    reply = await (await browse(cast.kcpd_detective)).post(f"{place}/choices", {"name": " "})
    assert reply.status_code == 422
    assert "Name the feed" in reply.text


@pytest.mark.parametrize("deed", ["choices", "replacement", "revocation"])
async def test_someone_else_s_feed_is_as_unknown_as_one_that_never_was(cast: Cast, browse: SignIn, deed: str) -> None:
    other_address = await make(cast.fbi_lead)
    browser = await browse(cast.kcpd_detective)
    replies = [
        await browser.post(f"{place}/{deed}", {"name": "Phone"}) for place in (other_address, f"{PAGE}/{uuid4()}")
    ]
    assert [one.status_code for one in replies] == [404, 404]
    assert len(await feeds_of(cast.fbi_lead)) == 1


async def test_no_one_sees_the_feeds_of_others(cast: Cast, browse: SignIn) -> None:
    await make(cast.fbi_lead, "Canary")
    assert "Canary" not in (await (await browse(cast.coordinator)).get(PAGE)).text


async def test_the_last_fetch_is_shown_with_the_program_that_made_it(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    first = await browser.get(PAGE)
    assert "Never used" in first.text
    [address] = feed_addresses(first)
    await (await browse(None)).get(address, headers={"User-Agent": "Google-Calendar-Importer"})
    page = await browser.get(PAGE)
    assert "Last checked Tue, Dec 15, 9:00 AM by Google Calendar, 1 time in all." in page.text


async def test_the_steps_for_each_program_are_there_without_a_script(cast: Cast, browse: SignIn) -> None:
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    for program in ("Outlook (Windows, Mac, web)", "Google Calendar", "Apple Calendar", "Thunderbird"):
        assert f"<summary>{program}" in page.text
    assert "Google checks every 8 to 24 hours" in page.text


async def test_with_ten_feeds_the_page_says_how_to_make_room(cast: Cast, browse: SignIn) -> None:
    for number in range(MAX_SUBSCRIPTIONS):
        await make(cast.kcpd_detective, f"Device {number}")
    browser = await browse(cast.kcpd_detective)
    page = await browser.get(PAGE)
    assert 'action="/subscriptions"' not in page.text
    refused = await browser.post(PAGE, NEW)
    assert refused.status_code == 422
    assert "Turn off one you don’t use." in refused.text


async def test_names_are_shown_as_text(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective, '<b onclick="x">"Phone"')
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "<b onclick" not in page.text


async def test_an_address_that_stopped_is_unknown_to_the_mail_server_and_its_owner_reads_why(
    cast: Cast, browse: SignIn
) -> None:
    path = await make(cast.kcpd_detective)
    stranger = await browse(None)
    [address] = feed_addresses(await (await browse(cast.kcpd_detective)).get(PAGE))
    clock.start_at(NOW + timedelta(days=90), is_still=True)
    unknown = await stranger.get(f"{BASE}/feeds/{'x' * 43}.ics")
    stopped = await stranger.get(address, headers={"If-None-Match": "*"})
    assert (stopped.status_code, stopped.content, stopped.headers) == (404, unknown.content, unknown.headers)
    owner = await browse(cast.kcpd_detective)
    page = await owner.get(PAGE)
    assert "No calendar app used this feed for 90 days, so its address stopped on Mon, Mar 15." in page.text
    assert feed_addresses(page) == []
    await owner.post(f"{path}/replacement")
    [renewed] = feed_addresses(await owner.get(PAGE))
    assert (await stranger.get(renewed)).status_code == 200


async def test_a_month_before_its_year_is_over_the_owner_is_notified(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective)
    [feed] = await feeds_of(cast.kcpd_detective)
    for day in (250, 335):
        await note_fetches([FeedFetch(feed.id, "Thunderbird", NOW + timedelta(days=day), "hash", NOW)])
    clock.start_at(NOW + timedelta(days=334), is_still=True)
    assert "this one stops on" not in (await (await browse(cast.kcpd_detective)).get(PAGE)).text
    clock.start_at(NOW + timedelta(days=335), is_still=True)
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "this one stops on Wed, Dec 15" in page.text
