"""How people write the words of a reply, what may follow each in its line, and what takes it back.

A note is safer than a wrong reply: add to what takes a word back, and keep what may follow after a space short.
The rule is in `words`. No pattern can take more than a time in proportion to the text.
"""

import re
from collections.abc import Sequence

from tracker.rules.core.answers import Word

_POLITE = r"[🙂😊😀🙏]|:-?\((?!\w)"  # also ":("
_GLAD = "[🙂😊😀🙏👍👌✅✔🎉]"


def _one_of(*texts: str) -> str:
    return rf"\b(?:{'|'.join(texts)})\b"


def _in_sentence(pattern: str) -> str:
    """Return a pattern that finds this one in the rest of the sentence."""
    return rf"(?:[^.!?]|[.!?](?!\s|$))*?(?:{pattern})"


def _marks(faces: str) -> str:
    """Return a pattern of what ends a word: the end of the line, or punctuation and these emoji in any color."""
    mark = rf"(?:{faces})[\ufe0f\U0001f3fb-\U0001f3ff]*|[.:;!,…)–—]|(?<!:)(?<!:-)\("
    return rf"[*_\"”’']*\s*(?:$|(?:{mark}|-+(?:\s|$))(?:{mark}|[\s-])*)"


_SPACE = re.compile(r"[*_\"”’']*\s+")
_BRIEF_QUESTION = re.compile(r"[^\w?]*+(?:[\w'’]++[^\w?]*+){0,3}\?")
_STRANGE = re.compile(r"[^\w\s\"“'’(#$@<]|\((?![^\s(])")  # such as an emoji that isn't above, or ":("
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
# or anywhere in their sentence; but not "I can't wait" or "no problem".
_EAGER = " (?:wait|miss|be late)"
_NOT = rf"(?:n['’]t|{_one_of('not', 'cannot', 'never', 'none', 'nothing')})(?!{_EAGER})"
_NO = rf"{_one_of('no')}(?! (?:problem|issue|change|question|conflict))"
_UNSURE = _one_of("might", "maybe", "hopefully", "unlikely", "probably", "pending", "waiting", "still")
_PARTLY = _one_of("half", "almost", "nearly", "mostly", "partly", "partially")
_DOUBT = f"{_TAKES_BACK}|{_DAY}|{_PART}|{_in_sentence(f'{_NOT}|{_NO}|{_BUT}|{_UNSURE}|{_PARTLY}')}"

_LATER = _one_of(
    "by", "next", "soon", "tomorrow", "before", "after", "until", "later", "will be", "needs?", "working on"
)
_COUNT = r"\w+ ?(?:of|out of|/) ?(?:\d|two|three|four|five)|(?!100)\d+ ?%"
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


class Form:
    """How people write one word, and what may follow it."""

    def __init__(
        self, word: Word, names: str, *, faces: str, space: str, not_before: str, capitals: str = "", not_with: str = ""
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
        is_allowed = self.capitals if self._stands_out(begin.group(1), rest) else self.space
        return rest if is_allowed.match(rest) and "?" not in rest else None

    def _stands_out(self, name: str, rest: str) -> bool:
        """Return whether this is the word itself in capitals, in a line that isn't all capitals."""
        return name.replace("-", "_").replace(" ", "_") == self.word.upper() and not rest.isupper()


OF_ITEMS = (
    Form(
        Word.DONE,
        "done|completed?",
        faces=_GLAD,
        space=_SORRY,
        capitals=f"(?!{_IS}|{_VERB}|{_WITH})",
        not_before=f"{_DOUBT}|{_LATER}|{_COUNT}",
    ),
    Form(
        Word.IN_PROGRESS,
        "in[ -]?progress",
        faces=_POLITE,
        space=r"\d+ ?%",
        capitals=f"(?!{_IS})",
        not_before=_TAKES_BACK,
    ),
    Form(
        Word.BLOCKED,
        "blocked",
        faces=_POLITE,
        space=_one_of("by", "until", "because", "waiting", "pending"),
        capitals=f"(?!{_IS})",
        not_before=rf"{_TAKES_BACK}|not\b|(?:by )?nothing\b",
        not_with=_SOLVED,
    ),
)
OF_INVITATIONS = (
    Form(
        Word.YES,
        "yes|accept(?:ed)?",
        faces=_GLAD,
        space=rf"{_one_of('please', 'see you')}|{_WILL_COME}|will {_COME}",
        capitals=f"(?!{_IS}|{_VERB})",
        not_before=_DOUBT,
        not_with=f"{_CANNOT}(?!{_EAGER})|{_AWAY}|{_CANNOT_COME}|{_APOLOGY}",
    ),
    Form(
        Word.MAYBE,
        "maybe|tentative",
        faces=_POLITE,
        space=_one_of("depends", "depending", "if"),
        not_before=_one_of("not", "never", "or", "yes", "no"),
    ),
    Form(
        Word.NO,
        r"no(?!\.? ?\d)|declined?",
        faces=_POLITE,
        space=f"{_SORRY}|unfortunately|(?:{_I_AM} |(?:i|we) )?{_AWAY}|(?:i |we )?{_CANNOT} {_COME}",
        not_before=_TAKES_BACK,
        not_with=f"{_WILL_COME}|{_IS_COMING}|{_IS_FINE}|(?:n['’]t|not){_EAGER}",
    ),
)
