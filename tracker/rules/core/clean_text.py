"""Text that people type: how it is cleaned, and the forms of its words."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from tracker.errors import Invalid

_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters (C0, C1); tabs and line ends are handled earlier
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls: they could show the end of a title first
    "\ufeff\ufffe\uffff\ud800-\udfff"  # byte order mark, characters that XML forbids, lone surrogates
    "]"
)

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # fillers of Hangul and the empty Braille pattern
UNSEEN = "This has an invisible character. Type it again."
FORMULA = "Start with a letter or a digit. A spreadsheet would read this as a formula."
_NAME_JOINERS = "\u200c\u200d"  # invisible, and part of the spelling of some names
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Excel reads a file as UTF-8 only when it starts with this mark."""
FORMULA_SIGNS = "=+-@"
CELL_BREAKS = ("\t", "\r", "\n")  # what follows may be read as a cell of its own


def clean(text: str, longest: int, field: str, *, multiline: bool = False) -> str:
    """Return the text in NFC without control characters and outer space, with plain newlines or on one line.

    In a one-line text, runs of line ends, tabs and spaces become one space. Errors: Invalid(`field`) above `longest`
    characters.
    """
    # Most texts are one line of plain letters, which have nothing but spaces to lose.
    is_plain = text.isascii() and text.isprintable()
    lines = [text] if is_plain else _LINE_ENDS.sub("\n", text).replace("\t", " ").split("\n")
    tidy = lines if is_plain else [unicodedata.normalize("NFC", _INVISIBLE.sub("", line)).rstrip() for line in lines]
    whole = (
        "\n".join(tidy).strip() if multiline else " ".join(word for line in tidy for word in line.split(" ") if word)
    )
    if len(whole) > longest:
        raise Invalid(**{field: too_long_words(whole, longest)})
    return whole


def visible_text(text: str) -> str:
    """Return a text from its first character that shows: no space, no control, no mark without a letter, no filler."""
    for place, sign in enumerate(text):
        if unicodedata.category(sign)[0] not in "CMZ" and sign not in _BLANK:
            return text[place:]
    return ""


def too_long_words(text: str, longest: int) -> str:
    """Return the error for a text above its limit, in the same words for every port."""
    return f"Use at most {longest:,} characters. This has {len(text):,}."


def name_in(text: str, longest: int, field: str) -> str:
    """Return a name as it is stored. Errors: Invalid(`field`) for one that can't be a name, or is too long."""
    shown = text.strip(" ")
    if why_not := name_fault(shown):
        raise Invalid(**{field: why_not})
    return clean(shown, longest, field)


