"""Pages that are written as Markdown: their title and their HTML (CommonMark 0.31)."""

import struct
from collections.abc import Callable
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from msgspec import Struct

HEADING = ["heading_open", "inline", "heading_close"]
PNG_HEAD = struct.Struct(">16xII")
"""How a PNG begins: its signature and the start of its first chunk, then its width and its height."""


class Picture(NamedTuple):
    """Where browsers get a picture, and its size in pixels."""

    address: str
    width: int
    height: int


class WrittenPage(NamedTuple):
    """A page as browsers get it."""

    title: str
    """Its first heading."""
    body: Markup
    """What follows that heading."""


class MarkdownReader(Struct, frozen=True, kw_only=True):
    """Reads pages of our own; both functions raise `LookupError` for what isn't there."""

    page: Callable[[str], str]
    """Gives the address of the page that a link names."""
    picture: Callable[[str], Picture]

    def read(self, text: str) -> WrittenPage:
        """Return a page; HTML in it stays text. Errors: `ValueError` if it doesn't begin with a heading."""
        reader = MarkdownIt("commonmark", {"html": False})
        tokens = reader.parse(text)
        if [token.type for token in tokens[:3]] != HEADING:
            raise ValueError("The page doesn’t begin with a heading.")
        for token in tokens:
            for one in token.children or ():
                self._address(one)
        body = reader.renderer.render(tokens[3:], reader.options, {})
        return WrittenPage(tokens[1].content, Markup(body))  # noqa: S704 - a file of ours, whose own HTML is escaped

    def _address(self, token: Token) -> None:
        if token.type == "link_open":
            token.attrs["href"] = self.page(str(token.attrs["href"]))
        elif token.type == "image":
            picture = self.picture(str(token.attrs["src"]))
            token.attrs |= {"src": picture.address, "width": picture.width, "height": picture.height}
            token.attrs["loading"] = "lazy"


def size_of_png(picture: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG, in pixels (PNG specification §11.2.2)."""
    width, height = PNG_HEAD.unpack_from(picture)
    return width, height
