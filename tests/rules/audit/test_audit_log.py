"""The audit log in words: verbs, facts, operations, and who may read which entries."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

import tracker
from tests.cast import NOW
from tracker.rules.audit.audit_log import (
    AuditLine,
    DeedEntries,
    facts_in_words,
    facts_with_names,
    ids_in_facts,
    whole_deeds,
)
from tracker.rules.audit.verbs import (
    LAW_ENFORCEMENT_ONLY,
    OPEN_SUBJECTS,
    AuditGroup,
    AuditSubject,
    AuditVerb,
    verb_words,
)
from tracker.rules.core.viewers import ON_SITE, Origin
from tracker.rules.operations.check_ins import Direction
from tracker.rules.operations.states import STATES, OperationState


def entry_of(verb: str, subject: str, title: str = "") -> AuditLine:
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
    assert DeedEntries(entries=[entry_of("scheduled", "event", "Core group")]).words == ("Scheduled Core group",)
    assert DeedEntries(entries=[entry_of("undone", "event", "Call")]).words == ("Undid a change to Call",)
    assert DeedEntries(entries=[entry_of("reminded", "occurrence", "Call")]).words == (
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
    assert DeedEntries(entries=[entry_of(verb, subject, "Call")]).words == (words,)


def test_entries_alike_are_counted_and_others_said_in_the_order_in_which_they_were_made() -> None:
    changed = entry_of("changed", "agency", "KCPD")
    moved = [entry_of("handed_over", "item", name) for name in ("A", "B")]
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
    assert DeedEntries(entries=[entry_of(verb, subject, "A"), entry_of(verb, subject, "B")]).words == (words,)


def test_entries_about_one_thing_are_counted_as_deeds_and_not_as_things() -> None:
    sites = [entry_of("site_added", "event", "Operation Bluestem")] * 2
    assert DeedEntries(entries=sites).words == ("Added a site to Operation Bluestem (2 times)",)


SOMEONE = UUID(int=7)


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
def test_facts_are_said_in_words(facts: dict[str, object], words: str) -> None:
    assert facts_in_words(facts) == words


def test_a_name_is_shown_in_place_of_an_id() -> None:
    facts = {"to": str(SOMEONE), "alternates": [str(SOMEONE), str(UUID(int=8))], "copy": 2}
    assert ids_in_facts(facts) == {SOMEONE, UUID(int=8)}
    reported = facts_with_names(facts, {SOMEONE: "Fbi lead (FBI)"})
    assert reported == {"to": "Fbi lead (FBI)", "alternates": ["Fbi lead (FBI)", str(UUID(int=8))], "copy": 2}
    assert facts_in_words({"to": "Fbi lead (FBI)", "copy": 2}) == "To Fbi lead (FBI); Copy 2"


def operation_entry(verb: str) -> AuditLine:
    """Return an entry about Operation Bluestem."""
    return AuditLine(
        seq=1,
        at=datetime(2026, 12, 15, tzinfo=UTC),
        actor_id=None,
        actor="Fbi lead (FBI)",
        origin=Origin("page", "198.51.100.7"),
        verb=verb,
        subject="event",
        subject_id="x",
        title="Operation Bluestem",
        facts={},
        is_open=True,
    )


@pytest.mark.parametrize("state", STATES)
def test_every_state_that_a_plan_can_reach_has_words_of_its_own(state: OperationState) -> None:
    assert AuditVerb.known(STATES[state].verb)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (OperationState.PLANNING, "Started planning Operation Bluestem"),
        (OperationState.SUBMITTED, "Submitted the plan of Operation Bluestem"),
        (OperationState.APPROVED, "Approved the plan of Operation Bluestem"),
        (OperationState.RELEASED, "Marked as released: Operation Bluestem"),
        (OperationState.STOOD_DOWN, "Stood down the operation: Operation Bluestem"),
    ],
)
def test_a_step_of_an_operation_reads_as_a_sentence(state: OperationState, sentence: str) -> None:
    assert operation_entry(STATES[state].verb).words_with_title == sentence


MODULES = sorted(Path(tracker.__file__).parent.rglob("*.py"))
COMPUTED = {"f'checked_{tap.button}'": {f"checked_{direction}" for direction in Direction}}
"""The only verb that a deed puts together, and its values."""


def _verbs_in(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what a module gives as a verb: to `record`, to its functions that take one, or as a variable of that name.

    Not the verbs of an event's history, which are an enumeration of their own.
    """
    places = {"record": 1, "record_read": 1, "record_reads": 1}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parameters = [argument for argument in node.args.args if argument.arg != "self"]
            types = {parameter.arg: ast.unparse(parameter.annotation or parameter) for parameter in parameters}
            if types.get("verb") == "str":
                places[node.name] = list(types).index("verb")
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called), args=args, keywords=keywords):
                yield from args[places[called] : places[called] + 1] if called in places else ()
                yield from (keyword.value for keyword in keywords if keyword.arg == "verb")
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id="verb"), *_])], value=ast.Tuple(elts=[verb, *_])):
                yield verb
            case ast.Assign(targets=[ast.Name(id="verb" | "VERBS" | "_VERBS")], value=value):
                yield value


def _texts_in(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from [*_texts_in(body), *_texts_in(other)]
        case ast.Dict(values=values):
            yield from (text for verb in values for text in _texts_in(verb))
        case ast.JoinedStr():
            yield from COMPUTED.get(ast.unparse(value), {ast.unparse(value)})


def test_deeds_record_only_verbs_that_are_declared() -> None:
    values = [value for path in MODULES for value in _verbs_in(ast.parse(path.read_text()))]
    recorded = {text for value in values for text in _texts_in(value)}
    assert len(recorded) > 150
    assert recorded - set(AuditVerb) == set()


def test_a_verb_is_its_own_word_without_others() -> None:
    assert (AuditVerb.COMPARISONS_LIMITED.label, AuditVerb.HIDDEN.label) == ("Comparisons limited", "Hid")
    assert (verb_words("hidden"), verb_words("handed_over")) == ("Hid", "Handed over")


def test_a_failed_sign_in_is_found_among_denied_requests_and_among_sign_ins() -> None:
    assert AuditVerb.SIGN_IN_FAILED.groups == {AuditGroup.DENIED, AuditGroup.ACCOUNTS}


def test_what_is_recorded_on_site_leads_only_law_enforcement_to_the_operation() -> None:
    assert {AuditVerb.CHECKED_IN, AuditVerb.LOG_ENTRY_ADDED, AuditVerb.CONFLICT_DECIDED} < LAW_ENFORCEMENT_ONLY
    assert AuditVerb.SITE_ADDED not in LAW_ENFORCEMENT_ONLY


def test_a_subject_is_hidden_unless_it_is_declared_to_reveal_no_event() -> None:
    assert AuditSubject.MEMBER in OPEN_SUBJECTS
    assert {AuditSubject.EVENT, AuditSubject.CONFIDENTIAL_SITE, AuditSubject.ITEM} & OPEN_SUBJECTS == set()
