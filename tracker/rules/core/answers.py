"""What people write back to an email of ours, and what became of it: kept with the email, and confirmed by another."""

from enum import StrEnum


class Word(StrEnum):
    """What a reply asks for."""

    DONE = "done"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    NOTE = "note"
    """A text that is none of the words, about an action item."""
    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Taken(StrEnum):
    """What became of an email with words."""

    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    """It was so already."""
    NO_WORD = "no_word"
    """It says none of the words that work."""
    CLOSED = "closed"
    """The item is closed, or the date is over or canceled."""
    OUTDATED = "outdated"
    """It replies to a time that has changed since."""
    SIGN_IN = "sign_in"
    """It is about something that people may change only after they sign in."""
    UNMATCHED = "unmatched"
    """It doesn't come from the person who got our email, as far as can be known, or they may not change it."""
    IGNORED = "ignored"
    """A machine wrote it: an out-of-office message, or a calendar program that says nothing new of a task."""
    UNREADABLE = "unreadable"
