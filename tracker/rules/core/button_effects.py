"""What people read at a button before they press it: what it does, to how many people, and what to know first.

Every button that sends, approves, begins, releases, or closes has one, so that no one has to look for the reason not to
press. It is made from the facts that the deed itself uses, so what follows can repeat the same numbers.
"""

from msgspec import Struct


class Caution(Struct, frozen=True, kw_only=True):
    """One thing to know first: a sentence, and where it can be settled."""

    says: str
    to: str = ""
    """The address of the page or part that settles it; empty = there is none."""
    link: str = ""
    """The words of the link, such as "Record a number"."""


class ButtonEffect(Struct, frozen=True, kw_only=True):
    """What a button does, in one sentence, and what to know first, the gravest one first."""

    says: str
    cautions: tuple[Caution, ...] = ()
