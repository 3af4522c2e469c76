"""Reads the emails that the sink keeps, for a demo's page."""

import re
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from anyio import to_thread
from msgspec import Struct

NAME = re.compile(r"\d{6,12}", re.ASCII)
MOST = 200  # emails in a list


class KeptMail(Struct, frozen=True, kw_only=True):
    """One email as its reader has it; missing parts are empty."""

    name: str
    """Its number, for addresses."""
    subject: str
    to: str
    sent_at: datetime | None
    reply_to: str = ""
    text: str = ""
    html: str = ""
    calendar: str = ""


class Mailbox:
    """The folder of a sink."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def newest(self, to: str = "") -> list[KeptMail]:
        """Return the newest emails first, to one address if it is given."""
        return await to_thread.run_sync(self._newest, to.lower())

    async def mail(self, name: str) -> KeptMail | None:
        """Return one email, or None."""
        return await to_thread.run_sync(self._mail, name) if NAME.fullmatch(name) else None

    def _newest(self, to: str) -> list[KeptMail]:
        names = sorted((one.stem for one in self._folder.glob("*.eml") if NAME.fullmatch(one.stem)), reverse=True)
        found = (mail for name in names if (mail := self._mail(name)) and to in ("", mail.to.lower()))
        return [mail for mail, _ in zip(found, range(MOST), strict=False)]

    def _mail(self, name: str) -> KeptMail | None:
        try:
            content = (self._folder / f"{name}.eml").read_bytes()
        except FileNotFoundError:
            return None
        message = BytesParser(policy=default).parsebytes(content)
        date = message["Date"]
        return KeptMail(
            name=name,
            subject=str(message["Subject"] or ""),
            to=str(message["To"] or ""),
            sent_at=date.datetime if date else None,
            reply_to=str(message["Reply-To"] or ""),
            **_parts(message),
        )


def _parts(message: EmailMessage) -> dict[str, str]:
    kinds = {"text/plain": "text", "text/html": "html", "text/calendar": "calendar"}
    return {kinds[kind]: str(one.get_content()) for one in message.walk() if (kind := one.get_content_type()) in kinds}
