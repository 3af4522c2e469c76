"""Who gets which email when an event changes, and what a cancellation covers.

The preview and the change itself use the same rule. Messages keep hashes of earlier details (title, video link, agenda
and notes), because they only compare them: no earlier agenda is in the outbox.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import KnownBefore
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import local, plural, short_day
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import Event, EventStatus, Occurrence, when_fields, where_fields
from tracker.rules.events.kept_dates import own_texts
from tracker.rules.events.plans import Plan, Slot
from tracker.rules.events.replies import AttendeeRole

InvitedRoles = Mapping[UUID, AttendeeRole]
"""Members who are invited, and their roles; the organizer is chair."""
NO_ONE: frozenset[UUID] = frozenset()
NO_EMAIL_TO_ANYONE = "No one will get an email."


class Notify(StrEnum):
    """Whom a change notifies of the people who stay invited; those who join or leave are notified in any case."""

    CHANGES = "changes"
    """Everyone, when the time or the place changes; the usual choice."""
    ALL = "all"
    """Everyone, whatever changes."""
    NO_ONE = "no_one"
    """No one, even when the time or the place changes; calendars that subscribe show it."""


class Recipients(Struct, frozen=True, kw_only=True):
    """Members by the email that they get; a member may get two, when one series ends and another one continues."""

    withdrawal: frozenset[UUID] = NO_ONE
    cancellation: frozenset[UUID] = NO_ONE
    update: frozenset[UUID] = NO_ONE
    invitation: frozenset[UUID] = NO_ONE
    substitute: frozenset[UUID] = NO_ONE
    """People who come in another's place to a date that has moved to another series."""
    ending: frozenset[UUID] = NO_ONE
    """People whose update says that the upcoming dates are canceled and that nothing continues them."""
    leaving: frozenset[UUID] = NO_ONE
    """People whose update says that the upcoming dates continue without them."""

    @property
    def people(self) -> frozenset[UUID]:
        """Return everyone who gets an email, each once."""
        return self.withdrawal | self.cancellation | self.update | self.invitation | self.substitute

    @property
    def emails(self) -> frozenset[tuple[MessageKind, UUID]]:
        """Return each email as its kind and its recipient."""
        kinds = (
            (MessageKind.WITHDRAWAL, self.withdrawal),
            (MessageKind.CANCELLATION, self.cancellation),
            (MessageKind.UPDATE, self.update),
            (MessageKind.INVITATION, self.invitation),
            (MessageKind.SUBSTITUTE, self.substitute),
        )
        return frozenset((kind, member_id) for kind, members in kinds for member_id in members)

    @property
    def words(self) -> str:
        """Return it in words: "1 person will get an update.", for example."""
        both = self.update & self.invitation
        notified = (
            (self.withdrawal | self.leaving, "be removed from the list and notified"),
            (self.cancellation, "get an email that it’s canceled"),
            (self.ending, "get an email that these dates are canceled"),
            (self.update - both - self.ending - self.leaving, "get an update"),
            (both, "get two emails: one ends the earlier series in their calendars, one continues it"),
            (self.invitation - both, "get an invitation"),
            (self.substitute, "be asked again to come as a substitute"),
        )
        parts = [f"{plural(len(members), 'person', 'people')} will {what}" for members, what in notified if members]
        return f"{'; '.join(parts)}." if parts else NO_EMAIL_TO_ANYONE


def silence_facts(notify: Notify) -> dict[str, bool]:
    """Return what the audit log records of a change about which people who stay invited got no email by choice."""
    return {"silent": True} if notify is Notify.NO_ONE else {}


def words_if_silent(number: int, plan: Plan, shown: Plan) -> str:
    """Return what it means that a change emails none of `number` people; "" when it moves neither time nor place.

    `shown` is the plan as its form showed it.
    """
    is_moved = (when_fields(plan), plan.rrule) != (when_fields(shown), shown.rrule)
    return _silent_words(number, is_moved=is_moved, is_elsewhere=where_fields(plan) != where_fields(shown))


def words_if_date_silent(number: int, occurrence: Occurrence, slot: Slot, place: str) -> str:
    """Return what it means that a change of one date emails none of `number` people; "" as in `words_if_silent`."""
    is_moved = (occurrence.starts_at, occurrence.ends_at) != slot
    return _silent_words(number, is_moved=is_moved, is_elsewhere=occurrence.place != place)


