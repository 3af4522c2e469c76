"""The sink keeps every email as it came, and the mailbox reads them."""

from pathlib import Path

import aiosmtplib
import pytest

from tests.ports.mail.making import letter, message, with_calendar
from tests.ports.mail.sending import composer
from tracker.ports.mail.demo_emails import EmailSink, SinkFolder


async def post(port: int, *contents: bytes) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for content in contents:
            await client.sendmail("calendar@tracker.example", ["reader@kcpd.example"], content)


async def kept(folder: Path, *contents: bytes) -> list[bytes]:
    sink = EmailSink(folder)
    await post(await sink.start(), *contents)
    await sink.stop()
    return [one.read_bytes() for one in sorted(folder.iterdir())]


async def test_a_mail_is_kept_to_the_byte(tmp_path: Path) -> None:
    content = composer().mail(with_calendar(), message()).content
    assert await kept(tmp_path / "mail", content) == [content]


async def test_mails_sort_in_the_order_of_arrival_over_restarts(tmp_path: Path) -> None:
    made = [composer().mail(letter(), message(str(number))).content for number in range(3)]
    await kept(tmp_path, *made[:2])
    assert await kept(tmp_path, made[2]) == made


async def test_the_mailbox_shows_the_newest_first_with_all_parts(tmp_path: Path) -> None:
    first, second = (
        composer().mail(one, message(key)).content for one, key in ((letter(), "one"), (with_calendar(), "two"))
    )
    await kept(tmp_path, first, second)
    newest, oldest = await SinkFolder(tmp_path).newest()
    assert (newest.name, newest.to) == ("000002", "reader@kcpd.example")
    assert newest.calendar.startswith("BEGIN:VCALENDAR")
    assert ("YOU'RE INVITED" in newest.text, "<h1" in newest.html, oldest.calendar) == (True, True, "")


async def test_the_mailbox_can_show_one_persons_mail(tmp_path: Path) -> None:
    await kept(tmp_path, composer().mail(letter(), message()).content)
    mailbox = SinkFolder(tmp_path)
    assert len(await mailbox.newest("Reader@kcpd.example")) == 1
    assert await mailbox.newest("other@kcpd.example") == []


@pytest.mark.parametrize("name", ["../000001", "000002", "", "x", "000001.eml", "\u0660" * 6])
async def test_a_name_that_is_no_mail_of_the_sink_finds_nothing(tmp_path: Path, name: str) -> None:
    await kept(tmp_path / "mail", composer().mail(letter(), message()).content)
    assert await SinkFolder(tmp_path / "mail").mail(name) is None


async def test_a_mailbox_without_a_folder_is_empty(tmp_path: Path) -> None:
    assert await SinkFolder(tmp_path / "none").newest() == []
