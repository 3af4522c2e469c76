"""Words that people write back to an email of ours: what the first line of a reply asks for.

A note is safer than a wrong reply: add to what takes a word back, and keep what may follow after a space short.
Each line is looked at a fixed number of times, and no pattern can take more than a time in proportion to the text.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.actions import LONGEST_NOTE, ItemStatus
from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import AnswerWord
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue

EVERY_CHARACTER = 1_000_000  # characters: what is too long is cut
STATUSES = {
    AnswerWord.DONE: ItemStatus.DONE,
    AnswerWord.IN_PROGRESS: ItemStatus.IN_PROGRESS,
    AnswerWord.BLOCKED: ItemStatus.BLOCKED,
}
REPLIES = {
    AnswerWord.YES: ReplyValue.ACCEPTED,
    AnswerWord.MAYBE: ReplyValue.TENTATIVE,
    AnswerWord.NO: ReplyValue.DECLINED,
}
LONGEST_EMAIL_TEXT = 20_000  # characters that are read
HEADER_LINES = 5  # lines over which programs spread "On Fri, Nov 27, 2026, Jane Doe <jane@...> wrote:"
_WROTE = re.compile(r"on\b", re.IGNORECASE)
_FROM = re.compile(r"\*?from:", re.IGNORECASE)
_SENT = re.compile(r"\*?(sent|date|to|subject):", re.IGNORECASE)
_RULE = re.compile(r"_{10,}$|-{2,} ?(original|forwarded|reply)\b", re.IGNORECASE)
_SIGNATURE = re.compile(r"--$|sent from my |get outlook for ", re.IGNORECASE)
_BANNER = re.compile(r"\W*(caution|warning|attention|notice|external)\b", re.IGNORECASE)
_NAME = r"(?:(?![A-Z]{2})[A-Z][\w'’-]*|all|there|everyone|team|folks|de|la|van|von)\.?"  # "DONE" is none
_GREETING = re.compile(rf"(?i:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?: {_NAME}){{0,4}}\s?[,.!:–—-]*$")
_OUTSIDE = re.compile(r"external|outside", re.IGNORECASE)
_POLITE = r"[🙂😊😀🙏]|:-?\((?!\w)"  # also ":("
_GLAD = "[🙂😊😀🙏👍👌✅✔🎉]"
_SPACE = re.compile(r"[*_\"”’']*\s+")
_BRIEF_QUESTION = re.compile(r"[^\w?]*+(?:[\w'’]++[^\w?]*+){0,3}\?")
_STRANGE = re.compile(r"[^\w\s\"“'’(#$@<]|\((?![^\s(])")  # such as an emoji that isn't above, or ":("
# or anywhere in their sentence; but not "I can't wait" or "no problem".
_EAGER = " (?:wait|miss|be late)"
_COUNT = r"\w+ ?(?:of|out of|/) ?(?:\d|two|three|four|five)|(?!100)\d+ ?%"


class WordedReply(Struct, frozen=True, kw_only=True):
    """What was understood of a reply."""

    word: AnswerWord | None
    """None = none of the words that work."""
    text: str
    """What else the first paragraph says."""
    is_whole: bool = True
    """Whether the text is all that the person wrote."""


def read_item_words(text: str) -> WordedReply:
    """Return what a reply asks for about an action item: a status, or a note."""
    said = _read_words(text, OF_ITEMS, LONGEST_NOTE)
    return replace(said, word=AnswerWord.NOTE) if said.text and not said.word else said


def read_invitation_words(text: str) -> WordedReply:
    """Return what a reply to an invitation says."""
    return _read_words(text, OF_INVITATIONS, LONGEST_COMMENT)


class WordForm:
    """How people write one word, and what may follow it."""

    def __init__(
        self,
        word: AnswerWord,
        names: str,
        *,
        faces: str,
        space: str,
        not_before: str,
        capitals: str = "",
        not_with: str = "",
    ) -> None:
        """Keep the emoji that may follow, the text after a space, also after capitals, and what takes the word back.

        It does so when it comes next (not_before), or anywhere in the paragraph (not_with).
        """
        self.word = word
        self.name = _pattern(rf"[*_\"“']*({names})\b")
        self.marks = _pattern(_marks(faces))
        self.space = _pattern(f"{_THANKS}|{space}")
        self.capitals = _pattern(f"{_THANKS}|{space}|{capitals}") if capitals else self.space
        self.not_before = _pattern(rf"(?:(?:{_THANKS}|{_SORRY})[\s.!,–—-]*)?(?:{not_before})")
        self.not_with = _pattern(not_with) if not_with else None

    def note_in(self, lines: Sequence[str]) -> str | None:
        """Return what follows the word at the beginning of these lines; None when they don't ask for it."""
        begin = self.name.match(lines[0])
        rest = self._rest(lines[0], begin) if begin else None
        if rest is None or _BRIEF_QUESTION.match(rest):
            return None
        note = "\n".join([*filter(None, [rest]), *lines[1:]])
        plain = " ".join(note.replace("_", " ").split())
        is_taken_back = (
            _STRANGE.match(plain) or self.not_before.match(plain) or (self.not_with and self.not_with.search(plain))
        )
        return None if is_taken_back else note

    def _rest(self, line: str, begin: re.Match[str]) -> str | None:
        if marks := self.marks.match(line, begin.end()):
            rest = line[marks.end() :]
            return rest.removesuffix(")") if "(" in marks.group() and "(" not in rest else rest
        space = _SPACE.match(line, begin.end())
        if space is None:
            return None
        rest = line[space.end() :]
        is_allowed = self.capitals if self._is_in_capitals(begin.group(1), rest) else self.space
        return rest if is_allowed.match(rest) and "?" not in rest else None

    def _is_in_capitals(self, name: str, rest: str) -> bool:
        """Return whether this is the word itself in capitals, in a line that isn't all capitals."""
        return name.replace("-", "_").replace(" ", "_") == self.word.upper() and not rest.isupper()


