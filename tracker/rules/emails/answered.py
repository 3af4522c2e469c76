"""The email that says what was understood of what its reader wrote back to an email about an event."""

from tracker.rules.core.answers import Taken, Word
from tracker.rules.core.message_types import InvitationAnswered
from tracker.rules.core.wording import day
from tracker.rules.emails.content import Button, ButtonName, Letter, UndoPage
from tracker.rules.emails.event_contexts import InvitationAnsweredEmail
from tracker.rules.emails.event_facts import what_when_where
from tracker.rules.emails.facts import Footer
from tracker.rules.emails.parts import Occasion, event_page, letter_of, reply_button, reply_buttons

VALUES = {Word.YES: "Yes", Word.MAYBE: "Maybe", Word.NO: "No"}


def answered(about: Occasion, content: InvitationAnswered) -> Letter:
    """Return the confirmation of an email, with a link to undo what it recorded."""
    is_recorded = content.outcome is Taken.RECORDED
    says = InvitationAnsweredEmail(
        title=about.title,
        day=day(about.starts, about.today),
        outcome=content.outcome,
        value=VALUES.get(content.word, "") if content.word else "",
        is_series=about.is_series,
        is_whole=content.is_whole,
    )
    undo = (Button(name=ButtonName.UNDO, target=UndoPage(words_id=content.undo)),) if content.undo else ()
    change = reply_button(about, ButtonName.CHANGE_REPLY) if is_recorded else reply_buttons(about)
    return letter_of(
        about,
        says,
        facts=what_when_where(about),
        buttons=(*undo, *change),
        more=(event_page(about),),
        footer=Footer.ANSWERED,
    )
