"""Words in replies: what the first line of a reply to an email about an action item or an invitation asks for.

A word counts first in the line, alone or before punctuation, a few emoji, thanks, or a phrase that goes with it
("No I'm in court"); DONE, IN PROGRESS, BLOCKED, and YES in CAPITALS, also before other text. What follows is its note.
Text that may take it back ("but", "not", "Friday", a brief question, another emoji) makes all of it a note about the
item, or no reply to the invitation.
"""

from collections.abc import Sequence

from msgspec import Struct

from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.actions.item_changes import LONGEST_NOTE
from tracker.rules.core.answers import Word
from tracker.rules.core.clean_text import clean
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.own_text import own_text
from tracker.rules.intake.word_forms import OF_INVITATIONS, OF_ITEMS, Form

EVERY = 1_000_000  # characters: what is too long is cut
STATUSES = {Word.DONE: ItemStatus.DONE, Word.IN_PROGRESS: ItemStatus.IN_PROGRESS, Word.BLOCKED: ItemStatus.BLOCKED}
REPLIES = {Word.YES: ReplyValue.ACCEPTED, Word.MAYBE: ReplyValue.TENTATIVE, Word.NO: ReplyValue.DECLINED}


class Said(Struct, frozen=True, kw_only=True):
    """What was understood of a reply."""

    word: Word | None
    """None = none of the words that work."""
    text: str
    """What else the first paragraph says."""
    is_whole: bool = True
    """Whether the text is all that the person wrote."""


def about_item(text: str) -> Said:
    """Return what a reply asks for about an action item: a status, or a note."""
    said = _read(text, OF_ITEMS, LONGEST_NOTE)
    return said if said.word or not said.text else Said(word=Word.NOTE, text=said.text, is_whole=said.is_whole)


def about_invitation(text: str) -> Said:
    """Return what a reply to an invitation says."""
    return _read(text, OF_INVITATIONS, LONGEST_COMMENT)


def _read(text: str, forms: Sequence[Form], longest: int) -> Said:
    own = own_text(text)
    lines = own.lines or ("",)
    word, note = next(
        ((form.word, note) for form in forms if (note := form.note_in(lines)) is not None), (None, "\n".join(lines))
    )
    whole = clean(note, EVERY, "text", multiline=True)
    return Said(word=word, text=whole[:longest].rstrip(), is_whole=not own.has_more and len(whole) <= longest)
