"""The page of a demo's emails: text only, links to follow, and no such page anywhere but in a demo."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from litestar import Litestar

from tests.cast import Cast
from tests.ports.browser import Browser, settings
from tests.ports.standing import standing
from tracker.app import create_app
from tracker.errors import Invalid
from tracker.ports.mail.demo_emails import ReplyWays
from tracker.ports.pages.emails.demo_emails import text_pieces

TEN, ELEVEN = datetime(2027, 1, 12, 10, tzinfo=UTC), datetime(2027, 1, 12, 11, tzinfo=UTC)
LINK = "http://tracker.test/r/abc.def?a=yes"


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that one application reads."""
    return tmp_path_factory.mktemp("demo-mail")


@pytest.fixture
def folder(outbox: Path) -> Path:
    """Return that folder, with no email in it."""
    for one in outbox.iterdir():
        one.unlink()
    return outbox


@pytest.fixture
def demo(sqlite_cast: Cast, folder: Path) -> Iterator[Litestar]:
    with standing(is_demo=True, mail_folder=str(folder)) as app:
        yield app


@pytest.fixture
def visitor(demo: Litestar, folder: Path) -> Browser:
    """A stranger before a demo that sent two emails."""
    keep(folder, "000001", "Invitation: Training", "a@kcpd.example", f"Reply yes:\n{LINK}\n")
    keep(folder, "000002", "<script>alert(1)</script>", "b@hsi.example", "A line")
    return Browser(demo)


def keep(folder: Path, name: str, subject: str, to: str, text: str) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["Date"] = subject, to, "Tue, 15 Dec 2026 15:00:00 +0000"
    mail.set_content(text)
    mail.add_alternative("<html><head></head><b onclick='x()'>Bold</b></html>", subtype="html")
    mail.add_alternative("BEGIN:VCALENDAR\r\nURL:http://tracker.test/ev\r\n ents/1\r\n", subtype="calendar")
    (folder / f"{name}.eml").write_bytes(mail.as_bytes())


async def test_the_newest_mails_are_listed_first(visitor: Browser) -> None:
    text = (await visitor.get("/demo/mail")).text
    assert 0 < text.index("/demo/mail/000002") < text.index("/demo/mail/000001")
    assert "Tue, Dec 15, 9:00 AM" in text


async def test_mails_to_one_address_can_be_asked_for(visitor: Browser) -> None:
    text = (await visitor.get("/demo/mail?to=a@kcpd.example")).text
    assert "000001" in text
    assert "000002" not in text


async def test_links_of_a_mail_can_be_followed(visitor: Browser) -> None:
    text = (await visitor.get("/demo/mail/000001")).text
    assert f'<a href="{LINK}">{LINK}</a>' in text
    assert '<a href="http://tracker.test/events/1">' in text


async def test_nothing_of_a_mail_is_markup(visitor: Browser) -> None:
    text = (await visitor.get("/demo/mail/000002")).text
    assert "<script>alert" not in text
    assert "<b onclick" not in text
    assert "&lt;b onclick" in text


async def test_a_page_shows_a_mail_as_its_reader_sees_it_before_its_parts(visitor: Browser) -> None:
    response = await visitor.get("/demo/mail/000001")
    order = [response.text.index(one) for one in ("All emails", 'src="/demo/mail/000001/shown"', "HTML source")]
    assert order == sorted(order)
    assert response.headers["content-security-policy"].endswith("; frame-src 'self'")


async def test_links_of_a_shown_mail_lead_on_from_the_page_around_it(visitor: Browser) -> None:
    assert '<head><base target="_top">' in (await visitor.get("/demo/mail/000001/shown")).text


async def test_a_mail_is_shown_as_a_mail_program_does_and_can_run_nothing(visitor: Browser) -> None:
    response = await visitor.get("/demo/mail/000002/shown")
    assert "<b onclick='x()'>Bold</b>" in response.text
    assert "sandbox" in response.headers["content-security-policy"]
    assert "script" not in response.headers["content-security-policy"]
    assert (await visitor.get("/demo/mail/000009/shown")).status_code == 404


@pytest.mark.parametrize("name", ["000009", "..", "%2e%2e%2fsecret", "x" * 300])
async def test_a_mail_that_is_not_there_is_not_found(visitor: Browser, name: str) -> None:
    assert (await visitor.get(f"/demo/mail/{name}")).status_code == 404


