"""Removes the line breaks and indentation of templates, which help readers of the source but not of the page."""

import re
from collections.abc import Iterable

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

SPACE = re.compile(r"\s+")


class WithoutIndentation(Extension):
    """Collapses each run of white space in a template into one space when it is compiled.

    HTML shows any run as one space, except in `pre` and `textarea`: there a template writes only values, which are not
    changed.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Yield the tokens of a template, with one space for each run in its markup."""
        for token in stream:
            is_markup = token.type == "data"
            yield Token(token.lineno, token.type, SPACE.sub(" ", token.value)) if is_markup else token
