"""Two worlds for the leak test: one without the secrets, and the same with them, made by copying its file."""

# ruff: noqa: DTZ001 - starts are local to the zone of their event

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from litestar import Litestar
from msgspec import Struct
from msgspec.structs import replace

from tests.cast import NOW, SECRET, ZONE, Cast, everyone, marking, meeting, operation, people_of_the_task_force
from tests.ports.browser import session_of
from tests.ports.secret_mail import answer_about_an_item, emails_about
from tests.ports.standing import standing
from tests.usecases.operations.world import FAR, end_operation, plan_operation
from tracker.crypto import ids, keys
from tracker.database import bind, close_database, engine, engine_from_url, open_database, writing
from tracker.database.migrate import migrate
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.attendance import Mark
from tracker.rules.audit import audit_log
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan, ReadSpan, kept_window
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.viewers import Arm, Level, Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.markings import Category, Limit
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.identity import ApiScope
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed, ProposedTimes, Sender
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.rules.operations.orders import Paragraph, PhasePlan
from tracker.rules.operations.plans import PlannedSite, SiteRole, point_at
from tracker.rules.operations.readiness import Minors, NoticeState, NoticeText
from tracker.rules.operations.records import ItemAssignment
from tracker.rules.operations.states import OperationState
from tracker.rules.polls import Fit, NewPoll
from tracker.rules.recurrence.series import Rule, rule_for_choice
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, PersonFacts
from tracker.rules.roster.meetings import ConfidentialSiteFacts as ConfidentialFacts
from tracker.rules.roster.meetings import MeetingSiteFacts, QuorumRule
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.core.tables import Draft, Message
from tracker.tables.schema.events import Event
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases import attendance, availability
from tracker.usecases import audit as audit_reading
from tracker.usecases.actions import action_items
from tracker.usecases.actions import item_lists as after_items
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import audit, drafts
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails import reminders
from tracker.usecases.events import form_options, occurrences, replies, scheduling
from tracker.usecases.identity import sessions as identity_sessions
from tracker.usecases.intake import received_emails, unrecorded_replies
from tracker.usecases.operations import approvals, orders, plans, readiness, records
from tracker.usecases.operations.plans import whole_plan
from tracker.usecases.polls import polls
from tracker.usecases.roster import agencies, committees, people

STARTS = datetime(2027, 1, 12, 10)
LAST_WEEK = NOW - timedelta(days=8)
TODAY = NOW.date()
SUBSTITUTES = (
    "secret_message",
    "secret_sending",
    "secret_template",
    "secret_blackout",
    "secret_filter",
    "secret_hit",
    "secret_notice",
    "secret_place",
    "secret_poll",
    "secret_email",
    "secret_answer",
    "secret_proposal",
)
"""The places that a world without secrets doesn't have: another id stands for them."""


class Places(Struct):
    """What the requests of the leak test need to name: things that both worlds have, and things of one only."""

    event: UUID
    event_key: str
    past: UUID
    past_key: str
    past_date: UUID
    item: str
    person: UUID
    agency: UUID
    other_agency: UUID
    committee: UUID
    site: UUID
    everyone_invited: tuple[UUID, ...]
    secret_event: UUID
    secret_key: str
    secret_date: UUID
    secret_item: str
    secret_person: UUID
    secret_committee: UUID
    secret_agency: UUID
    secret_blackout: UUID
    secret_message: UUID
    secret_sending: UUID
    secret_template: UUID
    secret_filter: UUID
    secret_plan: UUID
    secret_hit: UUID
    secret_notice: UUID
    secret_place: UUID
    secret_poll: UUID
    secret_email: UUID
    secret_answer: UUID
    secret_proposal: UUID
    secret_plan_key: str = "2027-01-20"


class Worlds(Struct):
    """The cast, their sessions, feed addresses and tokens (the same in both worlds), and the two files."""

    cast: Cast
    sessions: dict[str, str]
    feeds: dict[str, str]
    tokens: dict[str, str]
    places: Places
    plain: Path
    secret: Path


class Story(Struct, frozen=True):
    """What happens in the worlds: before in both, then the secrets in one, and then the same in both again."""

    before: Callable[[Cast], Awaitable[tuple[Cast, Places]]]
    secrets: Callable[[Cast, Places], Awaitable[None]]
    after: Callable[[Cast, Places], Awaitable[None]]


