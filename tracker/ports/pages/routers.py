"""The pages by room: one router for each, with the handlers of its modules and their dependencies."""

from types import ModuleType

from litestar import Router
from litestar.di import Provide

from tracker.ports.http.guards import routes_in
from tracker.ports.pages import attendance, audit, availability, intake
from tracker.ports.pages.actions import action_items, item_forms
from tracker.ports.pages.calendars import calendars, subscriptions
from tracker.ports.pages.core import drafts, templating
from tracker.ports.pages.core.dependencies import DEPENDENCIES
from tracker.ports.pages.emails import demo_emails, emails, messages
from tracker.ports.pages.events import date_pages, event_edit, occurrences, scheduling
from tracker.ports.pages.identity import demo_sign_in, security_settings, sign_in
from tracker.ports.pages.operations import after_actions, check_ins, need_to_know, orders, plans
from tracker.ports.pages.operations import sites as plan_sites
from tracker.ports.pages.polls import new_polls, outcomes, polls
from tracker.ports.pages.reports import reports
from tracker.ports.pages.roster import accounts, committees, people, sites
from tracker.ports.pages.views import agency_pages, api_docs, event_page, home


def _room(*modules: ModuleType, **dependencies: Provide) -> Router:
    """Return the router for the handlers of some modules; `dependencies` are those of this room alone."""
    return Router("/", route_handlers=routes_in(*modules), dependencies={**DEPENDENCIES, **dependencies})


ROOMS = {
    "core": _room(drafts, templating),
    "identity": _room(sign_in, **sign_in.DEPENDENCIES),
    "roster": _room(people, accounts, committees, sites),
    "events": _room(scheduling, occurrences, event_edit, date_pages),
    "availability": _room(availability),
    "operations": _room(plans, plan_sites, orders, need_to_know, check_ins, after_actions),
    "attendance": _room(attendance),
    "actions": _room(action_items, item_forms),
    "polls": _room(polls, new_polls, outcomes),
    "intake": _room(intake),
    "calendars": _room(calendars, subscriptions),
    "emails": _room(messages, emails, **messages.DEPENDENCIES),
    "reports": _room(reports),
    "audit": _room(audit),
    "views": _room(
        home, event_page, agency_pages, security_settings, api_docs, **sign_in.DEPENDENCIES, **home.DEPENDENCIES
    ),
}
DEMO = _room(demo_emails, demo_sign_in, **demo_emails.DEPENDENCIES, **sign_in.DEPENDENCIES)
"""The emails that a demo sent, and the people whom it offers; no other application has them."""
