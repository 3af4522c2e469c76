"""The calendar's month and list: what a person reads, filters, odd addresses, and nothing of what is not theirs."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.cast import NOW, Cast, everybody, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tests.usecases.operations.world import planned
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import occurrences, replies
from tracker.usecases.events.scheduling import schedule_event

FIRST_DAY = re.compile(r'data-first="([0-9-]+)"')
DAY_LINK = re.compile(r'class="(?:tt-plain )?tt-day[^"]*" href="([^"]+)"')

JANUARY = "/calendar?month=2027-01"
WEEK = "/calendar?view=week&date=2027-01-14"
FRIDAY_EVENING = datetime(2027, 1, 15, 18)  # noqa: DTZ001 - local to the event's zone


async def read(browser: Browser, address: str = JANUARY) -> str:
    response = await browser.get(address)
    assert response.status_code == 200
    return response.text


def cell(html: str, day: str) -> str:
    return by_day(html, re.findall(r'<td[^>]*><div class="tt-dayrow">.*?</td>', html, re.DOTALL))[day]


def by_day(html: str, found: list[str]) -> dict[str, str]:
    """Return what was found once for each day of the table."""
    first = FIRST_DAY.search(html)
    assert first
    return {str(date.fromisoformat(first[1]) + timedelta(days=number)): one for number, one in enumerate(found)}


async def day_links(browser: Browser, address: str) -> dict[str, str]:
    html = await read(browser, address)
    return by_day(html, DAY_LINK.findall(html))


def text(html: str) -> str:
    labels = re.sub(r'<svg[^>]*aria-label="([^"]*)".*?</svg>', r" \1 ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", labels).split())


def titles(html: str) -> set[str]:
    return set(re.findall(r'class="tt-ev__n">([^<]*?)\s*<', html))


async def on(cast: Cast, day: int, *invitees: Viewer, **facts: Any) -> Any:
    starts = datetime(2027, 1, day, facts.pop("hour", 10))  # noqa: DTZ001 - local to the event's zone
    return await schedule_event(cast.coordinator, meeting(*invitees, **{"starts": starts, **facts}), NOW)


async def test_a_chip_says_kind_time_title_day_and_times(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await on(sqlite_cast, 14)
    html = cell(await read(await browse(sqlite_cast.harbor_advocate)), "2027-01-14")
    assert f'href="/events/{event_id}/2027-01-14"' in html
    assert text(html) == (
        "Thursday, January 14, 1 event•MTG 10 AM Monthly task force meeting,"
        " Thursday, January 14, 2027, 10:00–11:30 AM, Meeting"
    )


async def test_who_is_named_reads_on_the_chip_that_only_the_named_see_it(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    html = cell(await read(await browse(sqlite_cast.kcpd_detective)), "2027-01-16")
    assert "OPS Only the named participants 6 AM Operation Bluestem" in text(html)


@pytest.mark.parametrize("address", [JANUARY, WEEK, f"{JANUARY}&view=list"])
async def test_month_week_and_list_say_where_the_plan_of_an_operation_is(
    sqlite_cast: Cast, browse: SignIn, address: str
) -> None:
    await planned(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective)
    html = await read(await browse(sqlite_cast.kcpd_detective), address)
    shown = "Plan: Planning" if "list" in address else "Operation Bluestem Planning"
    assert shown in text(html)


async def test_the_month_shows_three_a_day_and_a_link_that_names_the_day_leads_to_the_rest(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    for number in range(5):
        await on(sqlite_cast, 14, hour=8 + number, title=f"Call {number}")
    html = await read(await browse(sqlite_cast.harbor_advocate))
    assert titles(cell(html, "2027-01-14")) == {"Call 0", "Call 1", "Call 2"}
    address = "/calendar?month=2027-01&amp;view=list#l-2027-01-14"
    more = f'<a class="tt-more" href="{address}">2 more<span class="usa-sr-only"> on Thursday, January 14</span></a>'
    assert more in html
    assert 'id="l-2027-01-14"' in await read(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&view=list")


async def test_an_overnight_operation_stands_on_both_days_and_the_second_says_until_when(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = operation(sqlite_cast.kcpd_detective, starts=FRIDAY_EVENING, duration=timedelta(hours=8))
    await schedule_event(sqlite_cast.fbi_lead, plan, NOW)
    html = await read(await browse(sqlite_cast.kcpd_detective))
    assert "6 PM Operation Bluestem" in text(cell(html, "2027-01-15"))
    assert "until 2 AM Operation Bluestem" in text(cell(html, "2027-01-16"))


async def test_today_is_marked_and_a_holiday_is_named(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read(await browse(sqlite_cast.harbor_advocate), "/calendar")
    assert 'aria-current="date"' in cell(html, "2026-12-15")
    assert "no events, today" in text(cell(html, "2026-12-15"))
    assert "Christmas Day" in text(cell(html, "2026-12-25"))


async def test_the_week_below_the_month_names_its_holiday_too(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 19)
    html = await read(await browse(sqlite_cast.harbor_advocate))
    below = text(html[html.index('id="h-week"') :])
    assert "Week of January 17" in below
    assert "Martin Luther King Jr. Day, federal holiday" in below
    assert below.index("federal holiday") < below.index("Monthly task force meeting")


async def test_one_goes_to_the_months_beside_and_the_filters_go_along(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&kind=training&mine=1&canceled=0")
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
    assert titles(await read(browser, f"{JANUARY}&kind=training&kind=deadline")) == {"Workshop", "Report"}
    assert titles(await read(browser, f"{JANUARY}&kind=party")) == {"Call", "Workshop", "Report"}


async def test_mine_only_is_what_one_leads_or_is_invited_to(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 14, sqlite_cast.fbi_lead, title="Invited")
    await on(sqlite_cast, 15, title="Open to all")
    assert titles(await read(await browse(sqlite_cast.fbi_lead), f"{JANUARY}&mine=1")) == {"Invited"}
    assert titles(await read(await browse(sqlite_cast.coordinator), f"{JANUARY}&mine=1")) == {"Invited", "Open to all"}


async def test_a_canceled_date_is_struck_out_or_hidden(sqlite_cast: Cast, browse: SignIn) -> None:
    weekly = rule_for_choice("weekly", datetime(2027, 1, 14, 10), count=2)  # noqa: DTZ001 - local to the event's zone
    event_id = await on(sqlite_cast, 14, rule=weekly)
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, event_id, "2027-01-21", 1, "Holiday week", NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    assert "Monthly task force meeting (canceled)" in text(cell(await read(browser), "2027-01-21"))
    hidden = await read(browser, f"{JANUARY}&canceled=0")
    assert "Monthly task force meeting" in cell(hidden, "2027-01-14")
    assert "Monthly task force meeting" not in cell(hidden, "2027-01-21")


async def test_an_empty_month_says_so_and_offers_the_next_step(sqlite_cast: Cast, browse: SignIn) -> None:
    narrowed = await read(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&mine=1&canceled=0")
    assert "No events in January that match the filters." in text(narrowed)
    assert '<a href="/calendar?month=2027-01&amp;mine=1">Show canceled</a>' in narrowed
    assert '<a href="/calendar?month=2027-01">Clear filters</a>' in narrowed
    assert "Go to February 2027" in await read(await browse(sqlite_cast.harbor_advocate))
    assert "Schedule an event" in await read(await browse(sqlite_cast.coordinator), f"{JANUARY}&view=list")


async def test_the_list_holds_the_month_s_days_with_the_reader_s_replies(sqlite_cast: Cast, browse: SignIn) -> None:
    yes = await on(sqlite_cast, 14, sqlite_cast.fbi_lead, title="Answered")
    await on(sqlite_cast, 15, sqlite_cast.fbi_lead, title="Open")
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, yes, "2027-01-14", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    html = text(await read(await browse(sqlite_cast.fbi_lead), f"{JANUARY}&view=list"))
    assert re.search(r"Answered\W*MTG Meeting.*?Yes.*?Open\W*MTG Meeting.*?Reply needed.*?2 events\.", html)


async def test_the_neighboring_days_of_a_month_are_not_in_its_list(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 31, title="Last day")
    browser = await browse(sqlite_cast.harbor_advocate)
    assert "Last day" in cell(await read(browser, "/calendar?month=2027-02"), "2027-01-31")
    assert "No events in February" in await read(browser, "/calendar?month=2027-02&view=list")


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
        html = await read(await browse(sqlite_cast.harbor_advocate), f"{path}?{query}")
        assert "<script>" not in html


async def test_a_month_that_nobody_understands_is_today_s_and_says_so(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read(await browse(sqlite_cast.harbor_advocate), "/calendar?month=Decembre")
    assert "We couldn’t find that month, so here’s the current one." in html
    assert ">December 2026</h1>" in html


@pytest.mark.parametrize(
    "address", [JANUARY, f"{JANUARY}&view=list", f"{JANUARY}&mine=1", WEEK, f"{JANUARY}&agency=KCPD&visibility=named"]
)
async def test_an_operation_changes_no_byte_of_the_calendar_of_who_is_not_named(
    sqlite_cast: Cast, browse: SignIn, address: str
) -> None:
    await on(sqlite_cast, 14, *everybody(sqlite_cast))
    strangers = [sqlite_cast.harbor_advocate, sqlite_cast.caht_lead, sqlite_cast.coordinator, sqlite_cast.fbi_alternate]
    browsers = [await browse(one) for one in strangers]
    before = [(await browser.get(address)).content for browser in browsers]
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, starts=FRIDAY_EVENING), NOW)
    assert [(await browser.get(address)).content for browser in browsers] == before
    assert "Bluestem" in await read(await browse(sqlite_cast.kcpd_detective), address)


def week_cell(html: str, event_id: Any) -> str:
    found = re.search(rf'<td(?: colspan="\d+")?[^>]*>(?:(?!</td>).)*/events/{event_id}/.*?</td>', html, re.DOTALL)
    assert found
    return found[0]


async def test_a_week_is_a_table_of_half_hours_with_each_date_as_high_as_it_lasts(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await on(sqlite_cast, 14)
    html = await read(await browse(sqlite_cast.harbor_advocate), WEEK)
    assert week_cell(html, event_id).startswith('<td rowspan="3" class="has">')
    assert "January 10–16, 2027</h1>" in html
    assert re.search(r"Thursday.*January.*14.*, 1 event<", html)


async def test_dates_that_overlap_share_the_width_of_their_day(sqlite_cast: Cast, browse: SignIn) -> None:
    ids = [await on(sqlite_cast, 14, hour=hour, title=f"Call {hour}") for hour in (10, 11, 15)]
    html = await read(await browse(sqlite_cast.harbor_advocate), WEEK)
    assert [re.search(r'colspan="(\d+)"', week_cell(html, one)) is None for one in ids] == [True, True, False]
    assert 'scope="colgroup" colspan="2"' in html


async def test_whole_days_and_deadlines_stand_above_the_hours_and_holidays_are_named(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await on(sqlite_cast, 18, kind=Kind.DEADLINE, title="Report")
    html = await read(await browse(sqlite_cast.harbor_advocate), "/calendar?view=week&date=2027-01-18")
    top = re.search(r'<tr class="top">.*?</tr>', html, re.DOTALL)
    assert top
    assert str(event_id) in top[0]
    assert "<small>Martin Luther King Jr. Day</small>" in html


async def test_more_than_the_week_has_room_for_is_a_link_that_names_the_day(sqlite_cast: Cast, browse: SignIn) -> None:
    for number in range(6):
        await on(sqlite_cast, 14, title=f"Call {number}")
    html = await read(await browse(sqlite_cast.harbor_advocate), WEEK)
    assert '4 more<span class="usa-sr-only"> on Thursday, January 14</span></a>' in html


async def test_one_goes_to_the_weeks_beside_and_on_to_the_month(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read(await browse(sqlite_cast.harbor_advocate), f"{WEEK}&mine=1")
    assert 'aria-label="Previous week, January 3–9, 2027"' in html
    assert 'href="/calendar?date=2027-01-21&amp;view=week&amp;mine=1"' in html
    assert 'href="/calendar?month=2027-01&amp;mine=1"' in html


async def test_an_empty_week_says_so_and_offers_to_clear_the_filters(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read(await browse(sqlite_cast.harbor_advocate), f"{WEEK}&agency=KCPD")
    assert "No events in the week of January 10–16, 2027 that match the filters" in html
    assert '<a href="/calendar?date=2027-01-14&amp;view=week">Clear filters</a>' in html


async def test_a_day_that_nobody_understands_is_the_week_of_today_and_says_so(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    html = await read(await browse(sqlite_cast.harbor_advocate), "/calendar?view=week&date=Thursday")
    assert "We couldn’t find that week, so here’s the current one." in html
    assert "December 13–19, 2026</h1>" in html


async def test_a_holiday_is_named_in_the_list_too(sqlite_cast: Cast, browse: SignIn) -> None:
    await on(sqlite_cast, 14)
    html = await read(await browse(sqlite_cast.harbor_advocate), f"{JANUARY}&view=list")
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
    assert titles(await read(browser, f"{JANUARY}&agency=KCPD")) == {"With KCPD"}
    assert titles(await read(browser, f"{JANUARY}&agency=USAO")) == {"With KCPD", "Of the committee", "Of one arm"}
    assert titles(await read(browser, f"{JANUARY}&committee=Steering+Committee")) == {"Of the committee"}
    assert titles(await read(browser, f"{JANUARY}&visibility=law_enforcement")) == {"Of one arm"}
    narrowed = await read(browser, f"{JANUARY}&agency=KCPD&visibility=all&view=list")
    assert "<option selected>KCPD</option>" in narrowed
    assert '<option value="all" selected>' in narrowed


async def test_one_chooses_only_from_committees_whose_events_one_may_see(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read(await browse(sqlite_cast.bridge_advocate))
    assert "Victim Services Committee</option>" in html
    assert "Law Enforcement Committee" not in html


async def test_a_stranger_does_not_see_the_calendar(browse: SignIn) -> None:
    response = await (await browse(None)).get(JANUARY)
    assert response.status_code in (302, 303, 401)


async def test_the_list_of_a_week_holds_all_its_days_and_shows_the_empty_ones_on_paper_alone(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await on(sqlite_cast, 14)
    html = await read(await browse(sqlite_cast.harbor_advocate), WEEK)
    days = re.findall(r'<li class="tt-agenda__day( is-empty)?" id="l-2027-01-(\d\d)">', html)
    assert days == [("" if day == 14 else " is-empty", str(day)) for day in range(10, 17)]


@pytest.mark.parametrize("view", ["month=2027-01", "view=week&date=2027-01-14"])
async def test_an_empty_day_leads_people_who_schedule_to_a_form_with_that_day(
    sqlite_cast: Cast, browse: SignIn, view: str
) -> None:
    await on(sqlite_cast, 14)
    desk = await browse(sqlite_cast.coordinator)
    days = await day_links(desk, f"/calendar?{view}")
    assert days["2027-01-15"] == "/schedule?date=2027-01-15"
    assert "#l-2027-01-14" in days["2027-01-14"]
    assert 'name="date" type="date" value="2027-01-15"' in (await desk.get(days["2027-01-15"])).text


@pytest.mark.parametrize("view", ["month=2027-01", "view=week&date=2027-01-14"])
async def test_an_empty_day_leads_anyone_else_to_its_week(sqlite_cast: Cast, browse: SignIn, view: str) -> None:
    member = await browse(sqlite_cast.kcpd_detective)
    days = await day_links(member, f"/calendar?{view}")
    assert days["2027-01-15"] == "/calendar?date=2027-01-15&amp;view=week"


async def test_a_day_that_is_over_does_not_lead_to_the_form(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    days = await day_links(desk, "/calendar?month=2026-12")
    assert days["2026-12-14"] == "/calendar?date=2026-12-14&amp;view=week"
    assert days["2026-12-15"] == "/schedule?date=2026-12-15"


async def test_the_form_of_a_day_has_a_draft_of_its_own(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = typed((await desk.get("/schedule")).text, "/events", title="Begun before")
    await desk.post("/drafts", form)
    page = (await desk.get("/schedule?date=2027-01-15")).text
    assert "Begun before" not in page
    await desk.post("/drafts", typed(page, "/events", title="On that day"))
    assert "On that day" in (await desk.get("/schedule?date=2027-01-15")).text
    assert "Begun before" in (await desk.get("/schedule")).text