def _silent_words(number: int, *, is_moved: bool, is_elsewhere: bool) -> str:
    changed = [word for word, is_new in (("time", is_moved), ("place", is_elsewhere)) if is_new]
    if not number or not changed:
        return ""
    people = plural(number, "person", "people")
    return f"{people} won’t get an email that the {' and '.join(changed)} changed. Subscribed calendars will show it."


def notified_of_new(plan: Plan, lead_id: UUID, now: datetime) -> frozenset[UUID]:
    """Return who gets an invitation to a new event: everyone on its list but the organizer.

    No one gets one to a draft, or to what is over.
    """
    if plan.status is EventStatus.DRAFT or plan_rules.is_plan_over(plan, now):
        return NO_ONE
    return frozenset(plan.invitees) - {lead_id}


def notified_of_change(
    event: Event, plan: Plan, invited: InvitedRoles, now: datetime, *, splits: bool, notify: Notify
) -> Recipients:
    """Return who is notified when an event, to which `invited` are invited so far, becomes what the plan says.

    Everyone who stays on the list is notified of a new time, rule or place, of a tentative event that is confirmed, and
    of an event that becomes one for named people; of other changes, or of none of these, as `notify` says. That an
    event becomes one for named people is never silent, because that email takes it out of their calendars. People who
    leave a draft's list are not notified, because they never heard of it. When all dates of the plan are over, only
    people who leave the list are notified, or everyone whose calendars it leaves.
    """
    wanted = {**plan.invitees, event.lead_id: AttendeeRole.CHAIR}
    if plan.status is EventStatus.DRAFT:
        return Recipients()
    if event.status is EventStatus.DRAFT:
        return Recipients(invitation=notified_of_new(plan, event.lead_id, now))
    gone, added = frozenset(invited) - frozenset(wanted), frozenset(wanted) - frozenset(invited)
    if plan_rules.is_plan_over(plan, now) and not closes_to_named(event, plan):
        return Recipients(withdrawal=gone)
    is_silent = notify is Notify.NO_ONE and not closes_to_named(event, plan)
    if splits:
        invitation = notified_of_new(plan, event.lead_id, now)
        stays = everyone_asked(invited) - gone
        return Recipients(
            withdrawal=gone,
            update=NO_ONE if is_silent else stays,
            invitation=invitation - stays if is_silent else invitation,
        )
    is_elsewhere = plan_rules.moves_event(plan, event) or plan_rules.goes_elsewhere(plan, event)
    is_confirmed = event.status is EventStatus.TENTATIVE and plan.status is EventStatus.CONFIRMED
    is_for_all = notify is Notify.ALL or is_elsewhere or is_confirmed or closes_to_named(event, plan)
    update = everyone_asked(wanted) - added if is_for_all and not is_silent else NO_ONE
    invitation = NO_ONE if event.status is EventStatus.CANCELED else added - {event.lead_id}
    return Recipients(withdrawal=gone, update=update, invitation=invitation)


def notified_of_date(
    occurrence: Occurrence, slot: Slot, place: str, invited: InvitedRoles, now: datetime, *, notify: Notify
) -> Recipients:
    """Return who is notified when one date gets this slot and place, or when anything else about it changes.

    No one is when the date is over then.
    """
    if slot[1] <= now:
        return Recipients()
    stays = (occurrence.starts_at, occurrence.ends_at, occurrence.place) == (*slot, place)
    is_silent = notify is Notify.NO_ONE or (stays and notify is not Notify.ALL)
    return Recipients() if is_silent else Recipients(update=notified_of_all(occurrence.event, invited))


def notified_of_all(event: Event, invited: InvitedRoles) -> frozenset[UUID]:
    """Return who is notified of something that concerns everyone, such as a cancellation; for a draft, no one."""
    return NO_ONE if event.status is EventStatus.DRAFT else everyone_asked(invited)


def known_before_date(occurrence: Occurrence) -> KnownBefore:
    """Return what people know of a date before it changes."""
    return KnownBefore(
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        place=occurrence.place,
        was_tentative=occurrence.event.status is EventStatus.TENTATIVE,
        details=detail_hashes(occurrence.event, own_texts(occurrence)),
    )