class _Built(Struct, frozen=True):
    """Worlds, and what was in their files when they were built."""

    worlds: Worlds
    plain: bytes
    secret: bytes


_built: dict[Story, _Built] = {}


async def build(folder: Path, story: Story | None = None) -> Worlds:
    """Give a test worlds of its own; those of one story are built once in each process."""
    story = story or Story(_before, _secrets, _change_later)
    if story not in _built:
        worlds = await _build(folder, story)
        _built[story] = _Built(worlds, worlds.plain.read_bytes(), worlds.secret.read_bytes())
    built, plain, secret = _built[story], folder / "plain.sqlite", folder / "secret.sqlite"
    plain.write_bytes(built.plain)
    secret.write_bytes(built.secret)
    keys.use_secret(SECRET)
    return replace(built.worlds, places=replace(built.worlds.places), plain=plain, secret=secret)


def copied(world: Path) -> Path:
    """Return a copy of a world, in which a person changes nothing of what the next one gets."""
    copy = world.with_name(f"{ids.new_id()}.sqlite")
    shutil.copyfile(world, copy)
    return copy


async def _build(folder: Path, story: Story) -> Worlds:
    """Build both worlds; what is seen by all is changed again after the secrets, so that a counter would show."""
    plain, secret = folder / "plain.sqlite", folder / "secret.sqlite"
    async with open_world(plain):
        await migrate()
        cast = await people_of_the_task_force()
        sessions = {name: await session_of(one, NOW) for name, one in cast.members.items()}
        feeds = {
            name: (await subscriptions.create_subscription(viewer, "Phone", FeedScope.ALL, NOW, shows_operations=True))[
                1
            ]
            for name, viewer in cast.members.items()
        }
        everything = frozenset(ApiScope)
        tokens = {
            name: await identity_sessions.create_token(viewer, "Program", everything, NOW)
            for name, viewer in cast.members.items()
        }
        cast, places = await story.before(cast)
    shutil.copy(plain, secret)
    async with open_world(secret):
        await story.secrets(cast, places)
    for file in (plain, secret):
        async with open_world(file):
            ids.seed(7)
            await story.after(cast, places)
            ids.seed(None)
    return Worlds(cast, sessions, feeds, tokens, places, plain, secret)


@asynccontextmanager
async def open_world(file: Path) -> AsyncIterator[Litestar]:
    """Bind a world's database, with the clock standing at NOW, and return the application on it."""
    bound = engine_from_url(f"sqlite:///{file}", synchronous="OFF")
    bind(bound)
    await open_database(bound)
    try:
        with standing(shared_calendars=True) as app:
            yield app
            await app.state["feeds"].write()  # or its timer writes them into the next world
        await engine().run_ddl("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await close_database(bound)


async def _before(cast: Cast) -> tuple[Cast, Places]:
    return cast, await what_all_may_see(cast)


async def what_all_may_see(cast: Cast) -> Places:
    """Schedule and record what no one is kept from, and return it; names of secrets are those of no secret."""
    series = await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast), rule=_monthly()), LAST_WEEK)
    past = await scheduling.schedule_event(
        cast.coordinator, meeting(*everyone(cast), title="Kick-off", starts=datetime(2026, 12, 8, 10)), LAST_WEEK
    )
    await _attended(cast, past)
    item = await _item(cast.coordinator, cast.harbor_advocate, "Send the contact sheet", past, "2026-12-08")
    date_id = (await occurrences.date_seen_by(cast.coordinator, past, "2026-12-08")).id
    person, agency, committee = cast.caht_lead.member_id, cast.agencies["CAHT"], cast.committees["services"]
    return Places(
        event=series,
        event_key="2027-01-12",
        past=past,
        past_key="2026-12-08",
        past_date=date_id,
        item=item,
        person=person,
        agency=agency,
        other_agency=cast.agencies["FBI"],
        committee=committee,
        site=await _room(cast),
        everyone_invited=tuple(one.member_id for one in everyone(cast)),
        secret_event=series,
        secret_key="2027-01-12",
        secret_date=date_id,
        secret_item=item,
        secret_person=person,
        secret_committee=committee,
        secret_agency=agency,
        secret_plan=series,
        **dict.fromkeys(SUBSTITUTES, past),
    )


async def _attended(cast: Cast, event_id: UUID) -> None:
    during = datetime(2026, 12, 8, 16, 30, tzinfo=NOW.tzinfo)
    marks = {cast.fbi_lead.member_id: Mark.HERE, cast.caht_lead.member_id: Mark.REMOTE}
    await attendance.record_marks(cast.coordinator, event_id, "2026-12-08", marks, during)


