# ruff: noqa: DTZ001 - starts are local to the zone of their event
"""Two worlds for the leak test: one without the secrets, and the same with them, made by copying its file."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from litestar import Litestar

from tests.cast import NOW, ZONE, Cast, everybody, marking, meeting, operation, people_of_the_task_force
from tests.ports.browser import session_of
from tests.ports.standing import standing
from tracker import chance
from tracker.database import bind, close_database, engine, engine_from_url, open_database, writing
from tracker.migrate import migrate
from tracker.rules.action_changes import Change, NewItem
from tracker.rules.action_items import ItemStatus
from tracker.rules.api_tokens import ApiScope
from tracker.rules.attendance import Mark
from tracker.rules.audiences import Arm, Visibility
from tracker.rules.calendars import Scope
from tracker.rules.invitations import AnswerValue
from tracker.rules.markings import Category, Limit
from tracker.rules.outside_calendars import Found, Kind, Span, window
from tracker.rules.people import Level, Viewer
from tracker.rules.planning import DateChange
from tracker.rules.quorum import QuorumRule
from tracker.rules.recurrence import Rule, rule_for
from tracker.rules.sites import SiteFacts
from tracker.tables.meetings import Event
from tracker.tables.outbox import Message
from tracker.usecases import (
    action_items,
    api_tokens,
    attendance,
    audit_reading,
    blackouts,
    event_templates,
    invitations,
    meeting_dates,
    meetings,
    outside_calendars,
    people,
    readings,
    reminders,
    saved_filters,
    sites,
    subscriptions,
)
from tracker.usecases.viewers import viewer_for

STARTS = datetime(2027, 1, 12, 10)
LAST_WEEK = NOW - timedelta(days=8)
TODAY = NOW.date()


@dataclass
class Places:
    """What the requests of the leak test need to name: things that both worlds have, and things of one only."""

    event: UUID
    event_key: str
    past: UUID
    past_key: str
    item: str
    person: UUID
    agency: UUID
    other_agency: UUID
    body: UUID
    site: UUID
    everybody: tuple[UUID, ...]
    secret_event: UUID
    secret_key: str
    secret_item: str
    secret_person: UUID
    secret_body: UUID
    secret_agency: UUID
    secret_blackout: UUID
    secret_message: UUID
    secret_template: UUID
    secret_filter: UUID


@dataclass
class Worlds:
    """The cast, their sessions, feed addresses and tokens (the same in both worlds), and the two files."""

    cast: Cast
    sessions: dict[str, str]
    feeds: dict[str, str]
    tokens: dict[str, str]
    places: Places
    plain: Path
    secret: Path


async def build(folder: Path) -> Worlds:
    """Build both worlds; what is seen by all is changed again after the secrets, so that a counter would show."""
    plain, secret = folder / "plain.sqlite", folder / "secret.sqlite"
    async with opened(plain):
        await migrate()
        cast = await people_of_the_task_force()
        sessions = {name: await session_of(one, NOW) for name, one in cast.members.items()}
        feeds = {
            name: (await subscriptions.create(one, "Phone", Scope.ALL, NOW, shows_operations=True))[1]
            for name, one in cast.members.items()
        }
        everything = frozenset(ApiScope)
        tokens = {name: await api_tokens.create(one, "Program", everything, NOW) for name, one in cast.members.items()}
        places = await _what_all_may_see(cast)
    shutil.copy(plain, secret)
    async with opened(secret):
        await _secrets(cast, places)
    for file in (plain, secret):
        async with opened(file):
            chance.seed(7)
            await _changed_afterwards(cast, places)
            chance.seed(None)
    return Worlds(cast, sessions, feeds, tokens, places, plain, secret)


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Litestar]:
    """Bind a world's database, with the clock standing at NOW, and return the application on it."""
    bound = engine_from_url(f"sqlite:///{file}", synchronous="OFF")
    bind(bound)
    await open_database(bound)
    try:
        with standing(outside_calendars=True) as app:
            yield app
        await engine().run_ddl("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await close_database(bound)


async def _what_all_may_see(cast: Cast) -> Places:
    series = await meetings.schedule(cast.coordinator, meeting(*everybody(cast), rule=_monthly()), LAST_WEEK)
    past = await meetings.schedule(
        cast.coordinator, meeting(*everybody(cast), title="Kick-off", starts=datetime(2026, 12, 8, 10)), LAST_WEEK
    )
    during = datetime(2026, 12, 8, 16, 30, tzinfo=NOW.tzinfo)
    await attendance.record(
        cast.coordinator,
        past,
        "2026-12-08",
        {cast.fbi_lead.member_id: Mark.HERE, cast.caht_lead.member_id: Mark.REMOTE},
        during,
    )
    item = await _item(cast.coordinator, cast.harbor_advocate, "Send the contact sheet", past, "2026-12-08")
    room = SiteFacts(
        name="USAO conference room", address="400 E 9th St", capacity=5, equipment="Projector", is_open=True
    )
    site = await sites.add_site(cast.coordinator, room, NOW, NOW)
    person, agency, body = cast.caht_lead.member_id, cast.agencies["CAHT"], cast.bodies["services"]
    return Places(
        event=series, event_key="2027-01-12", past=past, past_key="2026-12-08", item=item, person=person,
        agency=agency, other_agency=cast.agencies["FBI"], body=body, site=site,
        everybody=tuple(one.member_id for one in everybody(cast)), secret_event=series, secret_key="2027-01-12",
        secret_item=item, secret_person=person, secret_body=body, secret_message=past,
        secret_template=past, secret_agency=agency, secret_blackout=past, secret_filter=past,
    )  # fmt: skip


async def _secret_people(cast: Cast, places: Places) -> None:
    fbi = cast.agencies["FBI"]
    async with writing():
        marshals = await people.add_agency(
            name="Canary Marshals", code="Larkspur", arm=Arm.LAW_ENFORCEMENT, level=Level.FEDERAL
        )
        places.secret_agency = marshals
        await people.add_member(agency_id=marshals, name="Canary", email="canary@marshals.example", now=NOW, zone=ZONE)
        places.secret_person = await people.add_member(
            agency_id=fbi, name="Quillfeather", email="canary@fbi.example", now=NOW, zone=ZONE
        )
        places.secret_body = await people.add_body(
            name="Canary Working Group", kind="team", place="Canary Street", quorum=QuorumRule(seats=2)
        )
        await people.add_seat(body_id=places.secret_body, agency_id=fbi, primary=places.secret_person)
        await people.add_seat(
            body_id=places.secret_body, agency_id=cast.agencies["KCPD"], primary=cast.kcpd_detective.member_id
        )


async def _secrets(cast: Cast, places: Places) -> None:
    await _secret_people(cast, places)
    days = date(2027, 1, 11), date(2027, 1, 13), "Canary week"
    places.secret_blackout = await blackouts.name(cast.coordinator, places.secret_agency, *days, NOW, TODAY)
    lead, named = cast.fbi_lead, (cast.kcpd_detective, cast.hsi_liaison)
    marked = marking(cast, categories=frozenset({Category.SP_CHRI}), limit=Limit.NOCON)
    secret = operation(*named, rule=_weekly(), marking=marked)
    places.secret_event = await meetings.schedule(lead, secret, LAST_WEEK)
    places.secret_key = "2027-01-16"
    await Event.update({Event.previous_series: places.event}).where(Event.id == places.secret_event)
    over = await meetings.schedule(
        lead, operation(*named, title="Operation Canary", starts=datetime(2026, 12, 9, 6)), LAST_WEEK
    )
    await meetings.schedule(
        lead, operation(*named, title="Operation Called Off", starts=datetime(2026, 12, 16, 6)), LAST_WEEK
    )
    in_the_room = operation(*named, starts=datetime(2027, 1, 20, 6), place="USAO conference room", title="Canary raid")
    await meetings.schedule(lead, in_the_room, LAST_WEEK)
    await invitations.answer(
        cast.kcpd_detective, places.secret_event, "2027-01-23", AnswerValue.DECLINED, "Canary", NOW, for_series=False
    )
    moved = DateChange(starts=datetime(2027, 1, 31, 6), duration=timedelta(hours=3), place="Canary Street")
    await meeting_dates.change_date(lead, places.secret_event, "2027-01-30", moved, 1, NOW, notify=True)
    await meeting_dates.cancel_date(lead, places.secret_event, "2027-02-06", 1, "Canary", NOW)
    await attendance.record(
        lead,
        over,
        "2026-12-09",
        {cast.kcpd_detective.member_id: Mark.HERE},
        datetime(2026, 12, 9, 13, tzinfo=NOW.tzinfo),
    )
    places.secret_item = await _item(lead, cast.kcpd_detective, "Canary item", over, "2026-12-09")
    await _secrets_about(cast, places)


async def _secrets_about(cast: Cast, places: Places) -> None:
    """Add a meeting of one arm, and what comes of secret events: looks, reminders, messages, templates, filters."""
    await meetings.schedule(
        cast.coordinator,
        meeting(
            *(one for one in everybody(cast) if one.arm == cast.fbi_lead.arm),
            title="Canary briefing",
            visibility=Visibility.LAW_ENFORCEMENT,
        ),
        NOW,
    )
    await _looks_at(cast, places.secret_event)
    await reminders.queue_due(NOW, ZONE)
    places.secret_message = await _a_message_about(places.secret_event)
    places.secret_template = await _a_template(cast)
    kept = await saved_filters.save(cast.kcpd_detective, "calendar", "Bluestem", "body=Canary+Working+Group", NOW)
    places.secret_filter = kept.id
    await _a_shared_calendar(places.secret_person)


async def _a_shared_calendar(member_id: UUID) -> None:
    """Let somebody whom not everybody knows share when they are busy all of January."""
    await outside_calendars.share(await viewer_for(member_id, NOW), "https://canary.example/larkspur.ics", "", NOW)
    under_way = await outside_calendars.claim(NOW)
    assert under_way
    january = Span(datetime(2027, 1, 1, tzinfo=NOW.tzinfo), datetime(2027, 2, 1, tzinfo=NOW.tzinfo), Kind.OUT)
    await outside_calendars.keep(under_way, [Found("", january)], 0, window(NOW, ZONE), NOW)


async def _a_template(cast: Cast) -> UUID:
    """Return a template of a body whose schedulers are law enforcement."""
    form = {"title": ["Operation Canary"], "place": ["Larkspur Lot"], "visibility": ["body"]}
    await event_templates.save(cast.coordinator, "Bluestem", form, cast.bodies["enforcement"], NOW)
    [found] = await event_templates.templates_for(cast.coordinator)
    return found.id


async def _looks_at(cast: Cast, event_id: UUID) -> None:
    """Leave what looks at an event leave in the trail: of who is named, of who is not, of who reads the whole trail."""
    event = await meetings.event_for(cast.kcpd_detective, event_id)
    await readings.note_series(cast.kcpd_detective, [event], NOW)
    route = {"route": "GET /events/{event_id}"}
    await readings.note(cast.harbor_advocate, "not_found", "event", str(event_id), route, NOW)
    chosen = audit_reading.Choice(since=LAST_WEEK, until=NOW, about=str(event_id))
    await audit_reading.page(cast.auditor, chosen, {"about": str(event_id)}, NOW)
    await audit_reading.export(cast.auditor, chosen, {"about": str(event_id)}, NOW)


async def _a_message_about(event_id: UUID) -> UUID:
    """Return one of the messages about an event, after it was sent: only then it could be sent again."""
    [*_, found] = await Message.select(Message.id).where(Message.event == event_id).order_by(Message.id)
    await Message.update({Message.state: "sent"}).where(Message.id == found["id"])
    message_id: UUID = found["id"]
    return message_id


async def _changed_afterwards(cast: Cast, places: Places) -> None:
    later = DateChange(starts=datetime(2027, 2, 11, 13), duration=timedelta(minutes=90))
    await meeting_dates.change_date(cast.coordinator, places.event, "2027-02-09", later, 1, NOW, notify=False)
    await invitations.answer(
        cast.caht_lead, places.event, places.event_key, AnswerValue.ACCEPTED, "", NOW, for_series=True
    )
    await action_items.update(
        cast.harbor_advocate, places.item, Change(status=ItemStatus.IN_PROGRESS, progress=50), 1, NOW, TODAY
    )


async def _item(giver: Viewer, owner: Viewer, title: str, event_id: UUID, key: str) -> str:
    origin = await meeting_dates.date_for(giver, event_id, key)
    new = NewItem(title=title, owner_id=owner.member_id, due=date(2026, 12, 20), origin_id=origin.id)
    return await action_items.create(giver, new, LAST_WEEK, TODAY)


def _monthly() -> Rule | None:
    return rule_for("monthly_nth", STARTS, until=date(2027, 6, 30))


def _weekly() -> Rule | None:
    return rule_for("weekly", STARTS.replace(day=16, hour=6), count=6)