def notified_of_cancellation(
    event: Event, dates: Iterable[Occurrence], invited: InvitedRoles, now: datetime
) -> frozenset[UUID]:
    """Return who is notified that these dates are canceled or restored: no one when all of them are over."""
    return notified_of_all(event, invited) if any(occurrence.ends_at > now for occurrence in dates) else NO_ONE


def closes_to_named(event: Event, plan: Plan) -> bool:
    """Return whether an event that calendars may show by name becomes one for named people."""
    return plan.visibility is Visibility.NAMED and not event.is_restricted and event.status is not EventStatus.DRAFT


def everyone_asked(invited: InvitedRoles) -> frozenset[UUID]:
    """Return everyone on the list but the organizer, who is never notified."""
    return frozenset(member_id for member_id, role in invited.items() if role is not AttendeeRole.CHAIR)


HASH_LENGTH = 16  # characters of a hash


def detail_hashes(event: Event, texts: Mapping[str, str]) -> dict[str, str]:
    """Return a hash of each detail by its field; `texts` are the title and agenda of the event or its date."""
    shown = {
        "title": texts["title"],
        "video_link": event.video_link,
        "agenda": texts["agenda"],
        "description": event.description,
    }
    return {name: hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH] for name, text in shown.items()}


def changed_details(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the fields whose earlier hash is known and is not the present one, in the order of `now`."""
    return [name for name, text in now.items() if name in before and before[name] != text]


ASKS_RECORD_CHOICE = "Attendance of this date is closed. Choose whether its record stays in reports."


class CancellationScope(StrEnum):
    """Which dates of an event are canceled."""

    ONE = "one"
    FOLLOWING = "following"
    """A date and those after it."""
    ALL = "all"


class RecordChoice(StrEnum):
    """What becomes of closed attendance when its date is canceled."""

    KEEP = "keep"
    """The date counts as held in reports."""
    REMOVE = "remove"
    """It didn't take place; reports count it as canceled."""


def dates_canceled_by(
    dates: Iterable[Occurrence], scope: CancellationScope, first: Occurrence, now: datetime
) -> tuple[Occurrence, ...]:
    """Return the dates that a cancellation calls off; `first` is the date from which it was asked for.

    Of a series, those that are canceled already or over are not among them.
    """
    if scope is CancellationScope.ONE or not first.event.is_series:
        return (first,)
    ahead = (occurrence for occurrence in dates if occurrence.is_ahead(now))
    if scope is CancellationScope.FOLLOWING:
        ahead = (occurrence for occurrence in ahead if occurrence.original_start >= first.original_start)
    return tuple(ahead)


def cancellation_words(event: Event, scope: CancellationScope, number: int) -> str:
    """Return what a cancellation of that many dates does, such as "Cancel 4 dates"."""
    if event.status is EventStatus.DRAFT and scope is CancellationScope.ALL:
        return "Discard this draft"
    if not event.is_series:
        return "Cancel this event"
    if scope is CancellationScope.ONE:
        return "Cancel this date"
    return (
        f"Cancel all {number} dates"
        if scope is CancellationScope.ALL and number > 1
        else f"Cancel {plural(number, 'date')}"
    )


def canceled_words(
    event: Event, scope: CancellationScope, dates: Sequence[Occurrence], kept: RecordChoice | None
) -> str:
    """Return what canceling these dates did, such as "Canceled 4 dates, starting Tue, Jan 19.".

    `kept` is what became of closed attendance.
    """
    if event.is_series and scope is not CancellationScope.ONE:
        canceled = f"Canceled {plural(len(dates), 'date')}"
        if scope is CancellationScope.ALL or not dates:
            return f"{canceled}."
        first = short_day(local(dates[0].starts_at, event.zone))
        return f"{canceled}, starting {first}." if len(dates) > 1 else f"{canceled}: {first}."
    of_record = {
        RecordChoice.KEEP: "Its attendance stays in reports.",
        RecordChoice.REMOVE: "It is removed from reports.",
    }
    return f"Canceled. {of_record[kept]}" if kept else "Canceled."


def is_on_record(date: Occurrence) -> bool:
    """Return whether canceling the date calls a record in question: it was held, and its attendance is closed."""
    return date.attendance_closed_at is not None and not date.is_off


def check_record_choice(date: Occurrence, record: RecordChoice | None) -> None:
    """Refuse to cancel a date with closed attendance silently. Errors: Invalid(record=…)."""
    if is_on_record(date) and record is None:
        raise Invalid(record=ASKS_RECORD_CHOICE)
