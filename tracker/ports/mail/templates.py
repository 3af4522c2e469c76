"""Which files hold the words of each email, and how they are read."""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.ext import Extension

from tracker.config.paths import folder
from tracker.rules.core.wording import plural
from tracker.rules.emails.content import one_line
from tracker.rules.emails.contexts import (
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
    Says,
    ThankYouEmail,
)
from tracker.rules.emails.event_contexts import (
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


class Files(NamedTuple):
    """The three files of an email; all are plain text, and the HTML is made of the same words."""

    subject: str
    preview: str
    body: str
    """A heading, an empty line, and paragraphs with an empty line between them."""


FILES: Mapping[type[Says], Files] = {
    InvitationEmail: Files(
        "emails/invitation/subject.txt", "emails/invitation/preview.txt", "emails/invitation/body.txt"
    ),
    ChangedEmail: Files("emails/changed/subject.txt", "emails/changed/preview.txt", "emails/changed/body.txt"),
    SeriesChangedEmail: Files(
        "emails/series_changed/subject.txt", "emails/series_changed/preview.txt", "emails/series_changed/body.txt"
    ),
    RestoredEmail: Files("emails/restored/subject.txt", "emails/restored/preview.txt", "emails/restored/body.txt"),
    DateAddedEmail: Files(
        "emails/date_added/subject.txt", "emails/date_added/preview.txt", "emails/date_added/body.txt"
    ),
    CanceledEmail: Files("emails/canceled/subject.txt", "emails/canceled/preview.txt", "emails/canceled/body.txt"),
    RemovedEmail: Files("emails/removed/subject.txt", "emails/removed/preview.txt", "emails/removed/body.txt"),
    RemovedUnseenEmail: Files(
        "emails/removed_unseen/subject.txt", "emails/removed_unseen/preview.txt", "emails/removed_unseen/body.txt"
    ),
    SeriesEndedEmail: Files(
        "emails/series_ended/subject.txt", "emails/series_ended/preview.txt", "emails/series_ended/body.txt"
    ),
    RemovedFromSeriesEmail: Files(
        "emails/removed_from_series/subject.txt",
        "emails/removed_from_series/preview.txt",
        "emails/removed_from_series/body.txt",
    ),
    SeriesContinuedEmail: Files(
        "emails/series_continued/subject.txt", "emails/series_continued/preview.txt", "emails/series_continued/body.txt"
    ),
    SubstituteEmail: Files(
        "emails/substitute/subject.txt", "emails/substitute/preview.txt", "emails/substitute/body.txt"
    ),
    SubstituteDeclinedEmail: Files(
        "emails/substitute_declined/subject.txt",
        "emails/substitute_declined/preview.txt",
        "emails/substitute_declined/body.txt",
    ),
    ReminderEmail: Files("emails/reminder/subject.txt", "emails/reminder/preview.txt", "emails/reminder/body.txt"),
    InvitationAnsweredEmail: Files(
        "emails/invitation_answered/subject.txt",
        "emails/invitation_answered/preview.txt",
        "emails/invitation_answered/body.txt",
    ),
    ProposalDeclinedEmail: Files(
        "emails/proposal_declined/subject.txt",
        "emails/proposal_declined/preview.txt",
        "emails/proposal_declined/body.txt",
    ),
    ReplyNudgeEmail: Files(
        "emails/reply_nudge/subject.txt", "emails/reply_nudge/preview.txt", "emails/reply_nudge/body.txt"
    ),
    ConfirmationNudgeEmail: Files(
        "emails/confirmation_nudge/subject.txt",
        "emails/confirmation_nudge/preview.txt",
        "emails/confirmation_nudge/body.txt",
    ),
    RestrictedEmail: Files(
        "emails/restricted/subject.txt", "emails/restricted/preview.txt", "emails/restricted/body.txt"
    ),
    ThankYouEmail: Files("emails/thank_you/subject.txt", "emails/thank_you/preview.txt", "emails/thank_you/body.txt"),
    ItemAssignedEmail: Files(
        "emails/item_assigned/subject.txt", "emails/item_assigned/preview.txt", "emails/item_assigned/body.txt"
    ),
    ItemWithdrawnEmail: Files(
        "emails/item_withdrawn/subject.txt", "emails/item_withdrawn/preview.txt", "emails/item_withdrawn/body.txt"
    ),
    ItemBlockedEmail: Files(
        "emails/item_blocked/subject.txt", "emails/item_blocked/preview.txt", "emails/item_blocked/body.txt"
    ),
    ItemNotedEmail: Files(
        "emails/item_noted/subject.txt", "emails/item_noted/preview.txt", "emails/item_noted/body.txt"
    ),
    ItemAnsweredEmail: Files(
        "emails/item_answered/subject.txt", "emails/item_answered/preview.txt", "emails/item_answered/body.txt"
    ),
    ItemDueEmail: Files("emails/item_due/subject.txt", "emails/item_due/preview.txt", "emails/item_due/body.txt"),
    ItemOverdueEmail: Files(
        "emails/item_overdue/subject.txt", "emails/item_overdue/preview.txt", "emails/item_overdue/body.txt"
    ),
    ItemRestrictedEmail: Files(
        "emails/item_restricted/subject.txt", "emails/item_restricted/preview.txt", "emails/item_restricted/body.txt"
    ),
    ItemsOfDayEmail: Files(
        "emails/items_of_day/subject.txt", "emails/items_of_day/preview.txt", "emails/items_of_day/body.txt"
    ),
    DigestEmail: Files("emails/digest/subject.txt", "emails/digest/preview.txt", "emails/digest/body.txt"),
    AccountInvitationEmail: Files(
        "emails/account_invitation/subject.txt",
        "emails/account_invitation/preview.txt",
        "emails/account_invitation/body.txt",
    ),
    AccountLockedEmail: Files(
        "emails/account_locked/subject.txt", "emails/account_locked/preview.txt", "emails/account_locked/body.txt"
    ),
    AccountChangedEmail: Files(
        "emails/account_changed/subject.txt", "emails/account_changed/preview.txt", "emails/account_changed/body.txt"
    ),
    AddressCheckEmail: Files(
        "emails/address_check/subject.txt", "emails/address_check/preview.txt", "emails/address_check/body.txt"
    ),
    AddressAddedEmail: Files(
        "emails/address_added/subject.txt", "emails/address_added/preview.txt", "emails/address_added/body.txt"
    ),
    EmailTestEmail: Files(
        "emails/email_test/subject.txt", "emails/email_test/preview.txt", "emails/email_test/body.txt"
    ),
    CheckOutMissingEmail: Files(
        "emails/check_out_missing/subject.txt",
        "emails/check_out_missing/preview.txt",
        "emails/check_out_missing/body.txt",
    ),
    ConflictFoundEmail: Files(
        "emails/conflict_found/subject.txt", "emails/conflict_found/preview.txt", "emails/conflict_found/body.txt"
    ),
    ComparisonsReportedEmail: Files(
        "emails/comparisons_reported/subject.txt",
        "emails/comparisons_reported/preview.txt",
        "emails/comparisons_reported/body.txt",
    ),
    EmergencyAccessEmail: Files(
        "emails/emergency_access/subject.txt", "emails/emergency_access/preview.txt", "emails/emergency_access/body.txt"
    ),
    DecisionNeededEmail: Files(
        "emails/decision_needed/subject.txt", "emails/decision_needed/preview.txt", "emails/decision_needed/body.txt"
    ),
    DecisionMadeEmail: Files(
        "emails/decision_made/subject.txt", "emails/decision_made/preview.txt", "emails/decision_made/body.txt"
    ),
    ConflictEndedEmail: Files(
        "emails/conflict_ended/subject.txt", "emails/conflict_ended/preview.txt", "emails/conflict_ended/body.txt"
    ),
    ConflictChangedEmail: Files(
        "emails/conflict_changed/subject.txt", "emails/conflict_changed/preview.txt", "emails/conflict_changed/body.txt"
    ),
    ReadinessEmail: Files("emails/readiness/subject.txt", "emails/readiness/preview.txt", "emails/readiness/body.txt"),
    PollOpenedEmail: Files(
        "emails/poll_opened/subject.txt", "emails/poll_opened/preview.txt", "emails/poll_opened/body.txt"
    ),
    PollNudgeEmail: Files(
        "emails/poll_nudge/subject.txt", "emails/poll_nudge/preview.txt", "emails/poll_nudge/body.txt"
    ),
    PollCanceledEmail: Files(
        "emails/poll_canceled/subject.txt", "emails/poll_canceled/preview.txt", "emails/poll_canceled/body.txt"
    ),
    AuditLogAlteredEmail: Files(
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
def words() -> Environment:
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
