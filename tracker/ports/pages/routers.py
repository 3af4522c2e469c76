"""The pages by room: one router for each, with the handlers of its modules and their dependencies."""

from types import ModuleType

from litestar import Router
from litestar.di import Provide

from tracker.ports.http.routes import routes_in
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
from tracker.ports.pages.identity import (
    api_tokens,
    demo_sign_in,
    password_reset,
    reauthenticate,
    security_code,
    security_settings,
    session,
    session_settings,
    sign_in,
    sign_in_link,
)
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


def _room(*modules: ModuleType, **dependencies: Provide) -> Router:
    """Return the router for the handlers of some modules; `dependencies` are those of this room alone."""
    return Router("/", route_handlers=routes_in(*modules), dependencies={**DEPENDENCIES, **dependencies})


ROOMS = {
    "core": _room(saved_filters, drafts, static),
    "identity": _room(
        sign_in,
        security_code,
        sign_in_link,
        password_reset,
        reauthenticate,
        session,
        api_tokens,
        **of_identity.DEPENDENCIES,
    ),
    "roster": _room(
        people,
        account_access,
        person_edit,
        accounts,
        account_invitations,
        aliases,
        csv_import,
        agency_edit,
        committees,
        committee_edit,
        seats,
        sites,
        confidential_sites,
    ),
    "events": _room(
        schedule,
        schedule_people_pages,
        templates,
        event_page,
        occurrence_edit,
        event_edit,
        added_dates,
        cancellations,
        undo,
        recorded_replies,
        substitution,
        reply_link,
        calendar_import,
    ),
    "availability": _room(suggested_times, shared_calendar),
    "operations": _room(
        plan,
        supervisor,
        acknowledgments,
        officer,
        order,
        phases,
        brief,
        check_in,
        log,
        forms_on_paper,
        access,
        readiness,
        readiness_notice,
        after,
        after_actions,
        lessons,
        emergency,
    ),
    "attendance": _room(roll_call, printouts),
    "actions": _room(action_items, item_link),
    "polls": _room(new_poll, poll, closing, poll_nudges, poll_link),
    "intake": _room(undo_link, waiting_replies, waiting_emails, proposals),
    "calendars": _room(calendar, subscriptions),
    "emails": _room(
        messages,
        message,
        preferences,
        quiet_hours,
        usual_reminders,
        committee_reminders,
        committee_escalation,
        thanks,
        nudges,
        digest_link,
        **message.DEPENDENCIES,
    ),
    "reports": _room(reports),
    "audit": _room(audit, send_hold),
    "views": _room(
        home,
        search,
        people_found,
        agency_pages,
        blackout_days,
        offboarding,
        admin,
        settings,
        security_settings,
        session_settings,
        api_docs,
        guide,
        set_up,
        **of_identity.DEPENDENCIES,
        **admin.DEPENDENCIES,
    ),
}
DEMO = _room(demo_mail, demo_sign_in, **demo_mail.DEPENDENCIES, **of_identity.DEPENDENCIES)
"""The emails that a demo sent, and the people whom it offers; no other application has them."""
