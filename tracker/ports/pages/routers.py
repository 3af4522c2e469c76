"""The pages by room: one router for each, with the handlers of its modules and their dependencies."""

from collections.abc import Sequence
from typing import Any

from litestar import Router
from litestar.di import Provide

from tracker.ports.pages.actions import action_items, item_link
from tracker.ports.pages.attendance import printouts, roll_call
from tracker.ports.pages.audit import audit, send_hold
from tracker.ports.pages.availability import shared_calendar, suggested_times
from tracker.ports.pages.calendars import calendar, subscriptions
from tracker.ports.pages.core import drafts, saved_filters, static
from tracker.ports.pages.core.dependencies import DEPENDENCIES
from tracker.ports.pages.emails import (
    committee_escalation,
    committee_reminders,
    demo_mail,
    digest_link,
    message,
    messages,
    nudges,
    preferences,
    quiet_hours,
    thanks,
    usual_reminders,
)
from tracker.ports.pages.events import (
    added_dates,
    calendar_import,
    cancellations,
    event_edit,
    event_page,
    occurrence_edit,
    recorded_replies,
    reply_link,
    schedule,
    schedule_people_pages,
    substitution,
    templates,
    undo,
)
from tracker.ports.pages.identity import api_tokens, demo_sign_in, session, sign_in
from tracker.ports.pages.identity import dependencies as of_identity
from tracker.ports.pages.intake import proposals, undo_link, waiting_emails, waiting_replies
from tracker.ports.pages.operations import (
    access,
    acknowledgments,
    after,
    after_actions,
    brief,
    check_in,
    emergency,
    forms_on_paper,
    lessons,
    log,
    officer,
    order,
    phases,
    plan,
    readiness,
    readiness_notice,
    supervisor,
)
from tracker.ports.pages.polls import closing, new_poll, poll, poll_link
from tracker.ports.pages.polls import nudges as poll_nudges
from tracker.ports.pages.reports import reports
from tracker.ports.pages.roster import (
    account_access,
    account_invitations,
    accounts,
    agency_edit,
    aliases,
    committee_edit,
    committees,
    confidential_sites,
    csv_import,
    people,
    person_edit,
    seats,
    sites,
)
from tracker.ports.pages.views import (
    admin,
    agency_pages,
    api_docs,
    blackout_days,
    guide,
    home,
    offboarding,
    people_found,
    search,
    set_up,
    settings,
)


def _room(*modules: Sequence[Any], **dependencies: Provide) -> Router:
    """Return the router for the handlers of some modules; `dependencies` are those of this room alone."""
    handlers = [handler for module in modules for handler in module]
    return Router("/", route_handlers=handlers, dependencies={**DEPENDENCIES, **dependencies})


ROOMS = {
    "core": _room(saved_filters.handlers, drafts.handlers, static.handlers),
    "identity": _room(sign_in.handlers, session.handlers, api_tokens.handlers, **of_identity.DEPENDENCIES),
    "roster": _room(
        people.handlers,
        account_access.handlers,
        person_edit.handlers,
        accounts.handlers,
        account_invitations.handlers,
        aliases.handlers,
        csv_import.handlers,
        agency_edit.handlers,
        committees.handlers,
        committee_edit.handlers,
        seats.handlers,
        sites.handlers,
        confidential_sites.handlers,
    ),
    "events": _room(
        schedule.handlers,
        schedule_people_pages.handlers,
        templates.handlers,
        event_page.handlers,
        occurrence_edit.handlers,
        event_edit.handlers,
        added_dates.handlers,
        cancellations.handlers,
        undo.handlers,
        recorded_replies.handlers,
        substitution.handlers,
        reply_link.handlers,
        calendar_import.handlers,
    ),
    "availability": _room(suggested_times.handlers, shared_calendar.handlers),
    "operations": _room(
        plan.handlers,
        supervisor.handlers,
        acknowledgments.handlers,
        officer.handlers,
        order.handlers,
        phases.handlers,
        brief.handlers,
        check_in.handlers,
        log.handlers,
        forms_on_paper.handlers,
        access.handlers,
        readiness.handlers,
        readiness_notice.handlers,
        after.handlers,
        after_actions.handlers,
        lessons.handlers,
        emergency.handlers,
    ),
    "attendance": _room(roll_call.handlers, printouts.handlers),
    "actions": _room(action_items.handlers, item_link.handlers),
    "polls": _room(new_poll.handlers, poll.handlers, closing.handlers, poll_nudges.handlers, poll_link.handlers),
    "intake": _room(undo_link.handlers, waiting_replies.handlers, waiting_emails.handlers, proposals.handlers),
    "calendars": _room(calendar.handlers, subscriptions.handlers),
    "emails": _room(
        messages.handlers,
        message.handlers,
        preferences.handlers,
        quiet_hours.handlers,
        usual_reminders.handlers,
        committee_reminders.handlers,
        committee_escalation.handlers,
        thanks.handlers,
        nudges.handlers,
        digest_link.handlers,
        **message.DEPENDENCIES,
    ),
    "reports": _room(reports.handlers),
    "audit": _room(audit.handlers, send_hold.handlers),
    "views": _room(
        home.handlers,
        search.handlers,
        people_found.handlers,
        agency_pages.handlers,
        blackout_days.handlers,
        offboarding.handlers,
        admin.handlers,
        settings.handlers,
        api_docs.handlers,
        guide.handlers,
        set_up.handlers,
        **of_identity.DEPENDENCIES,
        **admin.DEPENDENCIES,
    ),
}
DEMO = _room(demo_mail.handlers, demo_sign_in.handlers, **demo_mail.DEPENDENCIES, **of_identity.DEPENDENCIES)
"""The emails that a demo sent, and the people whom it offers; no other application has them."""
