"""An email as a page shows it: every word, and no address that acts for its recipient."""

from tests.ports.mail.making import NOW, letter
from tracker.ports.mail.wording import read_email
from tracker.rules.core.message_types import MailedEntry


def test_an_email_on_a_page_has_its_words_and_the_labels_of_its_buttons_without_their_links() -> None:
    email = read_email(letter())
    assert email.words.subject.startswith("Invitation: Core group")
    assert email.buttons[0] == "Reply yes"
    assert "http" not in str(email)


def test_an_email_that_takes_an_entry_out_of_the_calendar_says_that_it_changes_it() -> None:
    entry = MailedEntry(uid="1@tracker.example", sequence=1, at=NOW)
    assert not read_email(letter()).has_calendar
    assert read_email(letter(calendar=entry)).has_calendar
