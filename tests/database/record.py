"""Rows of every table as this release writes them, for the tests of upgrades.

python -m tests.database.record FILE

writes them. `first_release.json` holds those of 0001, as the first release wrote them; it is never written again.
"""

import asyncio
import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from msgspec.structs import replace
from piccolo.table import sort_table_classes

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation, people_of_the_task_force
from tests.database.releases import Rows
from tests.database.sources import run_in_database
from tests.ical.files import taken, vevent
from tests.ports.browser import session_of
from tests.usecases.operations.world import end_operation
from tracker.crypto import ids, keys
from tracker.database import writing
from tracker.database.migrate import migrate
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.attendance import Mark
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan, ReadSpan, kept_window
from tracker.rules.calendars.feeds import Alarms, AllDayAlarm, FeedLimit, FeedScope
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.viewers import BY_COMMAND
from tracker.rules.emails.escalations import CommitteeDays
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.events import EventStatus
from tracker.rules.events.events import Kind as EventKind
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.identity import ApiScope
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed, ProposedTimes, Sender
from tracker.rules.intake.received_emails import FAILURES, DeliveryRefusal, ReceivedEmail
from tracker.rules.operations.check_ins import Direction, Tap, WalkIn
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.orders import Paragraph, PhasePlan
from tracker.rules.operations.plans import (
    DeconflictionCheck,
    Disclosure,
    OutsideResult,
    PlannedSite,
    SiteRole,
    System,
    point_at,
)
from tracker.rules.operations.readiness import Minors, NoticeState, NoticeText
from tracker.rules.operations.records import Edition
from tracker.rules.operations.states import OperationState
from tracker.rules.polls import Fit, NewPoll
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import SeatFacts
from tracker.rules.roster.meetings import ConfidentialSiteFacts as ConfidentialFacts
from tracker.rules.roster.meetings import MeetingSiteFacts, ReminderPolicy
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.piccolo_app import APP_CONFIG
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.schema.roster import Committee, Member
from tracker.usecases import attendance, availability
from tracker.usecases.actions import action_items
from tracker.usecases.actions import item_lists as after_items
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import drafts, outbox
from tracker.usecases.core.viewers import viewer_of_session
from tracker.usecases.emails import escalations, preferences, reminders
from tracker.usecases.events import form_options, occurrences, replies, scheduling
from tracker.usecases.identity import credentials, sessions, sign_in_attempts
from tracker.usecases.identity.sign_in import issue_link
from tracker.usecases.identity.sign_in_attempts import UNKNOWN_ARRIVAL
from tracker.usecases.intake import received_emails
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.operations import access as emergency_access
from tracker.usecases.operations import approvals, check_ins, deconfliction, orders, plans, readiness, records
from tracker.usecases.operations.orders import issue_brief_copy
from tracker.usecases.operations.plans import PlanBasics
from tracker.usecases.polls import outcomes, polls
from tracker.usecases.roster import agencies, known_people
from tracker.usecases.views import impact

LAST_WEEK, TODAY = NOW - timedelta(days=8), NOW.date()
STARTS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the zone
KEY = "2027-01-12"
BRIEFING = datetime(2027, 1, 16, 11, tzinfo=UTC)
JUST_THEN = datetime(2027, 1, 12, 17, tzinfo=UTC)


async def live() -> None:
    """Let the cast do something of everything in the bound database."""
    await migrate()
    cast = await people_of_the_task_force()
    event_id = await _events(cast)
    await _after_the_meeting(cast, event_id)
    await _choices(cast)
    await _ways_in(cast)
    await _undeliverable()
    await reminders.queue_due_messages(NOW + timedelta(days=8), ZONE)  # the action item is overdue, and escalates


