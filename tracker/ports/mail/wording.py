"""From an email's values to its words: which files hold them, how they are read, and what they say.

On a page, people read an email with the labels of its buttons, and without the addresses behind them: its links are
signed for its recipient, and anyone who has one acts as that person. So no address is made here.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.ext import Extension
from msgspec.structs import asdict

from tracker.config.paths import folder
from tracker.rules.core.wording import plural
from tracker.rules.emails.emails import (
    LONGEST_PREVIEW,
    LONGEST_SUBJECT,
    ButtonName,
    CalendarPart,
    Email,
    Facts,
    Footer,
    fit_title,
    one_line,
    shorten,
)
from tracker.rules.emails.event_values import (
    CanceledEmail,
    ChangedEmail,
    ConfirmationNudgeEmail,
    DateAddedEmail,
    InvitationAnsweredEmail,
    InvitationEmail,
    ProposalDeclinedEmail,
    ReminderEmail,
    RemovedEmail,
    RemovedFromSeriesEmail,
    RemovedUnseenEmail,
    ReplyNudgeEmail,
    RestoredEmail,
    SeriesChangedEmail,
    SeriesContinuedEmail,
    SeriesEndedEmail,
    SubstituteDeclinedEmail,
    SubstituteEmail,
)
from tracker.rules.emails.template_values import (
    AccountChangedEmail,
    AccountInvitationEmail,
    AccountLockedEmail,
    AddressAddedEmail,
    AddressCheckEmail,
    AuditLogAlteredEmail,
    CheckOutMissingEmail,
    ComparisonsReportedEmail,
    ConflictChangedEmail,
    ConflictEndedEmail,
    ConflictFoundEmail,
    DecisionMadeEmail,
    DecisionNeededEmail,
    DigestEmail,
    EmailTestEmail,
    EmailValues,
    EmergencyAccessEmail,
    ItemAnsweredEmail,
    ItemAssignedEmail,
    ItemBlockedEmail,
    ItemDueEmail,
    ItemNotedEmail,
    ItemOverdueEmail,
    ItemRestrictedEmail,
    ItemsOfDayEmail,
    ItemWithdrawnEmail,
    PollCanceledEmail,
    PollNudgeEmail,
    PollOpenedEmail,
    ReadinessEmail,
    RestrictedEmail,
    ThankYouEmail,
)

REMEMBERED = 512  # emails; one about an event goes to many people in the same words
TITLE = "title"
"""The one value that is cut where a subject would be too long."""
_BETWEEN = re.compile(r"\n\s*\n")


class WrittenEmail(NamedTuple):
    """The words of one email."""

    subject: str
    preview: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    footer: str


def fill_in_email(letter: Email, *, reads_replies: bool = False, questions_to: str = "") -> WrittenEmail:
    """Return the words of an email. Subject and preview fit their limits, and each text is one line.

    `reads_replies`: whether the site reads what calendar programs and people reply; `questions_to` is the address of
    the coordinator.
    """
    about = _EmailTraits(
        is_discreet=letter.is_discreet,
        is_time_only=letter.is_time_only,
        has_request=_has_request(letter),
        reads_replies=reads_replies and letter.invitation_id is not None,
        reads_words=reads_replies and letter.reads is not None,
        questions_to=questions_to,
    )
    return _fill_in(letter.says, letter.facts, letter.footer, about)


class _EmailTraits(NamedTuple):
    """What every template may ask about its email."""

    is_discreet: bool
    is_time_only: bool
    has_request: bool
    """Whether calendar programs may show their own reply buttons for it."""
    reads_replies: bool
    reads_words: bool
    questions_to: str


@lru_cache(REMEMBERED)
def _fill_in(says: EmailValues, facts: Facts, footer: Footer, about: _EmailTraits) -> WrittenEmail:
    files, beside = FILES[type(says)], about._asdict()
    values = {**asdict(says), **beside}
    heading, *paragraphs = _blocks(_rendered(files.body, values))
    if about.is_time_only:
        paragraphs = _blocks(_rendered(TIME_ONLY, beside))
    return WrittenEmail(
        subject=_subject(files.subject, values),
        preview=shorten(one_line(_rendered(files.preview, values)), LONGEST_PREVIEW),
        heading=heading,
        facts=tuple(
            (_exported_by(FACTS)["labels"][fact.name], one_line(_exported_by(FACTS)["value"](fact))) for fact in facts
        ),
        paragraphs=tuple(paragraphs),
        footer=one_line(_rendered(FOOTER, {**beside, "footer": footer})),
    )


def button_label(name: ButtonName, of: str = "") -> str:
    """Return the label of a button or link: "Update AI-7QK4" for one of several."""
    label: str = _exported_by(BUTTONS)["labels"][name]
    return f"{label} {of}" if of else label


def _subject(file: str, values: Mapping[str, Any]) -> str:
    """Return the subject, with as much of the title as fits beside its other words."""
    whole = one_line(_rendered(file, values))
    if TITLE not in values or len(whole) <= LONGEST_SUBJECT:
        return whole
    beside = len(whole) - len(one_line(values[TITLE]))
    return one_line(_rendered(file, {**values, TITLE: fit_title(values[TITLE], beside)}))


@cache
def _exported_by(file: str) -> dict[str, Any]:
    """Return the lists and macros that a template exports for others."""
    return vars(word_environment().get_template(file).module)


def _has_request(letter: Email) -> bool:
    return isinstance(letter.calendar, CalendarPart) and not letter.calendar.is_cancel


def _rendered(file: str, values: Mapping[str, Any]) -> str:
    return word_environment().get_template(file).render(values)


def _blocks(text: str) -> list[str]:
    return [one_line(block) for block in _BETWEEN.split(text) if block.strip()]


class EmailOnPage(NamedTuple):
    """The words of one email; empty texts where it has none."""

    to: str
    words: WrittenEmail
    buttons: tuple[str, ...]
    banner: str
    indicator: str
    has_calendar: bool
    """Whether it changes the recipient's calendar."""