async def _room(cast: Cast) -> UUID:
    room = MeetingSiteFacts(
        name="USAO conference room", address="400 E 9th St", capacity=5, equipment="Projector", is_open=True
    )
    return await agencies.add_meeting_site(cast.coordinator, room, NOW, NOW)


async def _secret_people(cast: Cast, places: Places) -> None:
    fbi = cast.agencies["FBI"]
    async with writing():
        marshals = await agencies.insert_agency(
            AgencyFacts(name="Canary Marshals", code="Larkspur", arm=Arm.LAW_ENFORCEMENT, level=Level.FEDERAL)
        )
        places.secret_agency = marshals
        await people.insert_member(
            PersonFacts(agency_id=marshals, name="Canary", email="canary@marshals.example", zone=ZONE), NOW
        )
        places.secret_person = await people.insert_member(
            PersonFacts(agency_id=fbi, name="Quillfeather", email="canary@fbi.example", zone=ZONE), NOW
        )
        places.secret_committee = await committees.insert_committee(
            CommitteeFacts(name="Canary Working Group", kind="team", place="Canary Street", quorum=QuorumRule(seats=2))
        )
        await committees.insert_seat(committee_id=places.secret_committee, agency_id=fbi, primary=places.secret_person)
        await committees.insert_seat(
            committee_id=places.secret_committee, agency_id=cast.agencies["KCPD"], primary=cast.kcpd_detective.member_id
        )


async def _secret_plans(cast: Cast, places: Places) -> None:
    """Plan two operations in each other's way, with all that hangs on a plan."""
    lead, named = cast.fbi_lead, (cast.kcpd_detective, cast.hsi_liaison)
    in_the_room = operation(*named, starts=datetime(2027, 1, 20, 6), place="USAO conference room", title="Canary raid")
    in_conflict = [
        await scheduling.schedule_event(lead, in_the_room, LAST_WEEK),
        await scheduling.schedule_event(lead, replace(in_the_room, title="Canary search"), LAST_WEEK),
    ]
    await _plans_in_conflict(lead, in_conflict)
    places.secret_plan = in_conflict[0]
    view = (await whole_plan(lead, places.secret_plan, LAST_WEEK)).view
    places.secret_hit = view.hits[0].id
    places.secret_notice = await _notices(cast, in_conflict)
    places.secret_place = await _confidential_place(cast, in_conflict[0])
    await _looked_back_on(cast)
    places.secret_poll = await _a_poll(cast)
    places.secret_email = await _unmatched_email(cast, places.secret_event)


async def _a_poll(cast: Cast) -> UUID:
    """Ask a named person for the date of a secret event, and let them reply."""
    lead, asked = cast.fbi_lead, cast.kcpd_detective
    secret = operation(asked, title="Canary search party", status=EventStatus.DRAFT)
    event_id = await scheduling.schedule_event(lead, secret, LAST_WEEK)
    new = NewPoll(starts=(STARTS, STARTS + timedelta(days=1)), reply_by=NOW + timedelta(days=3))
    poll_id = await polls.open_poll(lead, event_id, new, LAST_WEEK)
    [first, _] = (await polls.poll_for(asked, poll_id)).options
    await polls.reply_to_poll(asked, poll_id, {first.id: Fit.YES}, NOW)
    return poll_id


async def _unmatched_email(cast: Cast, event_id: UUID) -> UUID:
    """Let a reply to a secret invitation come from an address that no one has."""
    invitation = (await invitations_by_member(event_id))[cast.kcpd_detective.member_id].id
    sender = Sender(address="canary@elsewhere.example", is_verified=True)
    await received_emails.take_email(
        ReceivedEmail(
            name="c" * 64,
            received_at=NOW,
            invitation_id=invitation,
            sender=sender,
            replies=(
                CalendarReply(uid=str(event_id), attendee=sender.address, value=ReplyValue.ACCEPTED, comment="Canary"),
            ),
        )
    )
    [row] = await IncomingReply.select(IncomingReply.id)
    row_id: UUID = row["id"]
    return row_id