async def test_outside_a_demo_there_is_no_such_page(sqlite_cast: Cast, tmp_path: Path) -> None:
    keep(tmp_path, "000001", "Invitation", "a@kcpd.example", "Text")
    stranger = Browser(create_app(settings(mail_folder=str(tmp_path))))
    assert (await stranger.get("/demo/mail")).status_code == 404
    assert (await stranger.get("/demo/mail/000001")).status_code == 404
    assert (await stranger.post("/demo/mail/000001/replies", {"words": "DONE"})).status_code == 404


class Box:
    """A reply box that sends nothing: it keeps what it was asked to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, ...]] = []

    def ways(self, _mail: object) -> ReplyWays:
        return ReplyWays(has_buttons=True, reads_words=True, page="http://tracker.test/events/1", at=(TEN, ELEVEN))

    async def press(self, _mail: object, program: str, button: str, note: str, _now: object) -> str:
        if note == "long":
            raise Invalid(note="It is too long.")
        self.sent.append((program, button, note))
        return "250 2.0.0 Taken"

    async def propose(self, _mail: object, starts: datetime, ends: datetime, note: str, _now: object) -> str:
        self.sent.append((f"{starts:%b %d %H:%M}", f"{ends:%H:%M}", note))
        return "250 2.0.0 Taken"

    async def write(self, _mail: object, text: str, _now: object) -> str:
        self.sent.append((text,))
        return "451 4.3.0 Try again later"


@pytest.fixture
def boxed(demo: Litestar, folder: Path) -> tuple[Browser, Box]:
    """A stranger before a demo with an email, and its reply box."""
    keep(folder, "000001", "Invitation: Training", "a@kcpd.example", "Text")
    box = Box()
    demo.state["reply_box"] = box
    return Browser(demo), box


async def test_a_button_below_an_email_sends_what_its_recipient_s_program_would(boxed: tuple[Browser, Box]) -> None:
    visitor, box = boxed
    form = {"program": "apple", "button": "maybe", "note": "By train"}
    text = (await visitor.post("/demo/mail/000001/replies", form)).text
    assert box.sent == [("apple", "maybe", "By train")]
    assert "answered: <b>250 2.0.0 Taken</b>" in text
    assert '<a href="http://tracker.test/events/1">See the event</a>' in text


async def test_a_time_that_the_recipient_proposes_is_sent_and_odd_ones_stay_in_their_fields(
    boxed: tuple[Browser, Box],
) -> None:
    visitor, box = boxed
    assert 'name="starts" type="time" value="10:00"' in (await visitor.get("/demo/mail/000001")).text
    form = {"button": "propose", "date": "2027-01-14", "starts": "13:00", "ends": "14:00", "reason": "Court"}
    await visitor.post("/demo/mail/000001/replies", form)
    assert box.sent == [("Jan 14 13:00", "14:00", "Court")]
    response = await visitor.post("/demo/mail/000001/replies", {**form, "starts": "soon"})
    assert (response.status_code, len(box.sent), 'value="soon"' in response.text) == (422, 1, True)


async def test_words_are_sent_and_an_answer_that_is_no_yes_is_shown_as_one(boxed: tuple[Browser, Box]) -> None:
    visitor, box = boxed
    text = (await visitor.post("/demo/mail/000001/replies", {"words": "DONE"})).text
    assert box.sent == [("DONE",)]
    assert "usa-alert--error" in text


async def test_a_reply_that_can_t_be_sent_stays_in_its_field(boxed: tuple[Browser, Box]) -> None:
    visitor, box = boxed
    form = {"program": "apple", "button": "maybe", "note": "long"}
    response = await visitor.post("/demo/mail/000001/replies", form)
    assert (response.status_code, box.sent) == (422, [])
    assert "It is too long." in response.text
    assert "long</textarea>" in response.text


async def test_an_email_without_an_address_that_is_read_has_no_reply_box(visitor: Browser) -> None:
    assert "Reply as" not in (await visitor.get("/demo/mail/000001")).text
    assert (await visitor.post("/demo/mail/000001/replies", {"words": "DONE"})).status_code == 404


def test_an_address_ends_before_the_full_stop() -> None:
    assert [
        one for one, is_address in text_pieces("See http://a.example/b?c=1. Or (http://d.example/)") if is_address
    ] == ["http://a.example/b?c=1", "http://d.example/"]
