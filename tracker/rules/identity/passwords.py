"""Which passwords are accepted, and why others are not (NIST SP 800-63B-4 §3.1.1.2, CJIS IA-5(1)(a)).

No kinds of characters are required and nothing expires: length counts, and that it is hard to guess.
"""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

SHORTEST = 15  # characters
LONGEST = 128  # characters
ENOUGH = 4.0  # parts that must each be guessed; see `parts`
MARK = 0.25  # part for a digit or sign: dates and "123!" add little
LONGEST_WORD = 24  # letters of a word that is looked up

TASK_FORCE_WORDS = frozenset(
    """task force taskforce tracker human trafficking trafficker rescue project coalition against hotline victim
    victims services service advocate survivor federal bureau investigation investigations homeland security
    attorney attorneys office justice department police sheriff county highway patrol detective agent officer
    operation operations coordinator committee steering agency fbi hsi kcpd usao caht mshp doj dhs ngo
    missouri kansas city independence jackson western district america american united states government
    password passphrase passcode secret welcome login signin letmein admin administrator changeme access account
    calendar meeting meetings winter spring summer autumn monday tuesday wednesday thursday friday saturday sunday
    january february march april june july august september october november december""".split()
)

_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qazwsxedcrfvtgbyhnujm")


def password_refusal(password: str, common: AbstractSet[str], personal: Iterable[str] = ()) -> str | None:
    """Return the sentence that explains why a password is refused, or None.

    `common` holds words that are guessed first (lower case); `personal` the person's own words: name, email, agency.
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. Four or more unrelated words work well."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if _is_repeated(password):
        return "This repeats the same few characters. Use four or more unrelated words."
    own = {word for text in personal for word in re.findall(r"[a-z0-9]{3,}", text.lower())}
    if parts(password, common, TASK_FORCE_WORDS | own) < ENOUGH:
        return "This is easy to guess. Add words that have nothing to do with you or this work."
    return None


def parts(password: str, common: AbstractSet[str], given: AbstractSet[str]) -> float:
    """Return the least number of parts of a password that must be guessed.

    A `given` word is free, a common password or a run ("qwerty", "aaaa") is one part, an unknown letter is one, a digit
    or sign a quarter.
    """
    text = password.lower()
    plain = text.translate(_LEET)
    least = [0.0]
    for end in range(1, len(text) + 1):
        single = least[end - 1] + (1.0 if text[end - 1].isalpha() else MARK)
        words = (
            least[start] + cost
            for start in range(max(0, end - LONGEST_WORD), end - 2)
            if (cost := _cost(text[start:end], plain[start:end], common, given)) is not None
        )
        least.append(min(single, min(words, default=single)))
    return least[-1]


def _cost(piece: str, plain: str, common: AbstractSet[str], given: AbstractSet[str]) -> float | None:
    if piece in given or plain in given:
        return 0.0
    if piece in common or plain in common or _is_run(piece):
        return 1.0
    return None


def _is_run(piece: str) -> bool:
    return len(set(piece)) == 1 or any(piece in row or piece[::-1] in row for row in _ROWS)


def _is_repeated(password: str) -> bool:
    few = len(set(password)) < 5  # noqa: PLR2004 - four different characters are few
    return few or (password + password).find(password, 1) < len(password)
