"""The reminders in the form of an event: its choices, what is read from it, and the texts of a known policy."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.events.event import Event
from tracker.rules.roster.reminder_policies import (
    ASKS_AFTER_OFFERED,
    ASKS_OFFERED,
    OFFERED,
    ReminderPolicy,
    minutes_of,
    policy_in,
    time_choices,
)
from tracker.usecases.events.form_options import Choices

OWN, USUALLY = "own", "usual"
FIELDS = ("reminders", "leads", "asks_before", "asks_after", "sends_thanks")


def read_reminders(
    form: FormValues, offered: Choices, event: Event | None, committee_id: UUID | None
) -> ReminderPolicy:
    """Return the reminders that a form asks for; without a choice, those of the event or of its committee."""
    if form["reminders"] == OWN:
        return policy_of_form(form)
    if event is not None:
        return event.reminders
    return offered.policies.get(committee_id, offered.usual_policy) if committee_id else offered.usual_policy


def policy_of_form(form: FormValues) -> ReminderPolicy:
    """Return the reminders that the fields of a form describe."""
    days = form.all("asks_before"), form.all("asks_after")
    return policy_in(form.all("leads"), *days, sends_thanks=bool(form["sends_thanks"]))


def texts_of(policy: ReminderPolicy) -> dict[str, Sequence[str]]:
    """Return the texts of the fields that describe a policy."""
    return {
        "reminders": (OWN,),
        "leads": tuple(minutes_of(one) for one in OFFERED if one in policy.leads),
        "asks_before": tuple(minutes_of(one) for one in ASKS_OFFERED if one in policy.asks_before),
        "asks_after": tuple(minutes_of(one) for one in ASKS_AFTER_OFFERED if one in policy.asks_after),
        "sends_thanks": ("yes",) if policy.sends_thanks else (),
    }


def usual_texts(usual: ReminderPolicy) -> dict[str, Sequence[str]]:
    """Return the texts of a form that asks for the usual reminders."""
    return {**texts_of(usual), "reminders": (USUALLY,)}


def offered_times() -> dict[str, Any]:
    """Return the times that the fields of a policy offer."""
    return {
        "offered_leads": time_choices(OFFERED),
        "offered_asks": time_choices(ASKS_OFFERED, "before the event"),
        "offered_asks_after": time_choices(ASKS_AFTER_OFFERED, "after the invitation"),
    }


def shown(offered: Choices) -> dict[str, Any]:
    """Return what the form offers: lead times, and the usual reminders in words, by committee."""
    return {
        **offered_times(),
        "usual_reminders": [
            *(
                (one.name, offered.policies[one.id].words)
                for one in offered.own_committees
                if one.id in offered.policies
            ),
            ("Other events" if offered.policies else "", offered.usual_policy.words),
        ],
    }