async def _a_proposal(lead: Viewer, who: Viewer, event_id: UUID) -> UUID:
    """Let a named person propose another hour for a date of a secret event by email."""
    date = await occurrences.date_seen_by(lead, event_id, "2027-01-23")
    reply = CalendarReply(
        uid=date.event.uid,
        attendee=who.email,
        value=None,
        comment="Canary",
        date=DateNamed(moment=date.starts_at, local=date.original_start),
        proposal=ProposedTimes(starts=DateNamed(moment=date.ends_at, local=date.original_start)),
    )
    own = (await invitations_by_member(event_id))[who.member_id]
    sender = Sender(address=who.email, is_verified=True)
    await received_emails.take_email(
        ReceivedEmail(name="d" * 64, received_at=NOW, invitation_id=own.id, sender=sender, replies=(reply,))
    )
    [(proposal, _)] = await unrecorded_replies.recent_proposals(lead, date, NOW)
    return proposal.id


async def _secrets(cast: Cast, places: Places) -> None:
    await _secret_people(cast, places)
    days = date(2027, 1, 11), date(2027, 1, 13), "Canary week"
    places.secret_blackout = await availability.set_blackout(cast.coordinator, places.secret_agency, *days, NOW, TODAY)
    lead, named = cast.fbi_lead, (cast.kcpd_detective, cast.hsi_liaison)
    marked = marking(cast, categories=frozenset({Category.SP_CHRI}), limit=Limit.NOCON)
    secret = operation(*named, rule=_weekly(), marking=marked)
    places.secret_event = await scheduling.schedule_event(lead, secret, LAST_WEEK)
    places.secret_key = "2027-01-16"
    await Event.update({Event.previous_series: places.event}).where(Event.id == places.secret_event)
    over = await scheduling.schedule_event(
        lead, operation(*named, title="Operation Canary", starts=datetime(2026, 12, 9, 6)), LAST_WEEK
    )
    await scheduling.schedule_event(
        lead, operation(*named, title="Operation Called Off", starts=datetime(2026, 12, 16, 6)), LAST_WEEK
    )
    await _secret_plans(cast, places)
    await replies.record_own_reply(
        cast.kcpd_detective, places.secret_event, "2027-01-23", ReplyValue.DECLINED, "Canary", NOW, for_series=False
    )
    places.secret_proposal = await _a_proposal(lead, cast.kcpd_detective, places.secret_event)
    moved = DateChange(starts=datetime(2027, 1, 31, 6), duration=timedelta(hours=3), place="Canary Street")
    await occurrences.change_occurrence(lead, places.secret_event, "2027-01-30", moved, 1, NOW, notify=Notify.ALL)
    await occurrences.cancel_occurrence(lead, places.secret_event, "2027-02-06", 1, "Canary", NOW)
    await attendance.record_marks(
        lead,
        over,
        "2026-12-09",
        {cast.kcpd_detective.member_id: Mark.HERE},
        datetime(2026, 12, 9, 13, tzinfo=NOW.tzinfo),
    )
    places.secret_item = await _item(lead, cast.kcpd_detective, "Canary item", over, "2026-12-09")
    places.secret_answer = await answer_about_an_item(cast.kcpd_detective)
    places.secret_date = (await occurrences.date_seen_by(lead, over, "2026-12-09")).id
    blocked = ItemEdit(status=ItemStatus.BLOCKED, note="Canary")
    await action_items.save_item_edit(cast.kcpd_detective, places.secret_item, blocked, 1, NOW, TODAY)
    await _secrets_about(cast, places)


async def _plans_in_conflict(lead: Viewer, event_ids: Iterable[UUID]) -> None:
    """Plan secret operations at one site, so that they are in each other's way."""
    lot = PlannedSite(role=SiteRole.TARGET, place="Larkspur Lot", point=point_at(39.0911, -94.4155, 1_320))
    for event_id in event_ids:
        await plans.start_plan(lead, event_id, LAST_WEEK)
        await plans.add_site_to_plan(lead, event_id, lot, LAST_WEEK)
        at = (await occurrences.nearest_date(lead, event_id, LAST_WEEK)).starts_at
        await orders.plan_phase(
            lead, event_id, PhasePlan(name="Larkspur staging", starts_at=at, ends_at=None), LAST_WEEK
        )
        await orders.save_operations_order(
            lead, event_id, {Paragraph.MISSION: "Larkspur Lot at dawn"}, LAST_WEEK, read=0
        )
        await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, LAST_WEEK)


