"""What the organizer reads before a date poll is canceled."""

from tracker.rules.polls.polls import PollCancellation


def test_it_says_who_gets_an_email_and_which_emails_are_not_sent() -> None:
    said = PollCancellation(notified=4, unsent=1, replied=3).mail_words
    assert said == (
        "4 people will get an email that it’s canceled.",
        "1 email that asks for a reply waits and won’t be sent.",
    )
    assert PollCancellation(notified=0, unsent=0, replied=0).mail_words == ("No one will get an email.",)


def test_it_says_that_replies_are_kept_and_until_when() -> None:
    assert PollCancellation(notified=0, unsent=0, replied=2).reply_words == (
        "2 people’s replies are kept for you to read. They’re deleted when you ask again or discard the draft."
    )
    assert PollCancellation(notified=0, unsent=0, replied=0).reply_words == "No one has replied."
