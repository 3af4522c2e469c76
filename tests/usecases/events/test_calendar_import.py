"""Importing a calendar file: what is saved, for whom, once, and all or nothing; series of other programs too."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ical.files import calendar, taken, vevent
from tests.ical.readers import by_icalendar
from tests.scenarios.foreign_calendar import file_of, imported_and_published
from tracker.errors import NotAllowed
from tracker.ical.calendar_import import read_calendar_file
from tracker.ical.vevents import Organizer, vevents
from tracker.ical.vevents import feed_calendar as feed_of
from tracker.rules.calendars.feeds import FeedLevel
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import DateLine, Event, EventStatus, Kind
from tracker.rules.events.plans import CalendarFile, DateChange, ImportOutcome
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import AudienceVersion
from tracker.usecases.calendars import feeds
from tracker.usecases.events import occurrences, scheduling

SPAN = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
ORGANIZER = Organizer(name="Rescue Project", address="calendar@tracker.example")


async def import_outcomes(viewer: Viewer, file: CalendarFile, *, skips: bool = False) -> list[ImportOutcome]:
    report = await scheduling.import_calendar(viewer, file, NOW, skips_refused=skips)
    return [row.outcome for row in report.rows]


async def lines_of_year(viewer: Viewer) -> list[DateLine]:
    return await occurrences.dates_between(viewer, *SPAN)


@pytest.mark.both_engines
async def test_each_event_becomes_one_of_the_coordinators_for_everyone(cast: Cast) -> None:
    file = taken(vevent("STATUS:TENTATIVE"), vevent("LOCATION:Room A", uid="two", title="Second"))
    assert await import_outcomes(cast.coordinator, file) == [ImportOutcome.NEW, ImportOutcome.NEW]
    events = [
        await scheduling.event_seen_by(cast.harbor_advocate, line.event_id)
        for line in await lines_of_year(cast.harbor_advocate)
    ]
    assert {(one.title, one.status, one.place) for one in events} == {
        ("Core group", EventStatus.TENTATIVE, ""),
        ("Second", EventStatus.CONFIRMED, "Room A"),
    }
    assert {(one.kind, one.visibility, one.lead_id) for one in events} == {
        (Kind.MEETING, Visibility.ALL, cast.coordinator.member_id)
    }
    assert not {one.uid for one in events} & {"one@example", "two"}


@pytest.mark.both_engines
async def test_who_imports_leads_the_events_and_has_accepted(cast: Cast) -> None:
    await import_outcomes(cast.coordinator, taken(vevent(), vevent(uid="two")))
    dates = await feeds.seen_dates_between(cast.coordinator, *SPAN)
    assert [(one.reply, one.is_mine) for one in dates] == [(ReplyValue.ACCEPTED, True)] * 2


@pytest.mark.both_engines
async def test_the_feeds_of_everyone_learn_of_imported_events(cast: Cast) -> None:
    everyone = AudienceVersion.select(AudienceVersion.version).where(AudienceVersion.audience == "all")
    before = await everyone
    await import_outcomes(cast.coordinator, taken(vevent()))
    assert await everyone != before


@pytest.mark.both_engines
async def test_no_one_is_notified_of_imported_events(cast: Cast) -> None:
    await import_outcomes(cast.coordinator, taken(vevent("ATTENDEE:mailto:fbi_lead@fbi.example")))
    assert await Message.count() == 0


@pytest.mark.both_engines
async def test_each_imported_event_is_in_the_audit_log(cast: Cast) -> None:
    await import_outcomes(cast.coordinator, taken(vevent()))
    rows = await AuditEntry.select(AuditEntry.verb, AuditEntry.subject).order_by(AuditEntry.seq, ascending=False)
    assert (rows[0]["verb"], rows[0]["subject"]) == ("scheduled", "event")


@pytest.mark.both_engines
async def test_only_coordinators_import(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await import_outcomes(cast.fbi_lead, taken(vevent()))
    with pytest.raises(NotAllowed):
        await scheduling.preview_calendar_import(cast.caht_lead, taken(vevent()))


@pytest.mark.both_engines
async def test_with_one_event_refused_none_is_saved(cast: Cast) -> None:
    file = taken(vevent(), vevent("RRULE:FREQ=SECONDLY", uid="two"))
    assert await import_outcomes(cast.coordinator, file) == [ImportOutcome.NEW, ImportOutcome.REFUSED]
    assert await lines_of_year(cast.coordinator) == []


@pytest.mark.both_engines
async def test_who_leaves_the_refused_ones_out_gets_the_others(cast: Cast) -> None:
    await import_outcomes(cast.coordinator, taken(vevent(), vevent("RRULE:FREQ=SECONDLY", uid="two")), skips=True)
    assert len(await lines_of_year(cast.coordinator)) == 1


@pytest.mark.both_engines
async def test_a_preview_saves_nothing(cast: Cast) -> None:
    report = await scheduling.preview_calendar_import(cast.coordinator, taken(vevent()))
    assert (len(report.new), report.words) == (1, "1 event added")
    assert await lines_of_year(cast.coordinator) == []


@pytest.mark.both_engines
async def test_the_same_file_again_adds_nothing(cast: Cast) -> None:
    file = taken(vevent(), vevent(uid="two"))
    await import_outcomes(cast.coordinator, file)
    assert await import_outcomes(cast.coordinator, file) == [ImportOutcome.KNOWN, ImportOutcome.KNOWN]
    assert len(await lines_of_year(cast.coordinator)) == 2


@pytest.mark.both_engines
async def test_what_a_feed_of_this_tracker_holds_is_known(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    assert await import_outcomes(cast.coordinator, taken(vevent(uid=event.uid))) == [ImportOutcome.KNOWN]


@pytest.mark.both_engines
async def test_an_event_that_the_importer_may_not_see_is_not_known_to_them(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(
        cast.fbi_lead, meeting(cast.kcpd_detective, visibility=Visibility.NAMED), NOW
    )
    event = await scheduling.event_seen_by(cast.fbi_lead, event_id)
    assert await import_outcomes(cast.coordinator, taken(vevent(uid=event.uid))) == [ImportOutcome.NEW]


@pytest.mark.both_engines
async def test_dates_left_out_added_moved_and_canceled_are_saved_so(cast: Cast) -> None:
    file = (
        calendar(
            vevent("RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20270119T100000", "RDATE:20270121T100000", "STATUS:CONFIRMED"),
            vevent(
                "RECURRENCE-ID:20270126T100000",
                "DTSTART:20270127T140000",
                "DTEND:20270127T153000",
                "LOCATION:Room B",
                "STATUS:CONFIRMED",
            ),
            vevent("RECURRENCE-ID:20270202T100000", "STATUS:CANCELLED"),
        )
        .replace(b"DTSTART;TZID=America/Chicago", b"DTSTART")
        .replace(b"DTEND;TZID=America/Chicago", b"DTEND")
    )
    await import_outcomes(cast.coordinator, read_calendar_file(file, NOW, ZONE))
    lines = await lines_of_year(cast.harbor_advocate)
    assert [(one.key, one.place, one.is_off) for one in lines] == [
        ("2027-01-12", "", False),
        ("2027-01-21", "", False),
        ("2027-01-26", "Room B", False),
        ("2027-02-02", "", True),
    ]
    assert lines[2].starts_at == datetime(2027, 1, 27, 20, tzinfo=UTC)


@pytest.mark.both_engines
async def test_a_feed_of_one_tracker_is_the_same_moments_in_another(cast: Cast) -> None:
    starts = datetime(2027, 1, 12, 10)
    rule = rule_for_choice("weekly", starts, weekdays=(1, 3), count=40)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(rule=rule), NOW)
    moved = DateChange(starts=datetime(2027, 1, 20, 13), duration=timedelta(hours=2), place="Room B")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-26", 1, "", NOW)
    file = await feed_of_event(cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id))
    before = times_and_places(await lines_of_year(cast.coordinator))
    elsewhere = file.replace(b"UID:", b"UID:of-another-tracker-")
    await import_outcomes(cast.coordinator, read_calendar_file(elsewhere, NOW, ZONE))
    new = [one for one in await lines_of_year(cast.coordinator) if one.event_id != event_id]
    assert times_and_places(new) == before
    again = await feed_of_event(cast.coordinator, await scheduling.event_seen_by(cast.coordinator, new[0].event_id))
    assert by_icalendar(again) == by_icalendar(file)


async def feed_of_event(viewer: Viewer, event: Event) -> bytes:
    every = await occurrences.dates_in_series(viewer, event)
    return feed_of("Task force", ZONE, [ZONE], [vevents(event, every, FeedLevel.FULL, ORGANIZER, NOW.date())])


def times_and_places(lines: list[DateLine]) -> list[tuple[datetime, datetime, str]]:
    return [(one.starts_at, one.ends_at, one.place) for one in lines if not one.is_off]


async def test_a_sample_of_foreign_series_is_published_instant_for_instant(sqlite_cast: Cast) -> None:
    file = file_of(60)
    assert by_icalendar(await imported_and_published(sqlite_cast, file)) == by_icalendar(file)
