"""Who will be reminded of an action item, and when, if nothing changes: computed when viewed, never stored."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from tracker.rules.actions.action_items import ActionItem, may_update
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails.escalation import A_WEEK, Escalation, escalate, hearing
from tracker.rules.emails.item_days import first_morning, span_of
from tracker.rules.emails.missed_rungs import Planned, without_missed
from tracker.rules.events.plan import Person
from tracker.tables.background.emails import due
from tracker.usecases.emails.day_emails import day_emails
from tracker.usecases.emails.escalations import all_escalations
from tracker.usecases.emails.ladder import ladder_of, open_items
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.roster.people import people_by_id

SHOWN = 5  # days
AHEAD = timedelta(days=SHOWN * A_WEEK)
"""How long after today, or the due day, the next days with reminders can be: there is one every week."""


@dataclass(frozen=True, kw_only=True)
class Coming:
    """A day, in the task force's zone, on which people are reminded of an item; by agency and name."""

    day: date
    people: tuple[Person, ...]


async def coming_reminders(
    viewer: Viewer, item: ActionItem, now: datetime, zone: str, usual: Escalation
) -> list[Coming]:
    """Return the next days with reminders of an item that the viewer sees; none unless they may update it."""
    if not (item.is_open and may_update(viewer, item)):
        return []
    found = await _by_day(item, now, zone, usual)
    days = sorted(found)[:SHOWN]
    known = await people_by_id({one for day in days for one in found[day]})
    return [Coming(day=day, people=tuple(sorted((known[one] for one in found[day]), key=_by_agency))) for day in days]


async def _by_day(item: ActionItem, now: datetime, zone: str, usual: Escalation) -> dict[date, set[UUID]]:
    wishes, escalations = await everyones_wishes(), await all_escalations(usual)
    items = await open_items(await due.items_by_id([item.id]), zone)
    mutes = [one for one in wishes.of_member if wishes.of_items(one) is None]
    ladder = await ladder_of(items, mutes, now)
    today = to_local(now, zone).date()
    emails = await day_emails(now) if any(one.escalated for one in items) else []
    planned = Planned(emails=emails, wishes=wishes, zone=zone, until=now)
    found: dict[date, set[UUID]] = {}
    for one in (without_missed(item, ladder, planned) for item in items):
        days = span_of(today, max(today, one.due) + AHEAD)
        later = escalate(one, [day for day in days if first_morning(day, zone, None)[1] > now], escalations, ladder)
        for day in days:
            for member_id in hearing(later, day, ladder):
                sent, at = first_morning(day, zone, wishes.quiet_of(member_id))
                if at > now:
                    found.setdefault(sent, set()).add(member_id)
    return found


def _by_agency(one: Person) -> tuple[str, str, str]:
    return one.agency, one.name, str(one.id)
