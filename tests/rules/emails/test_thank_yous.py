"""What a thank-you says: its reader's own action items first, others after them, and nothing that is restricted."""

from datetime import date
from uuid import uuid4

from msgspec.structs import replace

from tests.emails import ReadEmail, read_email
from tests.rules.attendance.world import STARTS, a_date, an_event
from tests.rules.emails.world import digest_reader, item_due
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.item_emails import LISTED
from tracker.rules.emails.summaries import SentThankYou, sent_thank_you_words, thank_you_email

TODAY, DUE = date(2026, 12, 11), date(2027, 1, 5)
ME = digest_reader()
MINE = item_due("Draft the protocol", DUE, owner_id=ME.member_id)
THEIRS = item_due("Renew the agreement", DUE, reference="AI-2222", owner="IPD liaison", agency="IPD")


def written(*items: ActionItem, to: Viewer = ME) -> ReadEmail:
    return read_email(thank_you_email(to, a_date(an_event(), attendance_closed_at=STARTS), items, TODAY))


def test_it_names_the_meeting_and_who_says_thanks() -> None:
    email = written()
    assert email.subject == "Thank you, Thu, Dec 10: Monthly meeting"
    assert (email.heading, email.paragraphs) == ("Thank you for coming", ("Lead thanks you for coming.",))
    assert email.facts == (("What", "Monthly meeting"), ("When", "Thursday, December 10, 2026"))


def test_the_readers_own_items_come_first() -> None:
    email = written(THEIRS, MINE)
    assert email.facts[2:] == (
        ("Yours", "AI-7QK4, Draft the protocol, due Tue, Jan 5"),
        ("Action item", "AI-2222, Renew the agreement, IPD liaison (IPD), due Tue, Jan 5"),
    )
    assert email.paragraphs[1] == "You can see 2 action items from this event. Yours is listed first."
    assert email.preview == "1 action item is yours."


def test_what_is_restricted_or_canceled_is_not_listed_and_what_is_done_says_so() -> None:
    hidden = replace(MINE, is_restricted=True), replace(THEIRS, status=ItemStatus.CANCELED)
    email = written(*hidden, replace(THEIRS, status=ItemStatus.DONE))
    assert email.facts[2:] == (("Action item", "AI-2222, Renew the agreement, IPD liaison (IPD), done"),)


def test_a_long_list_is_cut_and_says_how_many_more_there_are() -> None:
    email = written(*(replace(MINE, id=uuid4()) for _ in range(LISTED + 2)))
    assert email.facts[-1] == ("Yours", "and 2 more")
    assert len(email.facts) == 2 + LISTED + 1


def test_a_time_only_email_names_neither_the_meeting_nor_an_item() -> None:
    email = written(MINE, THEIRS, to=replace(ME, is_discreet=True))
    assert email.facts == ()
    said = " ".join((email.subject, email.preview, email.heading, *email.paragraphs))
    assert not [word for word in ("Monthly", "Draft", "Renew", "Lead", "AI-", "action item") if word in said]


def test_the_event_says_to_how_many_it_went_and_when() -> None:
    assert (
        sent_thank_you_words(SentThankYou(at=STARTS, people=5), "America/Chicago", TODAY)
        == "Thank-you to 5 people, Thu, Dec 10."
    )
