"""Words in texts: the SQL conditions that a text has one, whatever its case, and the patterns that they look for."""

from tracker.database import engine, is_postgres


def folded(text: str) -> str:
    """Return the SQL expression `text` in lower case."""
    return f"{'LOWER' if is_postgres(engine()) else 'FOLD'}({text})"


def contains(text: str) -> str:
    """Return the condition that the SQL expression `text` contains a word; its placeholder takes a `pattern`."""
    return f"{folded(text)} LIKE {{}} ESCAPE '!'"


def begins(text: str) -> str:
    """Return the condition that the SQL expression `text` begins with a word; its placeholder takes a `prefix`."""
    return contains(text)


def pattern(word: str) -> str:
    """Return the word as a LIKE pattern that matches it literally (`q=%` finds a percent sign)."""
    return f"%{prefix(word)}"


def prefix(word: str) -> str:
    """Return the same pattern for a text that begins with the word."""
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