def name_fault(text: str) -> str:
    """Return why a text can't be a name, or ""; an empty text can, where none is required."""
    if is_formula(text):
        return FORMULA
    if visible_text(text) != text or any(
        unicodedata.category(sign)[0] == "C" and sign not in _NAME_JOINERS for sign in text
    ):
        return UNSEEN
    return ""


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV: UTF-8 with a byte order mark, every cell quoted, CR LF line ends (RFC 4180)."""
    text = io.StringIO(BOM, newline="")
    text.seek(len(BOM))
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(map(csv_cell, row) for row in rows)
    return text.getvalue().encode()


def csv_cell(value: object) -> str:
    """Return a value as a cell's text; an apostrophe goes before text that a spreadsheet would calculate."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may read a text as a formula, also after characters that don't show.

    Small and full-width forms of the signs count too.
    """
    first = unicodedata.normalize("NFKC", visible_text(text)[:1])
    return text.lstrip(" ").startswith(CELL_BREAKS) or (first != "" and first in FORMULA_SIGNS)


TOKEN = re.compile(r"[^\W_]+")
"""One word of a text: letters and digits, up to the next other character."""
SHORTEST_BEGINNING = 2  # letters: a single one stands for itself alone
SHORTEST_OF_A_NAME = 1  # letter, of a word by which one chooses a person
LONGEST_WORD = 60  # characters
LONGEST = 100  # characters of what someone types to look for something
MOST_WORDS = 8  # of it; the rest is ignored

_WITHOUT_STROKES = str.maketrans("đłø", "dlo")  # strokes are no accents to Unicode
_ACCENTED = re.compile("([A-Za-z])[\u0300-\u036f]+")
_SHORTEST_WITH_FORMS = 4  # letters
_VOWELS = frozenset("aeiou")
_HISSES = ("s", "x", "z", "ch", "sh", "o")


def folded(text: str) -> str:
    """Return a text in lower case, and its Latin letters without accents and strokes."""
    apart = unicodedata.normalize("NFD", text.lower().translate(_WITHOUT_STROKES))
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", apart))


def tokens(text: str) -> list[str]:
    """Return the words of a text, folded, in their order."""
    return [word[:LONGEST_WORD] for word in TOKEN.findall(folded(text))]


def search_words(text: str) -> tuple[str, ...]:
    """Return the words to look for, which must all match, each once, folded; signs only separate them.

    "Jane Smith (KCPD)" finds Jane Smith of KCPD.
    """
    return tuple(dict.fromkeys(tokens(text[:LONGEST])))[:MOST_WORDS]


def is_match(word: str, token: str, shortest: int = SHORTEST_BEGINNING) -> bool:
    """Return whether `token`, a word of a text, is what someone means who looks for `word`; both are folded."""
    return token == word or (stands_for_longer(word, shortest) and token.startswith(word)) or token in other_forms(word)


def stands_for_longer(word: str, shortest: int = SHORTEST_BEGINNING) -> bool:
    """Return whether a word that someone looks for also stands for longer ones that begin with it."""
    return len(word) >= shortest


def has_all(words: Sequence[str], *texts: str, shortest: int = SHORTEST_BEGINNING) -> bool:
    """Return whether each of these folded words matches a word of one of the texts."""
    names = {token for text in texts for token in tokens(text)}
    return all(any(is_match(word, token, shortest) for token in names) for word in words)


@lru_cache(maxsize=1_000)
def other_forms(word: str) -> frozenset[str]:
    """Return the other forms of an English word: one and many of a noun, the tenses of a verb.

    They follow the rules of spelling, so some of them are words that no one writes. Forms that begin with the word
    aren't among them: it stands for these anyway.
    """
    if len(word) < _SHORTEST_WITH_FORMS or not (word.isascii() and word.isalpha()):
        return frozenset()
    forms = {form for base in {word, *_bases(word)} for form in _inflected(base)}
    return frozenset(form for form in forms if not form.startswith(word))


def _bases(word: str) -> Iterator[str]:
    """Yield what a word may be a form of: agency for agencies, plan for planned, file for filing."""
    if word.endswith(("ies", "ied")):
        yield word[:-3] + "y"
    if word.endswith("es") and word[:-2].endswith(_HISSES):
        yield word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
    if word.endswith("ed") and not word.endswith("eed"):
        yield from _verbs(word[:-2])
    if word.endswith("ing"):
        yield from _verbs(word[:-3])


def _verbs(stem: str) -> Iterator[str]:
    """Yield the verbs that may have this stem before -ed or -ing."""
    if _VOWELS.isdisjoint(stem) or len(stem) < _SHORTEST_WITH_FORMS - 1 - _ends_short(stem):
        return
    yield stem + "e"
    is_doubled = stem[-1] == stem[-2] and stem[-1] not in _VOWELS
    if is_doubled:
        yield stem[:-1]
    if is_doubled or not _is_short(stem):
        yield stem


def _inflected(base: str) -> Iterator[str]:
    """Yield a noun or verb, and its forms."""
    yield base
    yield base + "s"
    if base.endswith(_HISSES):
        yield base + "es"
    if base.endswith("y") and base[-2] not in _VOWELS:
        yield base[:-1] + "ies"
        yield base[:-1] + "ied"
    for ending in ("ed", "ing"):
        yield from _with_ending(base, ending)


def _with_ending(verb: str, ending: str) -> Iterator[str]:
    """Yield a verb with -ed or -ing: filed, planned, visited."""
    if verb.endswith("e"):
        yield verb[:-1] + ending
    if not verb.endswith("e") or ending == "ing":
        yield verb + ending
    if _ends_short(verb):
        yield verb + verb[-1] + ending


def _ends_short(word: str) -> bool:
    """Return whether a word ends in a consonant after a single vowel: its last letter may be doubled before -ed."""
    ends = word[-3:]
    return (
        len(ends) > 1
        and ends[-1] not in _VOWELS | {"w", "x", "y"}
        and ends[-2] in _VOWELS
        and (len(ends) == 2 or ends[0] not in _VOWELS)  # noqa: PLR2004 - no letter before the vowel
    )


def _is_short(stem: str) -> bool:
    """Return whether a stem of one syllable lacks an e: fil of filing; plan would have been doubled in planning."""
    return _ends_short(stem) and sum(letter in _VOWELS for letter in stem) == 1