async def _events(cast: Cast) -> UUID:
    rule = rule_for_choice("monthly_nth", STARTS, until=date(2027, 6, 30))
    monthly = meeting(*everyone(cast), rule=rule, committee_id=cast.committees["steering"])
    event_id = await scheduling.schedule_event(cast.coordinator, monthly, LAST_WEEK)
    raid = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, cast.kcpd_detective), LAST_WEEK)
    await _plans_in_conflict(cast, raid)
    await issue_brief_copy(cast.fbi_lead, raid, "2027-01-16", cast.hsi_liaison.member_id, NOW)
    await replies.record_own_reply(cast.caht_lead, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=True)
    await _by_email(cast, event_id)
    await _a_poll(cast)
    later = DateChange(starts=datetime(2027, 2, 11, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - as above
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-02-09", later, 1, NOW, notify=Notify.ALL)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-03-09", 1, "Conference week", NOW)
    await scheduling.import_calendar(cast.coordinator, taken(vevent()), NOW, skips_refused=False)
    await reminders.queue_due_messages(NOW, ZONE)
    for version, primary in enumerate((cast.fbi_alternate, cast.fbi_lead), start=1):
        seat = SeatFacts(primary_id=primary.member_id, alternate_ids=frozenset())
        steering = cast.committees["steering"], cast.agencies["FBI"], seat, version
        await impact.set_seat(cast.coordinator, *steering, NOW, NOW)
    return event_id


async def _a_poll(cast: Cast) -> None:
    """Ask one person for the date of a draft, and let them reply."""
    draft = meeting(cast.caht_lead, title="Budget", status=EventStatus.DRAFT)
    event_id = await scheduling.schedule_event(cast.coordinator, draft, LAST_WEEK)
    new = NewPoll(starts=(STARTS, STARTS + timedelta(days=1)), reply_by=JUST_THEN - timedelta(days=2))
    earlier = await polls.open_poll(cast.coordinator, event_id, new, LAST_WEEK)
    await outcomes.cancel_poll(cast.coordinator, earlier, LAST_WEEK)
    poll_id = await polls.open_poll(cast.coordinator, event_id, new, LAST_WEEK)
    [first, _] = (await polls.poll_for(cast.caht_lead, poll_id)).options
    await polls.reply_to_poll(cast.caht_lead, poll_id, {first.id: Fit.YES}, LAST_WEEK)


async def _by_email(cast: Cast, event_id: UUID) -> None:
    """Take a proposal, and emails of a stranger to addresses that are no one's, and fail to read a mailbox."""
    at_one = ProposedTimes(starts=DateNamed(moment=datetime(2027, 1, 12, 19, tzinfo=UTC), local=STARTS))
    uid = (await scheduling.event_seen_by(cast.caht_lead, event_id)).uid
    moment = DateNamed(moment=datetime(2027, 1, 12, 16, tzinfo=UTC), local=STARTS)
    proposal = CalendarReply(uid=uid, attendee=cast.caht_lead.email, value=None, date=moment, proposal=at_one)
    sender = Sender(address=cast.caht_lead.email, is_verified=True)
    own = (await invitations_by_member(event_id))[cast.caht_lead.member_id]
    await take_email(
        ReceivedEmail(name="1" * 64, received_at=NOW, invitation_id=own.id, sender=sender, replies=(proposal,))
    )
    stranger = Sender(address="someone@elsewhere.example", is_verified=False)
    await take_email(ReceivedEmail(name="0" * 64, received_at=NOW, invitation_id=None, sender=stranger))
    await take_email(
        ReceivedEmail(name="2" * 64, received_at=NOW, invitation_id=None, message_id=UUID(int=7), sender=stranger)
    )
    await received_emails.note_mailbox_trouble("It doesn’t answer.", NOW)


async def _undeliverable() -> None:
    """Let the mail server refuse three messages to one person, so that their address is paused."""
    waiting = await outbox.claim_messages("recorder", [], NOW + timedelta(days=900), 1_000)
    [(who, _)] = Counter(one.recipient_id for one in waiting).most_common(1)
    messages_of_person = [one for one in waiting if one.recipient_id == who][:FAILURES]
    [address] = await Member.select(Member.email).where(Member.id == who).output(as_list=True)
    for message in messages_of_person:
        await received_emails.record_refusal(
            message, DeliveryRefusal(words="550 5.1.1 No such user", sent_to=address, at_recipient=True), NOW
        )
    await outbox.put_back_messages([one for one in waiting if one not in messages_of_person], "recorder")


async def _plans_in_conflict(cast: Cast, raid: UUID) -> None:
    """Plan an operation from its first site to its approval, and another one in its way."""
    lead = cast.fbi_lead
    other = await scheduling.schedule_event(lead, operation(cast.ipd_liaison, title="Operation Larkspur"), LAST_WEEK)
    lot = PlannedSite(role=SiteRole.TARGET, place="Larkspur Lot", point=point_at(39.0911, -94.4155, 1_320))
    for event_id in (raid, other):
        await plans.start_plan(lead, event_id, LAST_WEEK)
        await plans.add_site_to_plan(lead, event_id, lot, LAST_WEEK)
        await approvals.change_plan_state(lead, event_id, OperationState.PLANNING, LAST_WEEK)
    await _approved(cast, raid, other)
    await _notice(cast, raid)
    await end_operation(lead, other)
    await records.save_hot_wash(lead, other, "The lot held.", "More radios.", LAST_WEEK, read=0)
    await after_items.add_after_action(lead, other, "Buy more radios", LAST_WEEK)
    await records.add_lesson(lead, other, "Radios don't reach the lot.", LAST_WEEK)
    [lesson] = (await records.after_action_view(lead, other, "2027-01-16")).lessons
    edition = Edition(title="Radios", text="Try each radio at its place before the briefing.")
    await records.change_lesson(lead, other, lesson.id, lesson.text, edition, LAST_WEEK, read=1)
    await records.release_lesson(lead, other, lesson.id, LAST_WEEK, read=2)


async def _notice(cast: Cast, raid: UUID) -> None:
    """Release a service-readiness notice, and let one of its recipients acknowledge it."""
    starts_at = JUST_THEN + timedelta(days=3)
    text = NoticeText(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=1),
        fewest=3,
        most=6,
        languages="Spanish",
        minors=Minors.UNKNOWN,
        needs="Beds for one night",
        place="Partner location 2",
        contact="FBI duty desk",
    )
    to = [cast.caht_lead.member_id, cast.harbor_advocate.member_id]
    await readiness.save_readiness_notice(cast.fbi_lead, raid, text, LAST_WEEK, to, LAST_WEEK)
    [notice] = (await readiness.readiness_view(cast.fbi_lead, raid, "2027-01-16")).notices
    await readiness.change_notice_state(cast.fbi_lead, raid, notice.id, NoticeState.SCHEDULED, LAST_WEEK)
    await readiness.run_due_notices(LAST_WEEK)
    await readiness.acknowledge_notice(cast.caht_lead, notice.id, LAST_WEEK)
    place = ConfidentialFacts(name="Partner location 2", address="12 Elm St", directions="Ring twice")
    site_id = await agencies.add_confidential_site(cast.harbor_advocate, place, LAST_WEEK)
    await readiness.add_off_site_place(cast.fbi_lead, raid, site_id, LAST_WEEK)


