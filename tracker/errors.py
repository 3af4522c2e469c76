"""What can go wrong, in sentences for people; each door maps these to its own replies in one table.

TrackerError
├── NotFound      missing, or not for this viewer: the two are never told apart
├── NotAllowed    the viewer sees the thing but may not do this to it
│   └── ReauthenticationNeeded    they may, once they confirm who they are
├── Conflict      somebody else changed it meanwhile, or it already exists
├── Invalid       what was typed cannot be taken; one sentence per field
├── TooLarge      more than the product takes in one piece
├── Busy          too much at once; the same try works in a minute
└── Gone          a link that worked once and does not any more
"""


class TrackerError(Exception):
    """Base of all errors that people are meant to read."""

    sentence = "Something is not right."

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class NotFound(TrackerError):
    """The thing is missing or the viewer may not know of it; the answer is the same."""

    sentence = "We cannot find that page."


class NotAllowed(TrackerError):
    """The viewer may see the thing but not do this."""

    sentence = "You cannot do this."


class ReauthenticationNeeded(NotAllowed):
    """The viewer must confirm who they are first: a session or a token alone is not enough for this (CJIS IA-11)."""

    sentence = "Confirm it’s you before you do this."


class Conflict(TrackerError):
    """The thing changed since the viewer read it, or exists already."""

    sentence = "Somebody changed this while you were working on it."


class Invalid(TrackerError):
    """Input that cannot be taken: `fields` maps a field's name to one sentence."""

    sentence = "Please check what you entered."

    def __init__(self, sentence: str | None = None, /, **fields: str) -> None:
        self.fields: dict[str, str] = dict(fields)
        super().__init__(sentence or next(iter(fields.values()), None))


class TooLarge(TrackerError):
    """The input is larger than the product takes."""

    sentence = "This is too large."


class Busy(TrackerError):
    """More at once than the product takes; nothing is wrong with the request."""

    sentence = "The tracker is busy. Please try again in a minute."


class Gone(TrackerError):
    """A signed link whose event is over, or which a newer mail replaced."""

    sentence = "This link has expired or was replaced."