def _read_words(text: str, forms: Sequence[WordForm], longest: int) -> WordedReply:
    own = read_own_text(text)
    lines = own.lines or ("",)
    word, note = next(
        ((form.word, note) for form in forms if (note := form.note_in(lines)) is not None), (None, "\n".join(lines))
    )
    whole = clean(note, EVERY_CHARACTER, "text", multiline=True)
    return WordedReply(word=word, text=whole[:longest].rstrip(), is_whole=not own.has_more and len(whole) <= longest)


class OwnText(NamedTuple):
    """The first paragraph of what a person wrote, without a greeting above it."""

    lines: tuple[str, ...]
    """Without empty ones; none when they wrote nothing above the quoted text."""
    has_more: bool
    """Whether they wrote more below it; their name and number, for example."""


def read_own_text(text: str) -> OwnText:
    """Return what a person wrote above the quoted text and above their signature."""
    lines = [line.strip() for line in text[:LONGEST_EMAIL_TEXT].splitlines()]
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line) or _begins_quote(line, lines[number + 1 : number + HEADER_LINES]):
            lines = lines[:number]
            break
    paragraphs = [list(paragraph) for has_text, paragraph in groupby(lines, bool) if has_text]
    # Mail servers put a paragraph above an email that came from outside.
    if paragraphs and _BANNER.match(paragraphs[0][0]) and any(_OUTSIDE.search(line) for line in paragraphs[0]):
        paragraphs = paragraphs[1:]
    # A line that only greets goes; a greeting with nothing below it stays.
    if paragraphs and _GREETING.match(paragraphs[0][0]):
        below = paragraphs[0][1:]
        paragraphs = [below, *paragraphs[1:]] if below else (paragraphs[1:] or paragraphs)
    return OwnText(tuple(paragraphs[0]) if paragraphs else (), len(paragraphs) > 1)


def _begins_quote(line: str, following: Sequence[str]) -> bool:
    """Return whether quoted text begins here: by its mark, a rule, or the header that programs write above it."""
    if line.startswith(">") or _RULE.match(line):
        return True
    if _FROM.match(line):
        return any(_SENT.match(below) for below in following)
    if _WROTE.match(line):
        return any(header.endswith("wrote:") for header in (line, *following))
    after = next(filter(None, following), "")
    return line.endswith(":") and after.startswith(">")  # that header in any language


def _one_of(*texts: str) -> str:
    return rf"\b(?:{'|'.join(texts)})\b"


def _in_sentence(pattern: str) -> str:
    """Return a pattern that finds this one in the rest of the sentence."""
    return rf"(?:[^.!?]|[.!?](?!\s|$))*?(?:{pattern})"


def _marks(faces: str) -> str:
    """Return a pattern of what ends a word: the end of the line, or punctuation and these emoji in any color."""
    mark = rf"(?:{faces})[\ufe0f\U0001f3fb-\U0001f3ff]*|[.:;!,…)–—]|(?<!:)(?<!:-)\("
    return rf"[*_\"”’']*\s*(?:$|(?:{mark}|-+(?:\s|$))(?:{mark}|[\s-])*)"


_THANKS = _one_of("many thanks", "thanks", "thank you", "thx", "cheers")
_SORRY = _one_of("sorry")

# After a word in capitals, these continue a sentence about it: "DONE is better than perfect".
_IS = _one_of("is", "isn['’]t", "was(?:n['’]t)?", "are", "were", "be", "would", "should", "could", "than")
_VERB = _one_of("will", "can", "does", "do", "has", "must", "may")
_WITH = _one_of("with", "in", "on", "at", "for", "as", "to")

