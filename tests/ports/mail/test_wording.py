"""The words of emails: every email has its files, whatever the values, and nothing in them breaks out of its line."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import Any, get_type_hints

import pytest
from jinja2 import Environment, meta
from jinja2.exceptions import UndefinedError
from msgspec.structs import asdict, fields, replace

from tests.ports.mail.making import NOW, email_of
from tracker.config.installation import folder
from tracker.ports.mail.wording import button_label, fill_in_email, read_email, word_environment
from tracker.rules.core.email_declarations import EMAILS
from tracker.rules.core.message_types import AccountChange, AnswerOutcome, EmailedEntry
from tracker.rules.emails.emails import LONGEST_PREVIEW, LONGEST_SUBJECT, ButtonName, Fact, FactName, Footer
from tracker.rules.emails.template_values import DateAddedEmail, EmailValues, ItemAnsweredEmail, OwnReply, SignpostEmail

LONG = "Quarterly review of the interagency response protocol for labor trafficking in hospitality"
REPLIES = (
    OwnReply(),
    OwnReply(kept="Yes"),
    OwnReply(kept="No", sends="Fbi alternate (FBI)"),
    OwnReply(is_missing=True),
    OwnReply(comes_for="Fbi lead (FBI)"),
)
ALWAYS = {"title": "Core group", "near": "In 7 days"}
REQUIRED = {DateAddedEmail: {"day": "Tue, Mar 2"}}
WORDS = folder("templates") / "emails"
FILES = ("subject.txt", "preview.txt", "body.txt")


def values_below(shape: type[EmailValues]) -> Iterator[type[EmailValues]]:
    """Yield the values of every email, but those that only name their folder, and those that others extend."""
    for below in shape.__subclasses__():
        if below is not SignpostEmail:
            yield from values_below(below) if below.__subclasses__() else (below,)


VALUES = tuple(values_below(EmailValues))


def folder_of(says: type[EmailValues]) -> str:
    return str(says.__struct_config__.tag)


def values_of(kind: Any, text: str) -> tuple[object, ...]:
    """Return values of a field that make a difference: with text and without, true and false, each of a list."""
    if kind is str:
        return text, ""
    if kind is bool:
        return True, False
    if kind is int:
        return 0, 1, 3
    if kind is OwnReply:
        return REPLIES
    assert issubclass(kind, StrEnum)
    return tuple(kind)


def values_of_each(says: type[EmailValues], text: str = "Tue, Jan 12") -> Iterator[EmailValues]:
    """Yield an email with each combination of values; what is always there has its text."""
    hints = get_type_hints(says)
    names = [one.name for one in fields(says)]
    fixed = ALWAYS | REQUIRED.get(says, {})
    choices = [(fixed[name],) if name in fixed else values_of(hints[name], text) for name in names]
    for chosen in product(*choices):
        yield says(**dict(zip(names, chosen, strict=True)))


@pytest.mark.parametrize("says", VALUES, ids=lambda one: one.__name__)
def test_an_email_has_words_whatever_its_values(says: type[EmailValues]) -> None:
    for value in values_of_each(says):
        for is_discreet in (False, True):
            made = fill_in_email(email_of(says=value, is_discreet=is_discreet))
            assert made.heading
            assert "." not in made.heading
            assert made.subject
            assert made.preview or asdict(value)["reply"] == OwnReply()  # which no one is sent
            texts = (made.subject, made.preview, made.heading, *made.paragraphs)
            assert not [text for text in texts if "  " in text or " ," in text or ".P" in text or ".Y" in text]


@pytest.mark.parametrize("says", VALUES, ids=lambda one: one.__name__)
def test_a_subject_with_a_long_title_and_a_preview_fit_a_phone(says: type[EmailValues]) -> None:
    if "title" in {one.name for one in fields(says)}:
        for value in values_of_each(says):
            made = fill_in_email(email_of(says=replace(value, title=LONG)))
            assert len(made.subject) <= LONGEST_SUBJECT
            assert "…" in made.subject
    for value in values_of_each(says, LONG):
        assert len(fill_in_email(email_of(says=value)).preview) <= LONGEST_PREVIEW


def test_every_email_has_its_files_and_every_file_its_email() -> None:
    folders = {folder_of(says) for says in VALUES} | {declared.folder for declared in EMAILS.values()} - {""}
    own = {path for path in WORDS.iterdir() if path.is_dir() and path.name not in ("shared", "pages")}
    assert {path.name for path in own} == folders
    assert all({file.name for file in path.iterdir()} == set(FILES) for path in own)


def test_every_email_that_only_declares_its_words_has_them() -> None:
    for declared in EMAILS.values():
        if declared.folder:
            assert fill_in_email(email_of(says=SignpostEmail(signpost=declared.folder))).heading


def test_every_shared_file_is_used() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in WORDS.rglob("*.txt"))
    included = {path.name for path in (WORDS / "shared").iterdir() if f'"emails/shared/{path.name}"' in texts}
    by_port = {"time-only.txt", "footer.txt", "facts.txt", "buttons.txt"}
    assert {path.name for path in (WORDS / "shared").iterdir()} == included | by_port


def test_a_template_uses_no_value_that_its_email_does_not_have() -> None:
    for says in VALUES:
        known = {one.name for one in fields(says)} | {"is_discreet", "reads_replies", "reads_words", "questions_to"}
        for file in FILES:
            assert values_used(word_environment(), f"emails/{folder_of(says)}/{file}") <= known, (says, file)


def values_used(jinja: Environment, file: str) -> set[str]:
    """Return the values that a template and what it includes ask for."""
    assert jinja.loader is not None
    tree = jinja.parse(jinja.loader.get_source(jinja, file)[0])
    inside = [values_used(jinja, one) for one in meta.find_referenced_templates(tree) if one]
    return meta.find_undeclared_variables(tree).union(*inside)


def test_a_value_that_is_not_there_is_an_error_and_no_gap() -> None:
    with pytest.raises(UndefinedError):
        word_environment().from_string("{{ nothing }}").render()


def test_a_tag_alone_in_its_line_leaves_no_line_and_another_one_keeps_its_end() -> None:
    source = "Heading{% if x %} of {{ x }}{% endif %}\n\n{# why #}\n{% if x %}\nFirst.\n{% endif %}\n\nSecond.\n"
    assert word_environment().from_string(source).render(x="X") == "Heading of X\n\nFirst.\n\nSecond.\n"


def test_a_value_with_lines_and_controls_stays_in_its_line() -> None:
    hostile = "Title\r\n\r\nA paragraph\u2028Bcc: evil@x.example =?utf-8?q?x?="
    line = word_environment().from_string("{{ title }}").render(title=hostile)
    assert line == "Title A paragraph Bcc: evil@x.example = ?utf-8?q?x?="


@pytest.mark.parametrize("name", FactName)
def test_every_row_of_facts_has_a_label_and_words(name: FactName) -> None:
    value = AccountChange.ADDRESS.value if name is FactName.ACCOUNT_CHANGE else "Value"
    [(label, words_of)] = fill_in_email(email_of(facts=(Fact(name=name, value=value),))).facts
    assert label
    assert words_of


@pytest.mark.parametrize("change", AccountChange)
def test_every_change_of_an_account_has_words(change: AccountChange) -> None:
    [(_, said)] = fill_in_email(email_of(facts=(Fact(name=FactName.ACCOUNT_CHANGE, value=change),))).facts
    assert len(said.split()) > 1


def test_an_email_says_until_when_what_it_changed_of_an_item_can_be_undone() -> None:
    answered = ItemAnsweredEmail(
        reference="AI-TWX4", due="Fri, Dec 4", outcome=AnswerOutcome.RECORDED, status="done", is_whole=True
    )
    status, note = (fill_in_email(email_of(says=one)) for one in (answered, replace(answered, status="")))
    undo = "If that's not what you meant, choose Undo."
    assert undo in note.paragraphs
    assert f"{undo} It works until someone changes the item's status or reassigns the item." in status.paragraphs


def test_a_place_that_there_is_none_of_is_said() -> None:
    assert fill_in_email(email_of(facts=(Fact(name=FactName.NOW_AT),))).facts == (("Now at", "No location"),)


@pytest.mark.parametrize("name", ButtonName)
def test_every_button_has_a_label(name: ButtonName) -> None:
    assert button_label(name)


@pytest.mark.parametrize("footer", Footer)
def test_every_footer_has_words(footer: Footer) -> None:
    assert fill_in_email(email_of(footer=footer)).footer.endswith(".")


def test_an_email_of_times_alone_says_nothing_of_its_own_text() -> None:
    made = fill_in_email(email_of(is_discreet=True, is_time_only=True))
    assert (made.heading, made.paragraphs) == ("You're invited", ("Sign in to see the details.",))


def test_an_email_on_a_page_has_its_words_and_the_labels_of_its_buttons_without_their_links() -> None:
    email = read_email(email_of())
    assert email.words.subject.startswith("Invitation: Core group")
    assert email.buttons[0] == "Reply yes"
    assert "http" not in str(email)


def test_an_email_that_takes_an_entry_out_of_the_calendar_says_that_it_changes_it() -> None:
    entry = EmailedEntry(uid="1@tracker.example", sequence=1, at=NOW)
    assert not read_email(email_of()).has_calendar
    assert read_email(email_of(calendar=entry)).has_calendar
