"""HTML as a browser lays it out: white space that does not show is taken away, so that tests say what people see.

A run of white space counts as one space, and as none where a block, a row or a flex item begins or ends. Every page of
every test goes through here, so it reads our own markup only, where each attribute is quoted, and keeps what it has
found out about a tag.
"""

import re
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

STYLES = Path(__file__).parents[2] / "tracker" / "static" / "tracker.css"
FLEX = re.compile(r"([^{}]*)\{[^{}]*display: ?(?:inline-)?(?:flex|grid)\b")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
VOID = frozenset("area base br col hr img input link meta source wbr".split())
BLOCKS = frozenset(
    "html head committee title meta link script main nav header footer aside section article div p ul ol li dl dt dd "
    "table thead tbody tfoot tr td th caption colgroup col form fieldset legend h1 h2 h3 h4 details summary figure "
    "figcaption hr br datalist optgroup option blockquote dialog pre textarea desc line rect text".split()
)
ROWS = frozenset("html head ul ol dl table thead tbody tfoot tr colgroup datalist select optgroup".split())
BLOCKS_AND_ROWS = BLOCKS | ROWS
KEPT = frozenset("pre textarea script".split())
READ_AS_ONE = frozenset({"tt-ev", "tt-ev__top", "tt-day"})
"""Classes of items whose text assistive technology reads as one phrase, so each space in it counts."""
INLINE_FORMS = "tt-deed"
LINES = frozenset("usa-label usa-hint usa-error-message usa-checkbox__label usa-radio__label".split())
"""Classes of inline elements that the style sheets put on lines of their own."""


def _flex_classes() -> frozenset[str]:
    """Return the classes whose elements lay their children out as items, by the style sheet."""
    rules = COMMENT.sub("", STYLES.read_text(encoding="utf-8"))
    selectors = ",".join(FLEX.findall(rules)).split(",")
    return frozenset(one.strip()[1:] for one in selectors if re.fullmatch(r"\s*\.[\w-]+\s*", one)) - READ_AS_ONE


FLEX_CLASSES = _flex_classes()
BOXES = FLEX_CLASSES | READ_AS_ONE | {"usa-button", "usa-label"}
"""Classes of inline elements that are boxes: the space at their edges does not show."""


TOKEN = re.compile(
    r"""<!--.*?-->|<!(?P<declared>[^>]*)>|</(?P<ended>[a-z][\w-]*)\s*>|(?P<begun><[a-z](?:[^"'>]|"[^"]*"|'[^']*')*>)"""
    r"|&(?P<reference>\#?\w+);|(?P<text>[^<&]+|[<&])",
    re.DOTALL | re.IGNORECASE,
)
SPACE = re.compile(r"\s+")
NAME = re.compile(r"[^\s/>]+")
ATTRIBUTE = re.compile(r"""\s(class|type)=(?:"([^"]*)"|'([^']*)')""")


class _Tag(Struct, frozen=True, kw_only=True):
    """A tag that begins an element, and how that is laid out, whatever is around it."""

    shown: str
    name: str
    is_empty: bool
    is_hidden: bool
    is_block: bool
    is_box: bool
    holds_items: bool


@lru_cache(maxsize=10_000)
def _tag(text: str) -> _Tag:
    match = NAME.match(text, 1)
    name = match[0].lower() if match else ""
    facts = {key: quoted or single for key, quoted, single in ATTRIBUTE.findall(text)}
    classes = set(facts.get("class", "").split())
    is_block = name in ROWS or bool(classes & LINES) or (name in BLOCKS and INLINE_FORMS not in classes)
    return _Tag(
        shown=_tidied(text),
        name=name,
        is_empty=text.endswith("/>"),
        is_hidden=facts.get("type") == "hidden",
        is_block=is_block,
        is_box=is_block or name in ("button", "svg") or bool(classes & BOXES),
        holds_items=name in ROWS or bool(classes & FLEX_CLASSES),
    )


class _Layout:
    def __init__(self) -> None:
        self._out: list[tuple[bool, str]] = []  # (is text, piece)
        self._open: list[tuple[str, bool, bool]] = []  # (tag, is a box, its children are items)
        self._kept = 0  # how many open elements keep their white space
        self._at_edge = True

    def laid_out(self, html: str) -> str:
        """Return the markup without the white space that does not show."""
        place = 0
        while match := TOKEN.match(html, place):
            place, group = match.end(), match.lastgroup
            self._take(match, group)
            if group == "begun" and self._open and self._open[-1][0] == "script":
                end = html.index("</script", place)
                self._out.append((True, html[place:end]))
                place = end
        self._end_line()
        return "".join(piece for _, piece in self._out)

    def _take(self, match: re.Match[str], group: str | None) -> None:
        """Take a token; those of which a page has most come first."""
        text = match[0]
        if group == "text":
            self._read(text)
        elif group == "begun":
            self._begin(_tag(text))
        elif group == "ended":
            self._end(match["ended"].lower())
        elif group == "reference":
            self._at_edge = False
            self._out.append((True, text))
        elif group == "declared":
            self._out.append((False, text))

    def _begin(self, tag: _Tag) -> None:
        """Begin an element; one that is empty, as those of a drawing, is no more than its tag."""
        if tag.is_empty:
            self._out.append((False, tag.shown))
            return
        is_item = bool(self._open) and self._open[-1][2]
        is_block, is_box = is_item or tag.is_block, is_item or tag.is_box
        if is_block:
            self._end_line()
        self._out.append((False, tag.shown))
        if is_box and not (tag.name in VOID and not is_block):
            self._at_edge = True
        if tag.name not in VOID:
            self._kept += tag.name in KEPT
            self._open.append((tag.name, is_box, tag.holds_items))
        elif not tag.is_hidden and not is_block:
            self._at_edge = False

    def _end(self, tag: str) -> None:
        """End an element; what it holds unclosed ends with it."""
        while self._open:
            name, is_box, _ = self._open.pop()
            self._kept -= name in KEPT
            if is_box:
                self._end_line()
                self._at_edge = name not in ("button", "svg") and name in BLOCKS_AND_ROWS
            if name == tag:
                break
        self._out.append((False, f"</{tag}>"))

    def _read(self, text: str) -> None:
        """Take text, one space for each run of white space."""
        if self._kept:
            self._out.append((True, text))
            return
        is_space = text.isspace()
        if is_space and self._at_edge:
            return
        shown = " " if is_space else SPACE.sub(" ", text)
        if self._at_edge:
            shown = shown.removeprefix(" ")
        if shown:
            self._at_edge = shown.endswith(" ")
            self._out.append((True, shown))

    def _end_line(self) -> None:
        """Take away the space before the end of a line, and let the next line begin without one."""
        for place in range(len(self._out) - 1, -1, -1):
            is_text, piece = self._out[place]
            if is_text:
                if piece.endswith(" "):
                    self._out[place] = (True, piece[:-1])
                break
            if piece.startswith("</") and piece[2:-1] in BLOCKS:
                break
        self._at_edge = True


def _tidied(tag: str) -> str:
    """Return a tag with one space between its attributes."""
    bare = re.sub(r"""("[^"]*"|'[^']*')|\s+""", lambda found: found[1] or " ", tag)
    return re.sub(r"\s+(/?>)$", r"\1", bare)


def laid_out(html: str) -> str:
    """Return HTML without the white space that does not show."""
    return _Layout().laid_out(html)