async def _notices(cast: Cast, event_ids: Iterable[UUID]) -> UUID:
    """Release a service-readiness notice to other people, and schedule one; return the latter."""
    starts_at = datetime(2027, 1, 19, 20, tzinfo=NOW.tzinfo)
    text = NoticeText(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=2),
        fewest=3,
        most=6,
        languages="Quillfeather",
        minors=Minors.UNKNOWN,
        needs="Canary beds",
        place="Partner location 2",
        contact="Canary desk",
    )
    recipients = ((cast.caht_alternate, LAST_WEEK), (cast.caht_lead, NOW + timedelta(days=30)))
    for event_id, (to, at) in zip(event_ids, recipients, strict=True):
        await readiness.save_readiness_notice(cast.fbi_lead, event_id, text, at, [to.member_id], LAST_WEEK)
        [notice] = (await readiness.readiness_view(cast.fbi_lead, event_id, "2027-01-20")).notices
        await readiness.change_notice_state(cast.fbi_lead, event_id, notice.id, NoticeState.SCHEDULED, LAST_WEEK)
        await readiness.run_due_notices(LAST_WEEK)
    return notice.id


async def _looked_back_on(cast: Cast) -> None:
    """Write down what people said after a secret operation."""
    lead = cast.fbi_lead
    event_id = await plan_operation(lead, cast.kcpd_detective, title="Operation Canary Yard", at=FAR)
    await end_operation(lead, event_id)
    await records.save_hot_wash(lead, event_id, "Larkspur Lot held", "Canary radios", NOW, read=0)
    await records.add_lesson(lead, event_id, "Larkspur Lot was too small", NOW)
    for title in ("Canary radios", "Larkspur keys"):
        await after_items.add_after_action(lead, event_id, title, NOW)
    first = (await records.after_action_view(lead, event_id, "2027-01-16")).operation
    given = await after_items.after_actions_given(lead, first)
    wanted = ItemAssignment(owner_id=cast.kcpd_detective.member_id, due=TODAY)
    await after_items.assign_after_action(lead, event_id, given[0].action.id, wanted, NOW, TODAY)


async def _confidential_place(cast: Cast, event_id: UUID) -> UUID:
    """Keep a confidential place of an agency, and let a plan name it."""
    facts = ConfidentialFacts(name="Canary house", address="7 Larkspur Row", directions="Canary bell")
    site_id = await agencies.add_confidential_site(cast.kcpd_detective, facts, LAST_WEEK)
    await readiness.add_off_site_place(cast.fbi_lead, event_id, site_id, LAST_WEEK)
    return site_id


async def _secrets_about(cast: Cast, places: Places) -> None:
    """Add a meeting of one arm, and what comes of secret events: looks, reminders, messages, templates, filters."""
    await scheduling.schedule_event(
        cast.coordinator,
        meeting(
            *(one for one in everyone(cast) if one.arm == cast.fbi_lead.arm),
            title="Canary briefing",
            visibility=Visibility.LAW_ENFORCEMENT,
        ),
        NOW,
    )
    await _looks_at(cast, places.secret_event)
    await emails_about(cast, places.secret_event)
    await reminders.queue_due_messages(NOW, ZONE)
    places.secret_message, places.secret_sending = await _a_message_about(places.secret_event)
    places.secret_template = await _a_template(cast)
    kept = await drafts.save_filter(cast.kcpd_detective, "calendar", "Bluestem", "committee=Canary+Working+Group", NOW)
    places.secret_filter = kept.id
    await _a_shared_calendar(places.secret_person)
    await _drafts(cast, places.secret_event, places.secret_date)


async def _drafts(cast: Cast, event_id: UUID, date_id: UUID) -> None:
    """Leave what others typed about a secret event, and what someone typed who may no longer see it."""
    texts = {"title": ["Operation Canary"], "place": ["Larkspur Lot"]}
    for form in (DraftForm.EVENT, DraftForm.COPY):
        key = DraftKey(form=form, subject=str(event_id), event_id=event_id)
        await drafts.save_draft(cast.kcpd_detective, key, texts, NOW, tab=event_id, shown=None)
    draft_keys = {(DraftForm.EVENT, str(event_id)), (DraftForm.NEW_ITEM, str(date_id)), (DraftForm.NEW_ITEM, "")}
    left = [
        Draft(
            member=cast.caht_lead.member_id,
            form=form.value,
            subject=subject,
            event=event_id,
            texts=json.dumps(texts),
            tab=event_id,
            saved_at=NOW,
        )
        for form, subject in draft_keys
    ]
    await Draft.insert(*left)


