"""What the facts of the audit log are called for people."""

from uuid import UUID

import pytest

from tracker.rules.audit.facts import facts_in_words, facts_with_names, ids_in_facts

SOMEBODY = UUID(int=7)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"fields": ["place", "starts", "starts_at", "video_link"]}, "Changed place, start and video"),
        ({"fields": ["expires_at"], "version": 3}, "Changed last day; Version 3"),
        ({"why": "Long leave"}, "Reason: Long leave"),
        ({"why": "reset"}, "Reason: reset"),
        ({"why": "left for agency_b on 2026-12-01"}, "Reason: left for agency_b on 2026-12-01"),
        ({"reply": "accepted", "date": None}, "Reply: yes"),
        ({"reply": "tentative", "date": "2027-01-16"}, "Reply: maybe; Date: Sat, Jan 16, 2027"),
        ({"for": "sign_in", "minutes": 30}, "For signing in; Valid for 30 minutes"),
        ({"minutes": 1440}, "Valid for 1 day"),
        ({"scopes": "events:read items:write"}, "Permissions: events:read and items:write"),
        ({"how": "new authenticator", "client": "192.0.2.7 Firefox"}, "By new authenticator"),
        (
            {"how": "code", "browser": "Mozilla/5.0 (Windows) Firefox/140"},
            "By security code; Browser: Firefox on Windows",
        ),
        ({"what": "password", "browser": "curl/8.5"}, "What: password; Browser: curl/8.5"),
        ({"kind": "joint_operation"}, "Kind: joint operation"),
        ({"present": 20, "unmarked": 1}, "Present: 20; Not marked: 1"),
        ({"scope": "all", "shows_operations": False}, "Shows: all; Restricted events: off"),
        (
            {"kind": "training", "alarm_minutes": 15, "all_day_alarm": "evening"},
            "Kind: training; Alert (minutes before an event): 15; Alert for all-day events: evening",
        ),
        ({"route": "POST /events/{event_id}/{key}/edit"}, "Sent a form to /events/…/…/edit"),
        (
            {"filter": {"about": "one subject", "what": "events", "from": "2026-12-01"}},
            "Searched for: about one subject, events entries, from Tue, Dec 1, 2026",
        ),
        ({"leads": "10080,1440,120", "asks_again": True}, "Reminders: 7 days, 1 day and 2 hours; Asks again: yes"),
        ({"asks_before": "7200,2880"}, "Follow-ups before the event: 5 days and 2 days"),
        (
            {"leads": "", "asks_before": "", "asks_after": "2880", "is_usual": False},
            (
                "Reminders: none; Follow-ups before the event: none; Follow-ups after the invitation: 2 days;"
                " Uses the task force’s reminders: no"
            ),
        ),
        (
            {"leads": "1440", "was_is_usual": True, "was_leads": "10080,1440"},
            "Reminders: 1 day; Previously used the task force’s reminders: yes; Previous reminders: 7 days and 1 day",
        ),
        ({"leads": None, "is_usual": True}, "Uses the task force’s reminders: yes"),
        ({"bytes": 2_345_678}, "Size: 2.3 MB"),
        ({"gained": ["coordinator"], "lost": []}, "Now also: coordinator"),
        ({"something_new": "x_y", "client": "192.0.2.7"}, "Something new: x y"),
        (
            {"date": "2027-02-30", "route": "odd", "leads": "odd", "bytes": "odd", "filter": "odd", "minutes": "odd"},
            "Date: 2027-02-30; odd; Reminders: odd; Size: odd; Searched for: ; Valid for odd",
        ),
        ({}, ""),
    ],
)
def test_facts_are_told_in_words(facts: dict[str, object], words: str) -> None:
    assert facts_in_words(facts) == words


def test_a_name_stands_where_the_id_of_what_has_one_stood() -> None:
    facts = {"to": str(SOMEBODY), "alternates": [str(SOMEBODY), str(UUID(int=8))], "copy": 2}
    assert ids_in_facts(facts) == {SOMEBODY, UUID(int=8)}
    told = facts_with_names(facts, {SOMEBODY: "Fbi lead (FBI)"})
    assert told == {"to": "Fbi lead (FBI)", "alternates": ["Fbi lead (FBI)", str(UUID(int=8))], "copy": 2}
    assert facts_in_words({"to": "Fbi lead (FBI)", "copy": 2}) == "To Fbi lead (FBI); Copy 2"
