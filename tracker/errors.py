"""What can go wrong, in sentences for people; each port maps these to its own responses in one table.

TrackerError
├── NotFound      missing, or not for this viewer: the two are never distinguished
├── NotAllowed    the viewer sees the thing but may not do this to it
│   └── ReauthenticationNeeded    they may, after they confirm their identity
├── Conflict      another person changed it meanwhile, or it already exists
├── Invalid       the input can't be accepted; one sentence per field
│   └── TooManyAttempts    not checked at all: too many wrong ones came before
├── TooLarge      more than the product accepts at once
├── Busy          too much at once; the same request works in a minute
└── Gone          a link, or something else, that worked once and no longer does
"""

from collections.abc import Mapping
from datetime import timedelta


class TrackerError(Exception):
    """Base of all errors that people are meant to read."""

    sentence = "Something went wrong."

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class NotFound(TrackerError):
    """The thing is missing or the viewer may not know of it; the response is the same."""

    sentence = "We can’t find that page."


class NotAllowed(TrackerError):
    """The viewer may see the thing but not do this, for one reason or several."""

    sentence = "You can’t do this."

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons or (self.sentence,)
        super().__init__(" ".join(self.reasons))


class ReauthenticationNeeded(NotAllowed):
    """The viewer must confirm their identity first: a session or a token alone is not enough for this (CJIS IA-11)."""

    sentence = "Confirm it’s you before you do this."


class Conflict(TrackerError):
    """The thing changed since the viewer read it, or it already exists."""

    sentence = "Someone changed this while you were working on it."


class Invalid(TrackerError):
    """Input that can't be accepted: `fields` maps a field's name to one sentence."""

    sentence = "Please check what you entered."
    asked: Mapping[str, str] = {}
    """What a form asks when it comes back, by its hidden fields."""

    def __init__(self, sentence: str | None = None, /, **fields: str) -> None:
        self.fields: dict[str, str] = dict(fields)
        super().__init__(sentence or next(iter(fields.values()), None))


def refuse_fields(sentences: Mapping[str, str]) -> None:
    """Raise `Invalid` with the sentences of the wrong fields; that of a right one is empty."""
    if wrong := {field: sentence for field, sentence in sentences.items() if sentence}:
        raise Invalid(**wrong)


class TooManyAttempts(Invalid):
    """Input that isn't checked, because too many wrong ones came before; it may be tried again in 15 minutes."""

    wait = timedelta(minutes=15)


class TooLarge(TrackerError):
    """The input is larger than the product accepts."""

    sentence = "This is too large."


class Busy(TrackerError):
    """Too much at once; nothing is wrong with the request."""

    sentence = "The tracker is busy. Please try again in a minute."


class Gone(TrackerError):
    """A signed link whose event is over, or something that can no longer be done."""

    sentence = "This link no longer works."
