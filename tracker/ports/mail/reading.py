"""An email as people read it on a page: its words, and the labels of its buttons without the addresses behind them.

Its links are signed for its recipient, and anyone who has one acts as that person. So no address is made here.
"""

from typing import NamedTuple

from tracker.ports.mail.wording import Worded, button_label, worded
from tracker.rules.emails.content import Letter, one_line


class ReadEmail(NamedTuple):
    """The words of one email; empty texts where it has none."""

    to: str
    words: Worded
    buttons: tuple[str, ...]
    banner: str
    indicator: str
    has_calendar: bool
    """Whether it changes the recipient's calendar."""


def read_email(letter: Letter, *, reads_replies: bool = False, questions_to: str = "") -> ReadEmail:
    """Return an email without its links; the arguments are those of `worded`."""
    return ReadEmail(
        to=letter.to,
        words=worded(letter, reads_replies=reads_replies, questions_to=questions_to),
        buttons=tuple(button_label(button.name, button.of) for button in (*letter.buttons, *letter.more)),
        banner=letter.banner,
        indicator=one_line(letter.indicator),
        has_calendar=letter.calendar is not None,
    )
