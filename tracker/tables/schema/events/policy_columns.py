"""Reminder policies as columns of events and committees, with the conversion in both directions."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from tracker.rules.roster.reminder_policies import LEAD_TIMES, ReminderPolicy, minutes_of

POLICY = "e.reminder_leads, e.ask_leads, e.ask_after, e.sends_thanks"
"""What `policy_of` reads of event `e`."""
BETWEEN = ","


@cache
def leads_of(text: str) -> frozenset[timedelta]:
    """Return the lead times in a column: "10080,120", in minutes."""
    return frozenset(timedelta(minutes=int(one)) for one in text.split(BETWEEN) if one)


def text_of(leads: Iterable[timedelta]) -> str:
    """Return lead times as a column holds them, longest first."""
    return BETWEEN.join(minutes_of(one) for one in sorted(leads, reverse=True))


USUAL_LEADS = text_of(LEAD_TIMES)


def policy_of(row: Mapping[str, Any]) -> ReminderPolicy:
    """Return the policy in a row of `POLICY`."""
    return ReminderPolicy(
        leads=leads_of(row["reminder_leads"]),
        asks_before=leads_of(row["ask_leads"]),
        asks_after=leads_of(row["ask_after"]),
        sends_thanks=bool(row["sends_thanks"]),
    )


def columns_of(policy: ReminderPolicy) -> dict[str, Any]:
    """Return the columns of an event for its policy."""
    return {
        "reminder_leads": text_of(policy.leads),
        "ask_leads": text_of(policy.asks_before),
        "ask_after": text_of(policy.asks_after),
        "sends_thanks": policy.sends_thanks,
    }
