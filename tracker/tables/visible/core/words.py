"""Words in texts: the SQL condition that a text contains one, whatever its case, and the pattern that it looks for."""

from tracker.database import engine, is_postgres


def contains(text: str) -> str:
    """Return the condition that the SQL expression `text` contains a word; its placeholder takes a `pattern`."""
    fold = "LOWER" if is_postgres(engine()) else "FOLD"
    return f"{fold}({text}) LIKE {{}} ESCAPE '!'"


def pattern(word: str) -> str:
    """Return the word as a LIKE pattern that matches it literally (`q=%` finds a percent sign)."""
    return "%" + word.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
