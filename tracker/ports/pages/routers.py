"""The pages by room: one router for each, with the handlers of its modules and their dependencies."""

from types import ModuleType

from litestar import Router
from litestar.di import Provide

from tracker.ports.http.guards import routes_in
from tracker.ports.pages.actions import action_items, item_link
from tracker.ports.pages.attendance import roll_call
from tracker.ports.pages.audit import audit_log, send_hold
from tracker.ports.pages.availability import shared_calendars as shared_calendar
from tracker.ports.pages.availability import suggested_times
from tracker.ports.pages.calendars import calendars, subscriptions
from tracker.ports.pages.core import drafts, saved_filters, static
from tracker.ports.pages.core.dependencies import DEPENDENCIES
from tracker.ports.pages.emails import committee_reminders as usual_reminders
from tracker.ports.pages.emails import demo_emails as demo_mail
from tracker.ports.pages.emails import escalations as committee_escalation
from tracker.ports.pages.emails import messages, nudges, preferences
from tracker.ports.pages.emails import thank_yous as thanks
from tracker.ports.pages.events import calendar_import, cancellations, event_edit, templates, undo
from tracker.ports.pages.events import occurrences as occurrence_edit
from tracker.ports.pages.events import replies as substitution
from tracker.ports.pages.events import scheduling as schedule
from tracker.ports.pages.identity import api_tokens, demo_sign_in, one_time_links, security_settings, sessions, sign_in
from tracker.ports.pages.identity import sign_in_forms as of_identity
from tracker.ports.pages.intake import email_undo, proposals, waiting_emails
from tracker.ports.pages.operations import (
    access,
    activity_log,
    after_actions,
    approvals,
    briefs,
    check_ins,
    deconfliction,
    emergency_access,
    orders,
    plans,
    readiness,
)
from tracker.ports.pages.polls import new_poll, poll_closing, polls
from tracker.ports.pages.reports import reports
from tracker.ports.pages.roster import (
    account_invitations,
    accounts,
    agencies,
    aliases,
    committees,
    confidential_sites,
    csv_import,
    people,
    sites,
)
from tracker.ports.pages.views import (
    admin,
    agency_pages,
    api_docs,
    blackout_days,
    event_page,
    guide,
    home,
    offboarding,
    search,
    settings,
)


def _room(*modules: ModuleType, **dependencies: Provide) -> Router:
    """Return the router for the handlers of some modules; `dependencies` are those of this room alone."""
    return Router("/", route_handlers=routes_in(*modules), dependencies={**DEPENDENCIES, **dependencies})


ROOMS = {
    "core": _room(saved_filters, drafts, static),
    "identity": _room(sign_in, one_time_links, sessions, api_tokens, **of_identity.DEPENDENCIES),
    "roster": _room(
        people, accounts, account_invitations, aliases, csv_import, agencies, committees, sites, confidential_sites
    ),
    "events": _room(
        schedule, templates, occurrence_edit, event_edit, cancellations, undo, substitution, calendar_import
    ),
    "availability": _room(suggested_times, shared_calendar),
    "operations": _room(
        plans,
        approvals,
        deconfliction,
        orders,
        briefs,
        check_ins,
        activity_log,
        access,
        readiness,
        after_actions,
        emergency_access,
    ),
    "attendance": _room(roll_call),
    "actions": _room(action_items, item_link),
    "polls": _room(new_poll, polls, poll_closing),
    "intake": _room(email_undo, waiting_emails, proposals),
    "calendars": _room(calendars, subscriptions),
    "emails": _room(
        messages, preferences, usual_reminders, committee_escalation, thanks, nudges, **messages.DEPENDENCIES
    ),
    "reports": _room(reports),
    "audit": _room(audit_log, send_hold),
    "views": _room(
        home,
        event_page,
        search,
        agency_pages,
        blackout_days,
        offboarding,
        admin,
        settings,
        security_settings,
        api_docs,
        guide,
        **of_identity.DEPENDENCIES,
        **admin.DEPENDENCIES,
    ),
}
DEMO = _room(demo_mail, demo_sign_in, **demo_mail.DEPENDENCIES, **of_identity.DEPENDENCIES)
"""The emails that a demo sent, and the people whom it offers; no other application has them."""
