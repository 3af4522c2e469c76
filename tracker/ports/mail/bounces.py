"""From a bounce, as mail servers write it, to what a decision needs of it: RFC 3464, or the text of an older form."""

import re
from collections.abc import Iterator
from email.message import Message

from tracker.rules.intake.bounces import (
    LONGEST_TEXT,
    UNCLEAR,
    Bounce,
    DeliveryReport,
    bounce_of_reports,
    bounce_of_text,
)

MOST_PARTS = 20
MOST_REPORTS = 20  # recipients: an address of ours has one, which can be a list
MAIL_SYSTEMS = ("mailer-daemon", "postmaster", "mail.delivery.system", "mdaemon", "microsoftexchange")
"""How the local part begins of those who write bounces without a form; people's own programs answer out of office."""
OTHER_REPORTS = {"disposition-notification", "feedback-report"}
"""That an email was read (RFC 8098), and that someone called it spam (RFC 5965)."""
_TAG = re.compile(r"</?[a-z!][^<>@]{0,500}>", re.IGNORECASE)  # an address between < and > is none


def read(message: Message, sender: str) -> Bounce:
    """Return what an email to the address of a message's bounces says; `sender` is its From, in small letters."""
    if str(message.get_param("report-type") or "").lower() in OTHER_REPORTS:
        return UNCLEAR
    parts = _parts(message)
    reports = [report for part in parts if _is(part, "message/delivery-status") for report in _reports(part)]
    if any(report.action for report in reports):
        return bounce_of_reports(reports)
    is_by_mail_system = not sender or sender.startswith(MAIL_SYSTEMS) or "X-Failed-Recipients" in message
    return bounce_of_text(_text(parts)) if is_by_mail_system else UNCLEAR


def _parts(message: Message) -> list[Message]:
    """Return the parts of an email, without those of the email that came back."""
    return [part for part, _ in zip(_own(message), range(MOST_PARTS), strict=False)]


def _own(message: Message) -> Iterator[Message]:
    yield message
    inside = message.get_payload() if message.get_content_maintype() == "multipart" else []
    for part in inside if isinstance(inside, list) else []:
        if isinstance(part, Message):
            yield from _own(part)


def _is(part: Message, kind: str) -> bool:
    return part.get_content_type() == kind


def _reports(part: Message) -> list[DeliveryReport]:
    """Return a report for each recipient: the blocks of headers in a delivery status, the first of the whole email."""
    blocks = part.get_payload()
    held = [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []
    return [
        DeliveryReport(
            action=_field(one, "Action"), status=_field(one, "Status"), diagnostic=_field(one, "Diagnostic-Code")
        )
        for one in held[: MOST_REPORTS + 1]
    ]


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name) or "").split())[:LONGEST_TEXT]


def _text(parts: list[Message]) -> str:
    """Return the plain text of an email; one that has none, such as Yahoo's, its HTML without the tags."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            raw = part.get_payload(decode=True) if _is(part, kind) else None
            if isinstance(raw, bytes):
                return _TAG.sub(" ", raw[: 4 * LONGEST_TEXT].decode("utf-8", "replace"))[:LONGEST_TEXT]
    return ""
