"""The line breaks and indentation of templates, which readers of the source need and readers of the page do not."""

import re
from collections.abc import Iterable

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

SPACE = re.compile(r"\s+")


class WithoutIndentation(Extension):
    """Makes one space of each run of white space in a template, when it is compiled: pages carry no indentation.

    HTML shows any run as one space, except in `pre` and `textarea`: there a template writes values alone, which are not
    touched.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Yield the tokens of a template, with one space for each run in its markup."""
        for token in stream:
            is_markup = token.type == "data"
            yield Token(token.lineno, token.type, SPACE.sub(" ", token.value)) if is_markup else token
