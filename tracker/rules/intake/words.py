"""Words in replies: what the first line of a reply to an email about an action item or an invitation asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.actions.item_changes import LONGEST_NOTE
from tracker.rules.core.answers import Word
from tracker.rules.core.clean_text import clean
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.own_text import own_text

EVERY = 1_000_000  # characters: what is too long is cut


STATUSES = {Word.DONE: ItemStatus.DONE, Word.IN_PROGRESS: ItemStatus.IN_PROGRESS, Word.BLOCKED: ItemStatus.BLOCKED}
REPLIES = {Word.YES: ReplyValue.ACCEPTED, Word.MAYBE: ReplyValue.TENTATIVE, Word.NO: ReplyValue.DECLINED}
_OF_ITEMS = {
    Word.DONE: re.compile(r"done\b", re.IGNORECASE),
    Word.IN_PROGRESS: re.compile(r"in[ -]?progress\b", re.IGNORECASE),
    Word.BLOCKED: re.compile(r"blocked\b", re.IGNORECASE),
}
_OF_INVITATIONS = {one: re.compile(rf"{one.value}\b", re.IGNORECASE) for one in REPLIES}
_AFTER_STATUS = re.compile(r"\s*([.:;!]|$)\s*")
_AFTER_REPLY = re.compile(r"\s*([.:;!,]|[-–—]+\s|$)\s*")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was understood of a reply."""

    word: Word | None
    """None = none of the words that work."""
    text: str
    """What else the first paragraph says."""
    is_whole: bool = True
    """Whether the text is all that the person wrote."""


def about_item(text: str) -> Said:
    """Return what a reply asks for about an action item.

    A word counts alone in its line, or before a period or a colon: "Done with half of it" and "Done, but not sent" are
    notes.
    """
    said = _read(text, _OF_ITEMS, _AFTER_STATUS, LONGEST_NOTE)
    return said if said.word or not said.text else Said(word=Word.NOTE, text=said.text, is_whole=said.is_whole)


def about_invitation(text: str) -> Said:
    """Return what a reply to an invitation says; a comma or a dash may also follow the word ("No, I'm in court")."""
    return _read(text, _OF_INVITATIONS, _AFTER_REPLY, LONGEST_COMMENT)


def _read(text: str, words: Mapping[Word, re.Pattern[str]], after: re.Pattern[str], longest: int) -> Said:
    own = own_text(text)
    first, *others = own.lines or ("",)
    word, rest = next(
        (
            (one, first[end.end() :])
            for one, pattern in words.items()
            if (begin := pattern.match(first)) and (end := after.match(first, begin.end()))
        ),
        (None, first),
    )
    whole = clean("\n".join([*filter(None, [rest]), *others]), EVERY, "text", multiline=True)
    return Said(word=word, text=whole[:longest].rstrip(), is_whole=not own.has_more and len(whole) <= longest)
