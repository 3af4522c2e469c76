"""Reminder policies: the lead times that are offered, how a form describes a policy, and how it is said."""

from datetime import timedelta

import pytest

from tracker.errors import Invalid
from tracker.rules.roster.quorum import (
    OFFERED,
    USUAL,
    USUAL_POLICY,
    ReminderPolicy,
    check_leads,
    lead_words,
    leads_words,
    policy_in,
)

DAY = timedelta(days=1)


@pytest.mark.parametrize("leads", [[], [timedelta(hours=5)]])
def test_lead_times_are_some_of_those_offered(leads: list[timedelta]) -> None:
    with pytest.raises(Invalid):
        check_leads(leads)


def test_lead_times_are_said_as_people_say_them() -> None:
    assert [lead_words(one) for one in OFFERED] == ["7 days", "3 days", "1 day", "2 hours", "30 minutes"]
    assert leads_words(USUAL) == "7 days, 1 day, and 2 hours before"
    assert leads_words([DAY]) == "1 day before"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (USUAL_POLICY, "Reminders go out 7 days, 1 day, and 2 hours before."),
        (ReminderPolicy(leads=frozenset()), "No reminders."),
        (
            ReminderPolicy(leads=frozenset({DAY}), asks_before=frozenset({timedelta(days=5), timedelta(days=2)})),
            "Reminders go out 1 day before. We follow up 5 days and 2 days before with people who haven’t replied.",
        ),
        (
            ReminderPolicy(leads=frozenset({DAY}), asks_after=frozenset({2 * DAY, 5 * DAY, 7 * DAY})),
            (
                "Reminders go out 1 day before."
                " We follow up 2 days, 5 days, and 7 days after the invitation with people who haven’t replied."
            ),
        ),
        (
            ReminderPolicy(leads=frozenset({DAY}), asks_before=frozenset({2 * DAY}), asks_after=frozenset({5 * DAY})),
            (
                "Reminders go out 1 day before. We follow up 5 days after the invitation, and 2 days before the event,"
                " with people who haven’t replied."
            ),
        ),
        (
            ReminderPolicy(leads=frozenset(), sends_thanks=True),
            "No reminders. People who were there get a thank-you after attendance is closed.",
        ),
    ],
)
def test_a_policy_is_said_in_a_sentence_or_two(policy: ReminderPolicy, words: str) -> None:
    assert policy.words == words


def test_a_form_describes_a_policy_by_minutes_and_others_are_ignored() -> None:
    chosen = policy_in(["1440", "7", "odd"], ["14400", "1440"], sends_thanks=True)
    assert chosen == ReminderPolicy(leads=frozenset({DAY}), asks_before=frozenset({10 * DAY}), sends_thanks=True)
    assert policy_in([]) == ReminderPolicy(leads=frozenset())