# These take any word back when they come next.
_BUT = _one_of("but", "except", "unless", "if", "though", "although", "however")
_NOT_NOW = _one_of("only", "or", "when", "once", "wait", "as soon as", "no longer", "never", "not yet", "not any ?more")
_ANOTHER_WORD = rf"{_one_of('yes', 'no', 'maybe')}(?=\s*(?:$|[,.!/?]|wait))"
_TAKES_BACK = f"{_BUT}|{_NOT_NOW}|{_ANOTHER_WORD}"

# These may make DONE or YES a plan, a part, or the opposite when they come next,
_DAY = _one_of("(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?", "today", "this(?! works)")
_PART = _one_of("most", "some", "part", "about", "the first", "all but", "n/a")
_NOT = rf"(?:n['’]t|{_one_of('not', 'cannot', 'never', 'none', 'nothing')})(?!{_EAGER})"
_NO = rf"{_one_of('no')}(?! (?:problem|issue|change|question|conflict))"
_UNSURE = _one_of("might", "maybe", "hopefully", "unlikely", "probably", "pending", "waiting", "still")
_PARTLY = _one_of("half", "almost", "nearly", "mostly", "partly", "partially")
_DOUBT = f"{_TAKES_BACK}|{_DAY}|{_PART}|{_in_sentence(f'{_NOT}|{_NO}|{_BUT}|{_UNSURE}|{_PARTLY}')}"

_LATER = _one_of(
    "by", "next", "soon", "tomorrow", "before", "after", "until", "later", "will be", "needs?", "working on"
)
_SOLVED = _one_of("unblocked", "resolved", "solved", "cleared", "fixed", "no longer", "not any ?more")

_COME = _one_of("be there", "come", "attend", "make it", "join")
_WILL_COME = rf"{_one_of('i', 'we')}(?:['’]ll| will| can| plan to) {_COME}"
_I_AM = rf"{_one_of('i', 'we')}(?:['’](?:m|re)| am| are)"
_IS_COMING = rf"{_I_AM} {_one_of('free', 'available', 'coming', 'going', 'around', 'not busy')}"
_IS_FINE = _one_of("see you", "that works", "count me in", "keep me", "no (?:problem|conflict)", "(?:happy|glad) to")
_CANNOT = _one_of("can['’]?t", "cannot", "can not", "won['’]?t", "will not", "unable to", "not able to")
_AWAY = _one_of("in court", "away", "out(?! of court)", "on leave", "on vacation", "unable", "have court")
_CANNOT_COME = _one_of("cancel", "remove", "take me off", "unfortunately", "decline", "regrets?")
_APOLOGY = rf"{_SORRY}(?! for (?:the|my) (?:late|delay))"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


OF_ITEMS = (
    WordForm(
        AnswerWord.DONE,
        "done|completed?",
        faces=_GLAD,
        space=_SORRY,
        capitals=f"(?!{_IS}|{_VERB}|{_WITH})",
        not_before=f"{_DOUBT}|{_LATER}|{_COUNT}",
    ),
    WordForm(
        AnswerWord.IN_PROGRESS,
        "in[ -]?progress",
        faces=_POLITE,
        space=r"\d+ ?%",
        capitals=f"(?!{_IS})",
        not_before=_TAKES_BACK,
    ),
    WordForm(
        AnswerWord.BLOCKED,
        "blocked",
        faces=_POLITE,
        space=_one_of("by", "until", "because", "waiting", "pending"),
        capitals=f"(?!{_IS})",
        not_before=rf"{_TAKES_BACK}|not\b|(?:by )?nothing\b",
        not_with=_SOLVED,
    ),
)
OF_INVITATIONS = (
    WordForm(
        AnswerWord.YES,
        "yes|accept(?:ed)?",
        faces=_GLAD,
        space=rf"{_one_of('please', 'see you')}|{_WILL_COME}|will {_COME}",
        capitals=f"(?!{_IS}|{_VERB})",
        not_before=_DOUBT,
        not_with=f"{_CANNOT}(?!{_EAGER})|{_AWAY}|{_CANNOT_COME}|{_APOLOGY}",
    ),
    WordForm(
        AnswerWord.MAYBE,
        "maybe|tentative",
        faces=_POLITE,
        space=_one_of("depends", "depending", "if"),
        not_before=_one_of("not", "never", "or", "yes", "no"),
    ),
    WordForm(
        AnswerWord.NO,
        r"no(?!\.? ?\d)|declined?",
        faces=_POLITE,
        space=f"{_SORRY}|unfortunately|(?:{_I_AM} |(?:i|we) )?{_AWAY}|(?:i |we )?{_CANNOT} {_COME}",
        not_before=_TAKES_BACK,
        not_with=f"{_WILL_COME}|{_IS_COMING}|{_IS_FINE}|(?:n['’]t|not){_EAGER}",
    ),
)
