"""To which reply addresses an email in a mailbox came: IMAP doesn't say, so its headers are asked.

Anyone can write them, and no harm is done: anyone who knows an address could send to it.
"""

import re
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from email.policy import compat32

from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.incoming import MOST_HEADERS

NAMES = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
"""Headers with a recipient: the first four are written by servers that deliver (Postfix, Exim, Google)."""
WITH_TOKEN = re.compile(r"[a-z0-9.-]{1,11}\+[a-z0-9-]{1,64}@[a-z0-9.-]{1,253}", re.ASCII)
"""Searched for, not parsed: a parser of addresses recurses into comments, and no syntax is needed to know our own."""
LONGEST_HEAD = 100_000  # bytes
LONGEST = 2_000  # characters of one header
MOST = 5  # addresses of ours in one email; a calendar program names one


def recipients(content: bytes, addresses: ReplyAddresses) -> Sequence[str]:
    """Return the addresses of ours that an email names, in small letters; none when it names none with a token."""
    head = content[:LONGEST_HEAD].partition(b"\r\n\r\n")[0]
    if head.count(b"\n") > MOST_HEADERS:
        return ()
    message = BytesHeaderParser(policy=compat32).parsebytes(head)
    texts = (str(text)[:LONGEST].lower() for name in NAMES for text in message.get_all(name, []))
    ours = (one for text in texts for one in WITH_TOKEN.findall(text) if addresses.is_ours(one))
    return tuple(dict.fromkeys(ours))[:MOST]
