"""The verbs of the audit log: what is declared of them, and that deeds record no others."""

import ast
from collections.abc import Iterator
from pathlib import Path

import tracker
from tracker.rules.audit.verbs import (
    LAW_ENFORCEMENT_ONLY,
    OPEN_SUBJECTS,
    AuditGroup,
    AuditSubject,
    AuditVerb,
    verb_words,
)
from tracker.rules.operations.check_ins import Direction

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
