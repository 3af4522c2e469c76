"""Search and lists for programs: every thing once, in order, as far as the viewer may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation
from tests.processor_time import Turns
from tests.usecases.operations.world import plan_operation
from tracker.crypto import ids
from tracker.database import writing
from tracker.database.binding import bulk_insert
from tracker.rules.actions import ItemEdit, ItemFilter, NewItem
from tracker.rules.core.clean_text import has_all, search_words
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, EventStatus
from tracker.rules.events.events import Event as EventsEvent
from tracker.rules.events.plans import DateChange
from tracker.rules.operations.orders import Paragraph
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.events import Event, EventAudience, Occurrence
from tracker.tables.schema.roster import Member
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.operations import orders
from tracker.usecases.roster import directory
from tracker.usecases.views import search
from tracker.usecases.views.search import MOST, search_all

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

pytestmark = pytest.mark.both_engines

MOST_APART = 2  # yardsticks of work between a word that hidden events have and one that nothing has
ROUNDS = 40


async def test_all_words_must_substitute_an_event_wherever_they_are(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, agenda="Interpreter roster 20", place="Federal courthouse")
    await scheduling.schedule_event(cast.coordinator, plan, NOW)
    results = await search_all(cast.fbi_lead, "COURTHOUSE interpreter monthly", NOW)
    assert [(one.title, one.passage) for one in results.events] == [
        ("Monthly task force meeting", "Interpreter roster 20")
    ]
    assert (await search_all(cast.fbi_lead, "courthouse nowhere", NOW)).number == 0


async def test_what_one_date_alone_says_is_found(cast: Cast) -> None:
    start = datetime(2027, 1, 12, 10)
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, rule=rule_for_choice("weekly", start, count=3)), NOW
    )
    moved = DateChange(starts=datetime(2027, 1, 20, 10), duration=timedelta(hours=1), place="Library annex")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    for text, passage in (("annex", "Wed, Jan 20: Library annex"), ("monthly annex", "Wed, Jan 20: Library annex")):
        [event] = (await search_all(cast.fbi_lead, text, NOW)).events
        assert (event.id, event.passage) == (event_id, passage)


async def test_an_operation_is_found_by_the_named_and_from_no_one_else(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert (await search_all(cast.kcpd_detective, "bluestem", NOW)).number == 1
    assert (await search_all(cast.harbor_advocate, "bluestem", NOW)).number == 0
    assert (await search_all(cast.coordinator, "bluestem", NOW)).number == 0


@pytest.mark.parametrize(
    ("text", "passage"),
    [("lot", "Site: A lot"), ("tinted", "A van with tinted windows."), ("bluestem tinted lot", "A van with tinted")],
)
async def test_an_operation_is_found_by_its_sites_and_its_order(cast: Cast, text: str, passage: str) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    await orders.save_operations_order(
        cast.fbi_lead, event_id, {Paragraph.SITUATION: "A van with tinted windows."}, NOW, read=0
    )
    [event] = (await search_all(cast.kcpd_detective, text, NOW)).events
    assert (event.id, event.passage.startswith(passage)) == (event_id, True)
    assert [(await search_all(one, text, NOW)).number for one in (cast.coordinator, cast.caht_lead)] == [0, 0]


async def test_an_earlier_order_is_not_searched(cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    first = await orders.save_operations_order(
        cast.fbi_lead, event_id, {Paragraph.MISSION: "Search the barn."}, NOW, read=0
    )
    await orders.save_operations_order(
        cast.fbi_lead, event_id, {Paragraph.MISSION: "Search the garage."}, NOW, read=first
    )
    assert (await search_all(cast.kcpd_detective, "barn", NOW)).events == []
    assert (await search_all(cast.kcpd_detective, "garage", NOW)).number == 1


SIGNS = ["%", "_", "  ", "", "\\", "'", "{}", "%%%", "()", "<->", "\x00", "\u0301", "😀"]
SYNTAX = ['"task', "task*", "NEAR(task force)", "texts : task", "^task", "-task", "task AND", "task:*", "!task", "@all"]
LETTERS = ["ﬁ", "İ", "ß", "ª²", "Йорк", "a" * 5_000, "\U0001d518\U0001d52b", "क़"]


async def test_signs_are_no_words(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert [(await search_all(cast.fbi_lead, text, NOW)).number for text in SIGNS] == [0] * len(SIGNS)


async def test_no_text_is_syntax(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    results = {text: [one.title for one in (await search_all(cast.fbi_lead, text, NOW)).events] for text in SYNTAX}
    not_there = {"NEAR(task force)", "texts : task", "task AND", "@all"}  # near, texts, and, all: words like others
    assert {text for text, titles in results.items() if not titles} == not_there
    assert [(await search_all(cast.fbi_lead, text, NOW)).number for text in LETTERS] == [0] * len(LETTERS)


TITLES = [
    "Operations briefing, room 210",
    "Deconfliction with O’Brien’s office",
    "Victims’ services: interviews planned",
    "MOU AI-7QK4_b; 5th-floor room",
    "José Nguyễn (Jürgen) in Йорк",
    "Policy of an agency",
]
LOOKED_FOR = (
    "operat briefings 21 deconf o'brien victim service interview planning mou 7qk4 5TH jose josé nguyen jurgen йорк"
    " police agencies room e of"
)


async def test_the_index_finds_what_the_rule_of_words_says(cast: Cast) -> None:
    for title in TITLES:
        await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, title=title, place=""), NOW)
    for looked_for in [*LOOKED_FOR.split(), "room floor", "interviews service", "policy room"]:
        titles = {one.title for one in (await search_all(cast.fbi_lead, looked_for, NOW)).events}
        assert titles == {title for title in TITLES if has_all(search_words(looked_for), title)}, looked_for


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)  # PostgreSQL's processes have a clock of their own
async def test_a_word_in_many_hidden_events_takes_no_longer_than_one_in_none(cast: Cast) -> None:
    await hide(cast, 2_000, title="Canary")
    turns: Turns[str] = Turns()
    for text in ["canary", "zanzibar"] * ROUNDS:
        await turns.take(text, search_all(cast.harbor_advocate, text, NOW))
    assert turns.least("canary") - turns.least("zanzibar") < MOST_APART


async def test_hidden_events_with_a_word_crowd_out_none_of_the_viewer(cast: Cast) -> None:
    seen = meeting(cast.caht_lead, title="Canary", starts=datetime(2026, 12, 20, 10))
    await scheduling.schedule_event(cast.coordinator, seen, NOW)
    await hide(cast, MOST + 10, title="Canary")
    assert (await search_all(cast.caht_lead, "canary", NOW)).number == 1


async def test_what_one_of_two_viewers_sees_crowds_out_nothing_that_both_see(cast: Cast) -> None:
    seen = meeting(cast.caht_lead, title="Canary", starts=datetime(2026, 12, 20, 10))
    await scheduling.schedule_event(cast.coordinator, seen, NOW)
    await hide(cast, MOST + 10, title="Canary")
    both = replace(cast.fbi_lead, beside=cast.caht_lead)
    assert [one.place for one in (await search_all(both, "canary", NOW)).events] == ["USAO conference room"]


@pytest.mark.parametrize("source", ["postgres"], indirect=True)  # which looks through its newest rows first
async def test_what_is_older_than_the_newest_rows_is_found_beside_what_they_have(cast: Cast) -> None:
    for number, title in ((1, "Canary"), (510, "Other"), (1, "Canary")):
        await hide(cast, number, title=title)
    numbers = [(await search_all(cast.fbi_lead, text, NOW)).number for text in ("canary", "other")]
    assert numbers == [2, MOST]


async def test_a_draft_is_found_by_its_organizer_alone(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    numbers = [(await search_all(one, "monthly", NOW)).number for one in (cast.coordinator, cast.fbi_lead)]
    assert numbers == [1, 0]


async def hide(cast: Cast, number: int, **facts: Any) -> None:
    """Add so many operations of one person, as rows."""
    lead, made = cast.fbi_lead.member_id, [ids.new_id() for _ in range(number)]
    event = {"kind": "joint_operation", "visibility": "named", "status": "confirmed", "zone": ZONE, "lead": lead}
    event["reminder_leads"] = ""
    times = {"starts": datetime(2027, 1, 1, 10), "duration": timedelta(hours=1), "created_at": NOW, "changed_at": NOW}
    date = {"original_start": times["starts"], "starts_at": NOW, "ends_at": NOW, "changed_at": NOW}
    of_lead = {"audience": f"member:{lead}"}
    async with writing():
        await bulk_insert(Event, [{"id": one, "uid": str(one), **event, **times, **facts} for one in made])
        await bulk_insert(EventAudience, [{"id": ids.new_id(), "event": one, **of_lead} for one in made])
        await bulk_insert(Occurrence, [{"id": ids.new_id(), "event": one, **date} for one in made])


async def test_people_whom_the_viewer_may_know_are_found(cast: Cast) -> None:
    results = await search_all(cast.coordinator, "kcpd detective", NOW)
    assert [one.name for one in results.people] == ["Kcpd detective"]


async def test_a_whole_email_address_finds_its_person_alone(cast: Cast) -> None:
    lead = cast.caht_lead
    await Member.update({Member.title: f"Deputy of {lead.email}"}).where(Member.id == cast.caht_alternate.member_id)
    for text in (lead.email, f" {lead.email.upper()} "):
        assert [one.name for one in (await search_all(cast.coordinator, text, NOW)).people] == [lead.name]
        assert [one.name for one in (await search_all(lead, text, NOW)).people] == [lead.name]
    assert len((await search_all(cast.coordinator, lead.email.replace("@", " "), NOW)).people) == 2


async def test_an_email_address_finds_no_one_whom_the_viewer_may_not_know(cast: Cast) -> None:
    assert (await search_all(cast.bridge_advocate, cast.kcpd_detective.email, NOW)).number == 0
    await Member.update({Member.status: "departed"}).where(Member.id == cast.kcpd_detective.member_id)
    assert (await search_all(cast.coordinator, cast.kcpd_detective.email, NOW)).number == 0


@pytest.mark.parametrize("text", ["ÉLAN", "élan", "Élan"])
async def test_letters_of_every_alphabet_are_found_whatever_their_case(cast: Cast, text: str) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="Élan briefing"), NOW)
    assert (await search_all(cast.fbi_lead, text, NOW)).number == 1


async def test_a_committee_is_found_by_its_name_and_its_place_by_anyone_who_sits_in_it(cast: Cast) -> None:
    assert [one.name for one in (await search_all(cast.fbi_lead, "steering usao", NOW)).committees] == [
        "Steering Committee"
    ]


async def test_a_committee_is_not_found_by_anyone_who_holds_no_seat_in_it(cast: Cast) -> None:
    results = await search_all(cast.harbor_advocate, "enforcement", NOW)
    assert (results.committees, results.number) == ([], 0)
    assert len((await search_all(cast.fbi_lead, "enforcement", NOW)).committees) == 1


@pytest.mark.parametrize("text", ["kcpd", "KANSAS city police", "police kcpd"])
async def test_an_agency_is_found_by_its_code_or_name(cast: Cast, text: str) -> None:
    for viewer in (cast.coordinator, cast.kcpd_detective, cast.fbi_lead):
        assert [one.code for one in (await search_all(viewer, text, NOW)).agencies] == ["KCPD"]


async def test_agencies_are_found_by_those_who_may_open_their_page(cast: Cast) -> None:
    for viewer in (cast.coordinator, cast.fbi_lead, cast.caht_lead, cast.harbor_advocate, cast.bridge_advocate):
        codes = {one.code for one in await directory.agencies_for(viewer)}
        for code in cast.agencies:
            codes_found = {one.code for one in (await search_all(viewer, code, NOW)).agencies}
            assert (code in codes_found) == (code in codes), (viewer.name, code)


async def noted_item(giver: Viewer, owner: Viewer, note: str, **facts: Any) -> str:
    """Assign an item, and let its owner note something on it."""
    today = NOW.date()
    new = NewItem(title="Draft the protocol", owner_id=owner.member_id, due=today + timedelta(days=7), **facts)
    reference = await action_items.create_item(giver, new, NOW, today)
    await action_items.save_item_edit(owner, reference, ItemEdit(note=note), 1, NOW + timedelta(minutes=1), today)
    return reference


@pytest.mark.parametrize("text", ["COUNTY counsel", "protocol counsel", "élan"])
async def test_a_note_of_an_action_item_is_found_beside_its_title(cast: Cast, text: str) -> None:
    reference = await noted_item(cast.coordinator, cast.caht_lead, "Waiting for the county counsel of Élan.")
    results = await search_all(cast.hsi_liaison, text, NOW)
    assert [one.reference for one in results.items] == [reference]
    assert [*results.passages.values()] == ["Waiting for the county counsel of Élan."]


async def test_a_note_of_an_operation_s_item_is_found_and_counted_by_the_named_alone(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    origin = await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")
    await noted_item(cast.fbi_lead, cast.kcpd_detective, "Ask the county counsel.", origin_id=origin.id)
    assert (await search_all(cast.kcpd_detective, "counsel", NOW)).number == 1
    for stranger in (cast.coordinator, cast.harbor_advocate, cast.fbi_alternate):
        results = await search_all(stranger, "counsel", NOW)
        assert (results.number, dict(results.passages)) == (0, {})


async def test_the_list_of_action_items_looks_in_notes_too(cast: Cast) -> None:
    reference = await noted_item(cast.coordinator, cast.caht_lead, "Waiting for the county counsel.")
    board = await item_lists.list_items_for(cast.hsi_liaison, ItemFilter(words="counsel"), NOW, NOW.date())
    assert [one.reference for group in board.groups for one in group.items] == [reference]


YEAR = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


async def every_event(viewer: Viewer, limit: int) -> list[EventsEvent]:
    """Read the whole list page by page."""
    event: list[EventsEvent] = []
    after = search.START
    while page := await search.page_of_events(viewer, after, limit):
        event += page
        after = page[-1].created_at, page[-1].id
    return event


async def every_date(viewer: Viewer, limit: int, span: tuple[datetime, datetime] = YEAR) -> list[DateLine]:
    """Read the whole list page by page."""
    date: list[DateLine] = []
    after = search.START
    while page := await search.page_of_dates(viewer, *span, after, limit):
        date += page
        after = page[-1].starts_at, page[-1].id
    return date


async def schedule_numbered(viewer: Viewer, number: int, **facts: Any) -> None:
    await scheduling.schedule_event(
        viewer, meeting(title=f"Event {number}", **facts), NOW + timedelta(minutes=number // 2)
    )


async def test_each_event_is_on_one_page_though_two_were_made_at_one_moment(cast: Cast) -> None:
    for number in range(5):
        await schedule_numbered(cast.coordinator, number)
    event = await every_event(cast.caht_lead, 2)
    assert sorted(one.title for one in event) == [f"Event {number}" for number in range(5)]
    assert [one.created_at for one in event] == sorted(one.created_at for one in event)


async def test_dates_of_a_span_are_read_earliest_first_and_each_once(cast: Cast) -> None:
    weekly = rule_for_choice("weekly", meeting().starts, count=5)
    await schedule_numbered(cast.coordinator, 0, rule=weekly)
    await schedule_numbered(cast.coordinator, 1, rule=weekly)
    date = await every_date(cast.caht_lead, 3)
    assert len({one.id for one in date}) == len(date) == 10
    assert [one.starts_at for one in date] == sorted(one.starts_at for one in date)
    first = date[0]
    assert await every_date(cast.caht_lead, 3, (first.starts_at, first.starts_at)) == []
    assert len(await every_date(cast.caht_lead, 3, (first.ends_at, YEAR[1]))) == 8


async def test_what_a_viewer_may_not_see_is_on_no_page(cast: Cast) -> None:
    await schedule_numbered(cast.coordinator, 0)
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert [one.title for one in await every_event(cast.caht_lead, 1)] == ["Event 0"]
    assert [one.title for one in await every_date(cast.caht_lead, 1)] == ["Event 0"]
    assert len(await every_event(cast.kcpd_detective, 1)) == 2


async def test_items_are_read_in_the_order_in_which_they_were_given(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    for number, owner in enumerate((cast.caht_lead, cast.fbi_lead, cast.caht_lead)):
        new = NewItem(title=f"Item {number}", owner_id=owner.member_id, due=NOW.date())
        await action_items.create_item(cast.coordinator, new, NOW + timedelta(minutes=number), NOW.date())
    first = await search.page_of_items(cast.caht_lead, search.START, 2, only_mine=False)
    rest = await search.page_of_items(cast.caht_lead, (first[-1].created_at, first[-1].id), 2, only_mine=False)
    assert [one.title for one in [*first, *rest]] == ["Item 0", "Item 1", "Item 2"]
    own_page = await search.page_of_items(cast.caht_lead, search.START, 9, only_mine=True)
    assert [one.title for one in own_page] == ["Item 0", "Item 2"]