async def _a_shared_calendar(member_id: UUID) -> None:
    """Let someone whom not everyone knows share when they are busy all of January."""
    await availability.share_calendar(await viewer_for(member_id, NOW), "https://canary.example/larkspur.ics", "", NOW)
    under_way = await availability.claim_calendar(NOW)
    assert under_way
    january = CalendarSpan(
        datetime(2027, 1, 1, tzinfo=NOW.tzinfo), datetime(2027, 2, 1, tzinfo=NOW.tzinfo), BusyKind.OUT
    )
    await availability.keep_spans(under_way, [ReadSpan("", january)], 0, kept_window(NOW, ZONE), NOW)


async def _a_template(cast: Cast) -> UUID:
    """Return a template of a committee whose schedulers are law enforcement."""
    form = {"title": ["Operation Canary"], "place": ["Larkspur Lot"], "visibility": ["committee"]}
    await form_options.save_template(cast.coordinator, "Bluestem", form, cast.committees["enforcement"], NOW)
    [template] = await form_options.templates_for(cast.coordinator)
    return template.id


async def _looks_at(cast: Cast, event_id: UUID) -> None:
    """Leave what looks at an event leave in the log: of who is named, of who is not, of who reads the whole log."""
    event = await scheduling.event_seen_by(cast.kcpd_detective, event_id)
    await audit.record_series_read(cast.kcpd_detective, [event], NOW)
    route = {"route": "GET /events/{event_id}"}
    await audit.record_read(cast.harbor_advocate, "not_found", "event", str(event_id), route, NOW)
    chosen = audit_log.AuditFilter(since=LAST_WEEK, until=NOW, subject_id=str(event_id))
    await audit_reading.note_reading(cast.auditor, {"about": str(event_id)}, NOW)
    await audit_reading.export_entries(cast.auditor, chosen, {"about": str(event_id)}, NOW)


async def _a_message_about(event_id: UUID) -> tuple[UUID, UUID]:
    """Return one of the messages about an event with its sending, after it failed: only then it can be sent again."""
    rows = await Message.select(Message.id, Message.sending).where(Message.event == event_id).order_by(Message.id)
    await Message.update({Message.state: "failed"}).where(Message.id == rows[-1]["id"])
    return rows[-1]["id"], rows[-1]["sending"]


async def _change_later(cast: Cast, places: Places) -> None:
    later = DateChange(starts=datetime(2027, 2, 11, 13), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, places.event, "2027-02-09", later, 1, NOW)
    await replies.record_own_reply(
        cast.caht_lead, places.event, places.event_key, ReplyValue.ACCEPTED, "", NOW, for_series=True
    )
    await action_items.save_item_edit(
        cast.harbor_advocate, places.item, ItemEdit(status=ItemStatus.IN_PROGRESS, progress=50), 1, NOW, TODAY
    )


async def _item(giver: Viewer, owner: Viewer, title: str, event_id: UUID, key: str) -> str:
    origin = await occurrences.date_seen_by(giver, event_id, key)
    new = NewItem(title=title, owner_id=owner.member_id, due=date(2026, 12, 20), origin_id=origin.id)
    return await action_items.create_item(giver, new, LAST_WEEK, TODAY)


def _monthly() -> Rule | None:
    return rule_for_choice("monthly_nth", STARTS, until=date(2027, 6, 30))


def _weekly() -> Rule | None:
    return rule_for_choice("weekly", STARTS.replace(day=16, hour=6), count=6)


SHELTER_NAME = "Partner location 2"
SHELTER_CANARIES = ("Wisteria", "Periwinkle")
SHELTER = ConfidentialFacts(name=SHELTER_NAME, address="12 Wisteria Row", directions="https://maps.example/Periwinkle")


async def add_shelter(cast: Cast) -> tuple[UUID, UUID]:
    """Keep a shelter of Harbor House, and let an operation that names it be planned by the FBI."""
    site_id = await agencies.add_confidential_site(cast.harbor_advocate, SHELTER, LAST_WEEK)
    starts = datetime(2027, 1, 23, 6)
    plan = operation(cast.hsi_liaison, starts=starts, duration=timedelta(hours=5), place=SHELTER_NAME)
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, LAST_WEEK)
    await plans.start_plan(cast.fbi_lead, event_id, LAST_WEEK)
    await readiness.add_off_site_place(cast.fbi_lead, event_id, site_id, LAST_WEEK)
    return event_id, site_id
