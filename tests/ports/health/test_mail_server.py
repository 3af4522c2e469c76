"""Whether the mail server would take our emails is said before the first one is due, and why not."""

import anyio.to_thread

from tests.faults.server import MailServer, serving
from tests.ports.mail.sending import ELSEWHERE, settings
from tracker.config.settings import Settings
from tracker.ports.health import checks, mail_server
from tracker.ports.health.checks import CheckState


async def trouble(chosen: Settings) -> str:
    return await anyio.to_thread.run_sync(mail_server.trouble, chosen)


async def test_a_server_that_answers_on_this_machine_will_do_and_gets_no_mail() -> None:
    async with serving(MailServer()) as server:
        assert await trouble(settings(smtp_port=server.port)) == ""
        line = await anyio.to_thread.run_sync(checks.of_mail, settings(smtp_port=server.port))
        assert (line.state, server.accepted) == (CheckState.OK, [])


async def test_a_server_that_is_not_there_is_named() -> None:
    line = await anyio.to_thread.run_sync(checks.of_mail, settings(smtp_port=1))
    assert line.state is CheckState.FAULT
    assert "127.0.0.1, port 1, can't be used" in line.words


async def test_a_server_elsewhere_without_encryption_will_not_do() -> None:
    async with serving(MailServer()) as server:
        assert "STARTTLS" in await trouble(settings(smtp_host=ELSEWHERE, smtp_port=server.port))


async def test_a_server_that_does_not_know_our_password_will_not_do() -> None:
    async with serving(MailServer()) as server:
        assert await trouble(settings(smtp_port=server.port, smtp_user="tracker", smtp_password="x"))


async def test_a_page_asks_the_mail_server_once_a_minute() -> None:
    asked, now = [], [0.0]

    def ask(_: Settings) -> str:
        asked.append(now[0])
        return f"asked {len(asked)} times"

    lately, said = mail_server.RecentCheck(ask, steady=lambda: now[0]), []
    for moment in (0.0, 59.0, 60.0):
        now[0] = moment
        said.append(lately.trouble(settings()))
    assert said == ["asked 1 times", "asked 1 times", "asked 2 times"]