def read_email(letter: Email, *, reads_replies: bool = False, questions_to: str = "") -> EmailOnPage:
    """Return an email without its links; the arguments are those of `fill_in_email`."""
    return EmailOnPage(
        to=letter.to,
        words=fill_in_email(letter, reads_replies=reads_replies, questions_to=questions_to),
        buttons=tuple(button_label(button.name, button.of) for button in (*letter.buttons, *letter.more)),
        banner=letter.banner,
        indicator=one_line(letter.indicator),
        has_calendar=letter.calendar is not None,
    )


class EmailFiles(NamedTuple):
    """The three files of an email; all are plain text, and the HTML is made of the same words."""

    subject: str
    preview: str
    body: str
    """A heading, an empty line, and paragraphs with an empty line between them."""


FILES: Mapping[type[EmailValues], EmailFiles] = {
    InvitationEmail: EmailFiles(
        "emails/invitation/subject.txt", "emails/invitation/preview.txt", "emails/invitation/body.txt"
    ),
    ChangedEmail: EmailFiles("emails/changed/subject.txt", "emails/changed/preview.txt", "emails/changed/body.txt"),
    SeriesChangedEmail: EmailFiles(
        "emails/series_changed/subject.txt", "emails/series_changed/preview.txt", "emails/series_changed/body.txt"
    ),
    RestoredEmail: EmailFiles("emails/restored/subject.txt", "emails/restored/preview.txt", "emails/restored/body.txt"),
    DateAddedEmail: EmailFiles(
        "emails/date_added/subject.txt", "emails/date_added/preview.txt", "emails/date_added/body.txt"
    ),
    CanceledEmail: EmailFiles("emails/canceled/subject.txt", "emails/canceled/preview.txt", "emails/canceled/body.txt"),
    RemovedEmail: EmailFiles("emails/removed/subject.txt", "emails/removed/preview.txt", "emails/removed/body.txt"),
    RemovedUnseenEmail: EmailFiles(
        "emails/removed_unseen/subject.txt", "emails/removed_unseen/preview.txt", "emails/removed_unseen/body.txt"
    ),
    SeriesEndedEmail: EmailFiles(
        "emails/series_ended/subject.txt", "emails/series_ended/preview.txt", "emails/series_ended/body.txt"
    ),
    RemovedFromSeriesEmail: EmailFiles(
        "emails/removed_from_series/subject.txt",
        "emails/removed_from_series/preview.txt",
        "emails/removed_from_series/body.txt",
    ),
    SeriesContinuedEmail: EmailFiles(
        "emails/series_continued/subject.txt", "emails/series_continued/preview.txt", "emails/series_continued/body.txt"
    ),
    SubstituteEmail: EmailFiles(
        "emails/substitute/subject.txt", "emails/substitute/preview.txt", "emails/substitute/body.txt"
    ),
    SubstituteDeclinedEmail: EmailFiles(
        "emails/substitute_declined/subject.txt",
        "emails/substitute_declined/preview.txt",
        "emails/substitute_declined/body.txt",
    ),
    ReminderEmail: EmailFiles("emails/reminder/subject.txt", "emails/reminder/preview.txt", "emails/reminder/body.txt"),
    InvitationAnsweredEmail: EmailFiles(
        "emails/invitation_answered/subject.txt",
        "emails/invitation_answered/preview.txt",
        "emails/invitation_answered/body.txt",
    ),
    ProposalDeclinedEmail: EmailFiles(
        "emails/proposal_declined/subject.txt",
        "emails/proposal_declined/preview.txt",
        "emails/proposal_declined/body.txt",
    ),
    ReplyNudgeEmail: EmailFiles(
        "emails/reply_nudge/subject.txt", "emails/reply_nudge/preview.txt", "emails/reply_nudge/body.txt"
    ),
    ConfirmationNudgeEmail: EmailFiles(
        "emails/confirmation_nudge/subject.txt",
        "emails/confirmation_nudge/preview.txt",
        "emails/confirmation_nudge/body.txt",
    ),
    RestrictedEmail: EmailFiles(
        "emails/restricted/subject.txt", "emails/restricted/preview.txt", "emails/restricted/body.txt"
    ),
    ThankYouEmail: EmailFiles(
        "emails/thank_you/subject.txt", "emails/thank_you/preview.txt", "emails/thank_you/body.txt"
    ),
    ItemAssignedEmail: EmailFiles(
        "emails/item_assigned/subject.txt", "emails/item_assigned/preview.txt", "emails/item_assigned/body.txt"
    ),
    ItemWithdrawnEmail: EmailFiles(
        "emails/item_withdrawn/subject.txt", "emails/item_withdrawn/preview.txt", "emails/item_withdrawn/body.txt"
    ),
    ItemBlockedEmail: EmailFiles(
        "emails/item_blocked/subject.txt", "emails/item_blocked/preview.txt", "emails/item_blocked/body.txt"
    ),
    ItemNotedEmail: EmailFiles(
        "emails/item_noted/subject.txt", "emails/item_noted/preview.txt", "emails/item_noted/body.txt"
    ),
    ItemAnsweredEmail: EmailFiles(
        "emails/item_answered/subject.txt", "emails/item_answered/preview.txt", "emails/item_answered/body.txt"
    ),
    ItemDueEmail: EmailFiles("emails/item_due/subject.txt", "emails/item_due/preview.txt", "emails/item_due/body.txt"),
    ItemOverdueEmail: EmailFiles(
        "emails/item_overdue/subject.txt", "emails/item_overdue/preview.txt", "emails/item_overdue/body.txt"
    ),
    ItemRestrictedEmail: EmailFiles(
        "emails/item_restricted/subject.txt", "emails/item_restricted/preview.txt", "emails/item_restricted/body.txt"
    ),
    ItemsOfDayEmail: EmailFiles(
        "emails/items_of_day/subject.txt", "emails/items_of_day/preview.txt", "emails/items_of_day/body.txt"
    ),
    DigestEmail: EmailFiles("emails/digest/subject.txt", "emails/digest/preview.txt", "emails/digest/body.txt"),
    AccountInvitationEmail: EmailFiles(
        "emails/account_invitation/subject.txt",
        "emails/account_invitation/preview.txt",
        "emails/account_invitation/body.txt",
    ),
    AccountLockedEmail: EmailFiles(
        "emails/account_locked/subject.txt", "emails/account_locked/preview.txt", "emails/account_locked/body.txt"
    ),
    AccountChangedEmail: EmailFiles(
        "emails/account_changed/subject.txt", "emails/account_changed/preview.txt", "emails/account_changed/body.txt"
    ),
    AddressCheckEmail: EmailFiles(
        "emails/address_check/subject.txt", "emails/address_check/preview.txt", "emails/address_check/body.txt"
    ),
    AddressAddedEmail: EmailFiles(
        "emails/address_added/subject.txt", "emails/address_added/preview.txt", "emails/address_added/body.txt"
    ),
    EmailTestEmail: EmailFiles(
        "emails/email_test/subject.txt", "emails/email_test/preview.txt", "emails/email_test/body.txt"
    ),
    CheckOutMissingEmail: EmailFiles(
        "emails/check_out_missing/subject.txt",
        "emails/check_out_missing/preview.txt",
        "emails/check_out_missing/body.txt",
    ),
    ConflictFoundEmail: EmailFiles(
        "emails/conflict_found/subject.txt", "emails/conflict_found/preview.txt", "emails/conflict_found/body.txt"
    ),
    ComparisonsReportedEmail: EmailFiles(
        "emails/comparisons_reported/subject.txt",
        "emails/comparisons_reported/preview.txt",
        "emails/comparisons_reported/body.txt",
    ),
    EmergencyAccessEmail: EmailFiles(
        "emails/emergency_access/subject.txt", "emails/emergency_access/preview.txt", "emails/emergency_access/body.txt"
    ),
    DecisionNeededEmail: EmailFiles(
        "emails/decision_needed/subject.txt", "emails/decision_needed/preview.txt", "emails/decision_needed/body.txt"
    ),
    DecisionMadeEmail: EmailFiles(
        "emails/decision_made/subject.txt", "emails/decision_made/preview.txt", "emails/decision_made/body.txt"
    ),
    ConflictEndedEmail: EmailFiles(
        "emails/conflict_ended/subject.txt", "emails/conflict_ended/preview.txt", "emails/conflict_ended/body.txt"
    ),
    ConflictChangedEmail: EmailFiles(
        "emails/conflict_changed/subject.txt", "emails/conflict_changed/preview.txt", "emails/conflict_changed/body.txt"
    ),
    ReadinessEmail: EmailFiles(
        "emails/readiness/subject.txt", "emails/readiness/preview.txt", "emails/readiness/body.txt"
    ),
    PollOpenedEmail: EmailFiles(
        "emails/poll_opened/subject.txt", "emails/poll_opened/preview.txt", "emails/poll_opened/body.txt"
    ),
    PollNudgeEmail: EmailFiles(
        "emails/poll_nudge/subject.txt", "emails/poll_nudge/preview.txt", "emails/poll_nudge/body.txt"
    ),
    PollCanceledEmail: EmailFiles(
        "emails/poll_canceled/subject.txt", "emails/poll_canceled/preview.txt", "emails/poll_canceled/body.txt"
    ),
    AuditLogAlteredEmail: EmailFiles(
        "emails/audit_log_altered/subject.txt",
        "emails/audit_log_altered/preview.txt",
        "emails/audit_log_altered/body.txt",
    ),
}
TIME_ONLY = "emails/shared/time-only.txt"
FOOTER = "emails/shared/footer.txt"
FACTS = "emails/shared/facts.txt"
BUTTONS = "emails/shared/buttons.txt"
_TAG_LINE = re.compile(r"^[ \t]*((?:\{%(?:(?!%\}).)*%\}|\{#(?:(?!#\}).)*#\})+)[ \t]*\n", re.MULTILINE | re.DOTALL)


class TagLines(Extension):
    """Removes the line end of a line that holds only tags; a tag inside a line does not change the line end."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's
        """Remove the ends of lines that hold only tags."""
        return _TAG_LINE.sub(r"\1", source)


@cache
def word_environment() -> Environment:
    """Return the environment for words: every value that goes into them becomes one line, safe in a header."""
    jinja = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        finalize=_one_line,
        extensions=[TagLines],
        keep_trailing_newline=True,
        auto_reload=False,
    )
    jinja.globals.clear()  # no email asks for any, and each render copies them
    jinja.filters.update(plural=plural, counted=_counted)
    return jinja


def _one_line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _counted(count: int, one: str, many: str | None = None) -> str:
    """Return "3 events", or an empty text for 0."""
    return plural(count, one, many) if count else ""