async def _approved(cast: Cast, raid: UUID, other: UUID) -> None:
    """Decide about the conflict on both sides, clear the operation outside, and approve it."""
    lead, supervisor = cast.fbi_lead, cast.kcpd_detective
    [hit] = (await plans.plan_view(lead, raid, "2027-01-16", LAST_WEEK)).hits
    for event_id in (raid, other):
        await deconfliction.decide_conflict(lead, event_id, hit.id, Decision.PROCEED, "Both on channel 2.", LAST_WEEK)
    basics = PlanBasics(
        supervisor_id=supervisor.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(lead, raid, basics, LAST_WEEK)
    await emergency_access.give_access(
        lead, raid, cast.caht_lead.member_id, "She arranges the interpreters.", None, LAST_WEEK
    )
    await plans.commit_resources(lead, raid, cast.agencies["KCPD"], people=4, vehicles=2, skills="K-9", now=LAST_WEEK)
    await orders.save_operations_order(lead, raid, {Paragraph.MISSION: "Serve the warrant."}, LAST_WEEK, read=0)
    await orders.plan_phase(lead, raid, PhasePlan(name="Briefing", starts_at=BRIEFING, ends_at=None), LAST_WEEK)
    await approvals.acknowledge_plan_version(supervisor, raid, 6, LAST_WEEK)
    await approvals.record_deconfliction_number(
        lead,
        raid,
        DeconflictionCheck(system=System.RISSAFE, number="RS-1042", result=OutsideResult.NO_CONFLICT),
        LAST_WEEK,
    )
    await approvals.change_plan_state(lead, raid, OperationState.SUBMITTED, LAST_WEEK)
    await approvals.return_plan(supervisor, raid, "Name the medic.", LAST_WEEK)
    await approvals.change_plan_state(lead, raid, OperationState.SUBMITTED, LAST_WEEK)
    await approvals.change_plan_state(supervisor, raid, OperationState.APPROVED, LAST_WEEK)
    await _checked_in(cast, raid)
    await approvals.change_plan_state(lead, raid, OperationState.BRIEFED, LAST_WEEK)
    await approvals.change_plan_state(lead, raid, OperationState.EXECUTING, BRIEFING)
    await check_ins.release_everyone(lead, raid, 30, BRIEFING)


async def _checked_in(cast: Cast, raid: UUID) -> None:
    """Check a person in and out, and a walk-in."""
    key, at = "2027-01-16", datetime(2027, 1, 16, 11, tzinfo=UTC)
    for button in Direction:
        press = Tap(tap_id="1", person_id=cast.hsi_liaison.member_id, button=button)
        await check_ins.record_tap(cast.hsi_liaison, raid, key, press, at)
    await records.add_log_entry(cast.fbi_lead, raid, key, "On scene", at, tap_id="1")
    medic = WalkIn(ticket=raid, name="Medic", agency_id=None, agency="MSHP", contact="Channel 2", assignment="Medic")
    await check_ins.check_in_walk_in(cast.fbi_lead, raid, key, medic, at)


async def _after_the_meeting(cast: Cast, event_id: UUID) -> None:
    await Committee.update({Committee.quorum: 5}).where(Committee.id == cast.committees["steering"])
    await attendance.record_marks(cast.coordinator, event_id, KEY, {cast.caht_lead.member_id: Mark.HERE}, JUST_THEN)
    await attendance.close_attendance(cast.coordinator, event_id, KEY, JUST_THEN)
    await attendance.reopen_attendance(cast.coordinator, event_id, KEY, JUST_THEN)
    origin = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    due = TODAY + timedelta(days=5)
    new = NewItem(title="Send the contact sheet", owner_id=cast.caht_lead.member_id, due=due, origin_id=origin.id)
    reference = await action_items.create_item(cast.coordinator, new, LAST_WEEK, TODAY)
    change = ItemEdit(status=ItemStatus.IN_PROGRESS, progress=50)
    await action_items.save_item_edit(cast.caht_lead, reference, change, 1, NOW, TODAY)


REMINDED = ReminderPolicy(asks_before=frozenset({timedelta(days=5)}), asks_after=frozenset({timedelta(days=2)}))


async def _choices(cast: Cast) -> None:
    await escalations.save_committee_escalation(
        cast.coordinator, cast.committees["steering"], CommitteeDays(agency=2), NOW
    )
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    await preferences.save_usual_policy(cast.coordinator, REMINDED, NOW)
    await preferences.save_committee_policy(cast.coordinator, cast.committees["steering"], REMINDED, NOW)
    draft = DraftKey(form=DraftForm.SCHEDULE)
    await drafts.save_draft(cast.coordinator, draft, {"title": ["Core group"]}, NOW, tab=ids.new_id(), shown=None)
    await drafts.save_filter(cast.kcpd_detective, "calendar", "Steering", "kind=meeting", NOW)
    await form_options.save_template(cast.coordinator, "Core group", {"title": ["Core group"]}, None, NOW)
    days = date(2027, 1, 18), date(2027, 1, 22), "Range week"
    await availability.set_blackout(cast.fbi_lead, cast.agencies["FBI"], *days, NOW, TODAY)
    room = MeetingSiteFacts(
        name="USAO conference room", address="400 E 9th St", capacity=12, equipment="", is_open=True
    )
    await agencies.add_meeting_site(cast.coordinator, room, NOW, NOW)
    await availability.share_calendar(cast.fbi_lead, "https://outlook.example/calendar.ics", "tracker.example", NOW)
    claimed = await availability.claim_calendar(NOW)
    assert claimed
    busy = ReadSpan("a", CalendarSpan(JUST_THEN, JUST_THEN + timedelta(hours=1), BusyKind.BUSY))
    await availability.keep_spans(claimed, [busy], 0, kept_window(NOW, ZONE), NOW)


async def _in_an_emergency(token: str) -> None:
    """Open an operation under emergency access."""
    visit = await viewer_of_session(token, NOW)
    assert visit
    access = await emergency_access.begin_emergency_access(
        visit.viewer, visit.session_id, "The lead can’t be reached.", NOW, NOW
    )
    viewer = replace(visit.viewer, emergency=access)
    [first, *_] = await emergency_access.emergency_choices(viewer, NOW)
    await emergency_access.open_in_emergency(viewer, first.date.event_id, NOW)


async def _ways_in(cast: Cast) -> None:
    await issue_link(cast.kcpd_detective.member_id, NOW)
    await session_of(cast.coordinator, NOW)
    await _in_an_emergency(await session_of(cast.administrator, NOW))
    await subscriptions.create_subscription(cast.coordinator, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    drills = FeedLimit(committee_id=cast.committees["steering"], kind=EventKind.TRAINING)
    both = Alarms(minutes=15, all_day=AllDayAlarm.EVENING)
    await subscriptions.create_subscription(
        cast.fbi_lead, "", FeedScope.MINE, NOW, only=drills, alarms=both, shows_operations=False
    )
    await sessions.create_token(cast.fbi_lead, "Duty roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    await known_people.add_alias(cast.fbi_lead, "fbi.lead+cal@fbi.example", NOW)
    await credentials.renew_codes(cast.fbi_lead.member_id, NOW, by=BY_COMMAND)
    async with writing():
        await sign_in_attempts.count_failure(keys.token_hash("stranger"), None, NOW, UNKNOWN_ARRIVAL, what="password")


def rows_of(file: Path) -> dict[str, Rows]:
    """Return the rows in a file of SQLite, a table after those that it refers to; 0001 itself fills `deployment`."""
    tables = [
        table._meta.tablename for table in sort_table_classes(APP_CONFIG.table_classes) if table is not Deployment
    ]
    with closing(sqlite3.connect(file)) as raw:
        raw.row_factory = sqlite3.Row
        return {name: [dict(row) for row in raw.execute(f"SELECT * FROM {name}")] for name in tables}


def recorded(folder: Path) -> dict[str, Rows]:
    """Return the rows of a database that was made for this in a folder."""
    file = folder / "recorded.sqlite"
    asyncio.run(run_in_database(live, f"sqlite:///{file}"))
    return rows_of(file)


def record_rows() -> None:
    """Write the rows to the file that is named, one a line."""
    with TemporaryDirectory() as folder:
        tables = recorded(Path(folder))
    lines = {table: ",\n  ".join(json.dumps(row) for row in rows) for table, rows in tables.items()}
    Path(sys.argv[1]).write_text(
        "{\n" + ",\n".join(f' "{table}": [\n  {text}\n ]' for table, text in lines.items()) + "\n}\n"
    )


if __name__ == "__main__":
    record_rows()
