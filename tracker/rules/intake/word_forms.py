"""How people write the words of a reply, what may follow each in its line, and what takes it back.

The rule is in `words`. No pattern can take more than a time in proportion to the text.
"""

import re
from collections.abc import Sequence

from tracker.rules.core.answers import Word

_AGAINST = "\U0001f44e\U0001f914\U0001f6ab❌❓❔"  # thumbs down, thinking, prohibited, cross, question marks
_EMOJI = f"(?![{_AGAINST}])[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]"
_MARKS = re.compile(rf"[*_\"”’']*\s*(?:$|(?:[.:;!,…()–—]|-+(?:\s|$)|{_EMOJI})(?:[\s.:;!,…()–—-]|{_EMOJI})*)")
_SPACE = re.compile(r"[*_\"”’']*\s+")


def _one_of(*texts: str) -> str:
    return rf"(?:{'|'.join(texts)})\b"


_THANKS = _one_of("many thanks", "thanks", "thank you", "thx", "please", "see you", "cheers", "sorry")
_BRIEF_QUESTION = re.compile(rf"[^\w?]*+(?:[\w'’]++[^\w?]*+){{0,3}}\?|[{_AGAINST}]")
# After a word, these continue a sentence about it: "DONE is better than perfect".
_IS = _one_of("is", "isn['’]t", "was(?:n['’]t)?", "are", "were", "be", "would", "should", "could", "than")
# After DONE, these begin a plan or a part: "DONE by Friday", "DONE with half of it".
_LATER = _one_of(
    "with", "by", "in", "on", "at", "for", "after", "before", "as", "to", "tomorrow", "next", "soon", "until"
)
# "Yes, no, wait", but not "YES no problem".
_ANOTHER_WORD = rf"{_one_of('yes', 'no', 'maybe')}(?=\s*(?:$|[,.!/?]|wait))"
_CONDITION = _one_of(
    "but", "except", "unless", "if", "only", "or", "though", "although", "however", "when", "once", "wait"
)
_NOT_NOW = _one_of("as soon as", "no longer", "not yet", "not any ?more")
_TAKES_BACK = f"{_CONDITION}|{_NOT_NOW}|{_ANOTHER_WORD}"
_IN_PART = _one_of("not", "isn['’]t", "almost", "nearly", "mostly", "partly", "partially", "half")
_COME = _one_of("be there", "come", "attend", "make it", "join")
_WILL_COME = rf"\b(?:i|we)(?:['’]ll| will| can| plan to) {_COME}"
_IS_FREE = rf"\b(?:i|we)(?:['’](?:m|re)| am| are) {_one_of('free', 'available', 'coming', 'around', 'not busy')}"
_IS_FINE = rf"\b{_one_of('see you (?:there|then)', 'that works', 'count me in', 'keep me', 'no (?:problem|conflict)')}"
_CANNOT = _one_of("can['’]?t", "cannot", "can not", "won['’]?t", "will not", "unable", "not able")
_IS_AWAY = (
    rf"(?:i|we)(?:['’](?:m|re)| am| are| have (?:a|to|court))\b|(?:i |we )?{_CANNOT}|(?:unfortunately|in court)\b"
)
_CANNOT_COME = rf"\b(?:{_CANNOT}(?! (?:wait|miss|be late)\b)|cancel|remove|take me off|unfortunately)"
# "DONE 2 of 3", "BLOCKED resolved".
_SOME = rf"\d+ ?(?:of|out of|/) ?\d|{_one_of('some', 'part', 'nothing', 'never', 'the first', 'all but')}"
_SOLVED = _one_of("unblocked", "resolved", "solved", "cleared")


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


class Form:
    """How people write one word, and what may follow it."""

    def __init__(
        self,
        word: Word,
        names: str,
        *,
        space: str = "",
        capitals: str = "",
        not_before: str = _TAKES_BACK,
        not_with: str = "",
    ) -> None:
        """Keep what may follow after a space, also after capitals, and what takes the word back: next, or anywhere."""
        self.word = word
        self.name = _pattern(rf"[*_\"“']*({names})\b")
        self.space = _pattern(rf"{_THANKS}|{space}" if space else _THANKS)
        self.capitals = _pattern(capitals) if capitals else self.space
        self.not_before = _pattern(rf"(?:{_THANKS}[\s.!,–—-]*)?(?:{not_before})")
        self.not_with = _pattern(not_with) if not_with else None

    def note_in(self, lines: Sequence[str]) -> str | None:
        """Return what follows the word at the beginning of these lines; None when they don't ask for it."""
        begin = self.name.match(lines[0])
        rest = self._rest(lines[0], begin) if begin else None
        if rest is None:
            return None
        note = "\n".join([*filter(None, [rest]), *lines[1:]])
        is_taken_back = (
            _BRIEF_QUESTION.match(rest) or self.not_before.match(note) or (self.not_with and self.not_with.search(note))
        )
        return None if is_taken_back else note

    def _rest(self, line: str, begin: re.Match[str]) -> str | None:
        if marks := _MARKS.match(line, begin.end()):
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
        capitals=rf"(?!{_IS}|{_LATER}|\d+ ?%)",
        not_before=rf"{_TAKES_BACK}|{_IN_PART}|{_SOME}",
    ),
    Form(Word.IN_PROGRESS, "in[ -]?progress", space=r"\d+ ?%", capitals=rf"(?!{_IS})"),
    Form(
        Word.BLOCKED,
        "blocked",
        space=r"(?:by|until|because|waiting|pending)\b",
        capitals=rf"(?!{_IS})",
        not_before=rf"{_TAKES_BACK}|{_SOLVED}",
    ),
)
OF_INVITATIONS = (
    Form(
        Word.YES,
        "yes|accept(?:ed)?",
        space=rf"{_WILL_COME}|will {_COME}",
        capitals=rf"(?!{_IS})",
        not_before=rf"{_TAKES_BACK}|{_IN_PART}|and (?:no|maybe)\b",
        not_with=_CANNOT_COME,
    ),
    Form(Word.MAYBE, "maybe|tentative", space=r"(?:depends|depending|if)\b", not_before=r"(?:not|or|yes|no)\b"),
    Form(Word.NO, r"no(?!\.? ?\d)|declined?", space=_IS_AWAY, not_with=rf"{_WILL_COME}|{_IS_FREE}|{_IS_FINE}"),
)
