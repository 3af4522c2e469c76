"""The audit log by deed: which entries are one row, and the sentence of the row."""

import pytest

from tests.cast import NOW
from tracker.rules.audit.audit_log import AuditLine, DeedEntries, whole_deeds
from tracker.rules.core.viewers import ON_SITE


def entry(verb: str, subject: str, title: str = "") -> AuditLine:
    return AuditLine(
        seq=1,
        at=NOW,
        actor_id=None,
        actor="System",
        origin=ON_SITE,
        verb=verb,
        subject=subject,
        subject_id=title,
        title=title,
        facts={},
        is_open=True,
    )


@pytest.mark.parametrize(
    ("rows", "most", "has_more", "deeds"),
    [
        ("", 5, False, []),
        ("aabc", 5, False, ["aa", "b", "c"]),
        ("aaba", 5, False, ["aa", "b", "a"]),
        ("aabc", 2, False, ["aa", "b"]),
        ("aabc", 5, True, ["aa", "b"]),
        ("aaa", 5, True, ["aaa"]),
    ],
)
def test_rows_that_follow_each_other_with_one_key_are_one_deed_and_one_that_is_cut_is_left_for_the_next_page(
    rows: str, most: int, has_more: bool, deeds: list[str]
) -> None:
    assert ["".join(one) for one in whole_deeds(rows, rows, most, has_more=has_more)] == deeds


def test_a_deed_of_one_entry_is_said_as_the_entry_is() -> None:
    assert DeedEntries(entries=[entry("scheduled", "event", "Core group")]).words == ("Scheduled Core group",)
    assert DeedEntries(entries=[entry("undone", "event", "Call")]).words == ("Undid a change to Call",)
    assert DeedEntries(entries=[entry("reminded", "occurrence", "Call")]).words == (
        "Sent reminders for a date of Call",
    )


@pytest.mark.parametrize(
    ("verb", "subject", "words"),
    [
        ("replied", "invitation", "Replied to an invitation to Call"),
        ("shared", "shared_calendar", "Started sharing a calendar Call"),
        ("date_added", "event", "Added a date to Call"),
        ("ended", "event", "Canceled the following dates of Call"),
    ],
)
def test_what_was_done_reads_as_a_sentence(verb: str, subject: str, words: str) -> None:
    assert DeedEntries(entries=[entry(verb, subject, "Call")]).words == (words,)


def test_entries_alike_are_counted_and_others_said_in_the_order_in_which_they_were_made() -> None:
    changed = entry("changed", "agency", "KCPD")
    moved = [entry("handed_over", "item", name) for name in ("A", "B")]
    assert DeedEntries(entries=[*moved, changed]).words == ("Changed agency KCPD", "Handed over 2 action items")


@pytest.mark.parametrize(
    ("verb", "subject", "words"),
    [
        ("invited", "member", "Emailed an invitation to 2 members"),
        ("changed", "agency", "Changed 2 agencies"),
        ("audit_exported", "audit", "Exported the audit log (2 entries)"),
        ("changed", "preference", "Changed reminder settings (2 entries)"),
    ],
)
def test_several_entries_alike_have_one_sentence(verb: str, subject: str, words: str) -> None:
    assert DeedEntries(entries=[entry(verb, subject, "A"), entry(verb, subject, "B")]).words == (words,)


def test_entries_about_one_thing_are_counted_as_deeds_and_not_as_things() -> None:
    sites = [entry("site_added", "event", "Operation Bluestem")] * 2
    assert DeedEntries(entries=sites).words == ("Added a site to Operation Bluestem (2 times)",)
