"""Bounces as mail servers write them, with the email that came back.

The forms are those of real bounces, with other names: Postfix (its bounce(5) template and reports that people
published), Exchange Online, Gmail, and qmail (a sample that flufl.bounce tests with).
"""

UNKNOWN_USER = (
    "smtp; 550 5.1.1 <detective@kcpd.example>: Recipient address\n    rejected: User unknown in virtual mailbox table"
)
RETURNED = """From: Task force <tracker@tracker.example>\r
Subject: Moved: Steering Committee\r
Content-Type: multipart/alternative; boundary="=_forms"\r
\r
--=_forms\r
Content-Type: text/plain\r
\r
The meeting moved.\r
--=_forms\r
Content-Type: text/calendar; method=REQUEST\r
\r
BEGIN:VCALENDAR\r
METHOD:REQUEST\r
END:VCALENDAR\r
--=_forms--\r
"""


def _report(headers: str, text: str, status: str) -> bytes:
    whole = (
        f'{headers}MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n'
        f"\r\n--B\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{text}\r\n"
        f"--B\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n"
        f"--B\r\nContent-Type: message/rfc822\r\n\r\n{RETURNED}\r\n--B--\r\n"
    )
    return whole.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def postfix(action: str = "failed", status: str = "5.1.1", diagnostic: str = UNKNOWN_USER, number: int = 1) -> bytes:
    """Return what Postfix writes; `number` makes it another email."""
    return _report(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.tracker.example (Mail Delivery System)\n"
        f"Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMessage-ID: <{number}@mx>\n",
        "This is the mail system at host mx.tracker.example.\n\nI'm sorry to have to inform you that your message could"
        " not\nbe delivered to one or more recipients. It's attached below.\n",
        "Reporting-MTA: dns; mx.tracker.example\nX-Postfix-Queue-ID: 05D02198038B\n\n"
        "Final-Recipient: rfc822; detective@kcpd.example\nOriginal-Recipient: rfc822;detective@kcpd.example\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: {diagnostic}\n",
    )


def exchange_online() -> bytes:
    """Return what Exchange Online writes."""
    return _report(
        "Return-Path: <>\nFrom: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@kcpd.example>\n"
        "Subject: Undeliverable: Moved: Steering Committee\nAuto-Submitted: auto-replied\n"
        "X-MS-Exchange-Message-Is-Ndr:\nContent-Language: en-US\nMessage-ID: <e1@kcpd.example>\n",
        "Delivery has failed to these recipients or groups:\n\ndetective@kcpd.example\nThe email address you entered"
        " couldn't be found.\n",
        "Reporting-MTA: dns;PH0PR09MB1234.namprd09.prod.outlook.com\nReceived-From-MTA: dns;mx.tracker.example\n\n"
        "Final-recipient: RFC822;detective@kcpd.example\nAction: failed\nStatus: 5.1.10\n"
        "Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n",
    )


def gmail() -> bytes:
    """Return what Gmail writes."""
    return _report(
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        "Subject: Delivery Status Notification (Failure)\nAuto-Submitted: auto-replied\n"
        "X-Failed-Recipients: detective@kcpd.example\nMessage-ID: <g1@mx.google.com>\n",
        "** Address not found **\n\nYour message wasn't delivered to detective@kcpd.example because the address"
        " couldn't be found.\n",
        "Reporting-MTA: dns; googlemail.com\nArrival-Date: Thu, 26 Nov 2026 18:30:56 -0800 (PST)\n\n"
        "Final-Recipient: rfc822; detective@kcpd.example\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; mx.kcpd.example\n"
        "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
        " 550-5.1.1 double-checking the recipient's email address for typos or\n",
    )


def qmail() -> bytes:
    """Return what qmail writes: a text without a form."""
    return (
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.kcpd.example\r\nSubject: failure notice\r\n"
        b"Message-ID: <q1@kcpd>\r\n\r\nHi. This is the qmail-send program at mail.kcpd.example.\r\n"
        b"I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        b"This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        b"<detective@kcpd.example>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        b"--- Below this line is a copy of the message.\r\n\r\n" + RETURNED.encode()
    )


def out_of_office() -> bytes:
    """Return what Exchange answers for a person who is away: it goes to the sender on the envelope, as bounces do."""
    return (
        b"Return-Path: <>\r\nFrom: detective@kcpd.example\r\nSubject: Automatic reply: Moved: Steering Committee\r\n"
        b"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMessage-ID: <o1@kcpd>\r\n\r\n"
        b"I can't be reached until Monday. An urgent email that is not delivered to me goes to 550 Main Street.\r\n"
    )


def read_receipt() -> bytes:
    """Return a receipt of Outlook (RFC 8098): a report, but none of a bounce."""
    return postfix().replace(b"report-type=delivery-status", b"report-type=disposition-notification")
