"""HTML as a browser lays it out: white space that does not show is taken away, so that tests say what people see.

A run of white space counts as one space, and as none where a block, a row or a flex item begins or ends.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

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


class _Layout(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._out: list[tuple[bool, str]] = []  # (is text, piece)
        self._open: list[tuple[str, bool, bool]] = []  # (tag, is a box, its children are items)
        self._at_edge = True

    def laid_out(self, html: str) -> str:
        """Return the markup without the white space that does not show."""
        self.feed(html)
        self.close()
        self._end_line()
        return "".join(piece for _, piece in self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        facts = dict(attrs)
        classes = set((facts.get("class") or "").split())
        is_item = bool(self._open) and self._open[-1][2]
        is_block = is_item or tag in ROWS or bool(classes & LINES) or (tag in BLOCKS and INLINE_FORMS not in classes)
        is_box = is_block or tag in ("button", "svg") or bool(classes & BOXES)
        if is_block:
            self._end_line()
        self._out.append((False, _tidied(self.get_starttag_text() or "")))
        if is_box and not (tag in VOID and not is_block):
            self._at_edge = True
        if tag not in VOID:
            self._open.append((tag, is_box, tag in ROWS or bool(classes & FLEX_CLASSES)))
        elif facts.get("type") != "hidden" and not is_block:
            self._at_edge = False

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that has no content, as those of a drawing."""
        self._out.append((False, _tidied(self.get_starttag_text() or "")))

    def handle_endtag(self, tag: str) -> None:
        """End an element; what it holds unclosed ends with it."""
        while self._open:
            name, is_box, _ = self._open.pop()
            if is_box:
                self._end_line()
                self._at_edge = name not in ("button", "svg") and name in BLOCKS | ROWS
            if name == tag:
                break
        self._out.append((False, f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        """Take text, one space for each run of white space."""
        if any(name in KEPT for name, _, _ in self._open):
            self._out.append((True, data))
            return
        shown = re.sub(r"\s+", " ", data)
        if self._at_edge:
            shown = shown.removeprefix(" ")
        if shown:
            self._at_edge = shown.endswith(" ")
            self._out.append((True, shown))

    def handle_entityref(self, name: str) -> None:
        """Take a character by its name, as it is written."""
        self._say(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Take a character by its number, as it is written."""
        self._say(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """Take the kind of the document."""
        self._out.append((False, f"<!{decl}>"))

    def _say(self, piece: str) -> None:
        self._at_edge = False
        self._out.append((True, piece))

    def _end_line(self) -> None:
        """Take away the space before the end of a line, and let the next line begin without one."""
        for place in range(len(self._out) - 1, -1, -1):
            is_text, piece = self._out[place]
            if is_text:
                self._out[place] = (True, piece.removesuffix(" "))
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
