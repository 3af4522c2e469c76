"""The emails about joint operations: they say nothing but that there is something to see after signing in.

They are about decisions that wait, conflicts, people who haven't checked out, emergency access, and readiness notices.
"""

from tracker.rules.core.message_types import ConflictFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Button, ButtonName, Email, Footer, SitePage
from tracker.rules.emails.template_values import (
    CheckOutMissingEmail,
    ComparisonsReportedEmail,
    ConflictChangedEmail,
    ConflictEndedEmail,
    ConflictFoundEmail,
    DecisionMadeEmail,
    DecisionNeededEmail,
    EmailValues,
    EmergencyAccessEmail,
    ReadinessEmail,
)
from tracker.rules.operations.readiness import WAITING, Notice


def decision_needed_email(reader: Viewer, page: str) -> Email:
    """Return the email to a person who decides; `page` is where to read on."""
    return _decision_email(reader, DecisionNeededEmail(), page, Footer.OFFICER)


def decision_made_email(reader: Viewer, page: str) -> Email:
    """Return the email to the person who asked for the decision; `page` is where to read on."""
    return _decision_email(reader, DecisionMadeEmail(), page, Footer.OPERATION)


def _decision_email(reader: Viewer, says: DecisionNeededEmail | DecisionMadeEmail, page: str, footer: Footer) -> Email:
    return Email(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )


def conflict_found_email(reader: Viewer, content: ConflictFound, page: str) -> Email:
    """Return the email to the lead of one of the operations, or to an officer; `page` is where to read on."""
    footer = Footer.OFFICER if content.for_officer else Footer.OPERATION
    return _conflict_email(reader, ConflictFoundEmail(for_officer=content.for_officer), page, footer)


def conflict_ended_email(reader: Viewer, page: str) -> Email:
    """Return the email to the lead of one of the operations that it has ended; `page` is where to read on."""
    return _conflict_email(reader, ConflictEndedEmail(), page, Footer.OPERATION)


def conflict_changed_email(reader: Viewer, page: str) -> Email:
    """Return the email to the lead of one of the operations that it is to be decided again; `page` is where."""
    return _conflict_email(reader, ConflictChangedEmail(), page, Footer.OPERATION)


def comparisons_email(reader: Viewer, page: str) -> Email:
    """Return the email to an officer that someone compared many places; `page` is where to read on."""
    return _conflict_email(reader, ComparisonsReportedEmail(), page, Footer.OFFICER)


def _conflict_email(reader: Viewer, says: EmailValues, page: str, footer: Footer) -> Email:
    return Email(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )


def check_out_missing_email(reader: Viewer, page: str) -> Email:
    """Return the email to the lead of the operation; `page` is where to read on."""
    return Email(
        says=CheckOutMissingEmail(),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=Footer.OPERATION,
    )


def emergency_access_email(reader: Viewer, page: str, footer: Footer) -> Email:
    """Return the email to a coordinator, or to the lead of an operation; `page` is where to read on."""
    return Email(
        says=EmergencyAccessEmail(),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=page)),),
        footer=footer,
    )


def readiness_email(reader: Viewer, notice: Notice) -> Email:
    """Return the email to a recipient of a notice."""
    return Email(
        says=ReadinessEmail(is_new=notice.state in WAITING),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(),
        buttons=(Button(name=ButtonName.SIGN_IN, target=SitePage(path=f"/notices/{notice.id}")),),
        footer=Footer.READINESS,
    )
