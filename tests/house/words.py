"""The words that pages, emails, commands, code and documents don't use, and what they say instead (see STYLE.md)."""

import re
from collections.abc import Iterator

PROGRAMS = r"(?:servers?|sinks?|scanners?|filters?|transfer|apps?|programs?|clients?)"
"""What may follow "mail": these are the field's terms."""

REPLACED = {
    # Name the subject.
    "whoever|whomever": "people who, anyone who, a role, or you",
    "somebody": "someone, or a role",
    "anybody": "anyone",
    "everybody": "everyone, or a role",
    "nobody": "no one",
    # Old or translated turns.
    "any more(?! [a-z])": "no longer",
    "anew": "again",
    "told(?! apart)": "notified, said, or shown",
    "tells? of": "reveals, or is about",
    "stands?(?! (?:in )?for|-alone| (?:down|by))": "is, or appears",
    "(?:the )?other way (?:a)?round": "or the reverse",
    "go(?:es|ing)? on(?! (?:paper|the|a|an|one|leave|to))": "continue",
    "as (?:it was|they were) written": "unchanged",
    "of before": "earlier",
    "in hand": "in progress, or assigned",
    "of (?:no|any) use": "outdated, or useful",
    "in other hands": "reassigned",
    "(?:is|are) called so": "has this name",
    "(?:dates?|events?|meetings?) to come": "upcoming",
    "for ever": "forever",
    "in silence": "silently",
    "afterwards|towards|upwards": "afterward, toward, upward",
    # The glossary.
    f"(?<![/.-])mail(?:s|ed|ing|ings)?(?! {PROGRAMS}|[-:/=@.]\\w)": "email",
    "e-mails?": "email",
    "bodies": "committees, or for HTTP: contents",
    "first holders?": "primary",
    "stand-ins?": "substitute",
    "news": "message, or change",
    "foresight": "preview",
    "brought back|reinstat\\w+": "restored",
    "takes? place after all": "restored, or back on",
    "(?-i:[Cc]ancell(?:ed|ing)?)": "canceled",
    "all that follow": "this and following dates",
    "taken twice": "double-booked",
    "clash(?:es|ed|ing)?": "conflict",
    "free times": "availability, or suggested times",
    "sight": "visibility, or access",
    "departures?": "offboarding",
    "(?:see|sees|saw|seen) (?:\\w+ )?out of": "remove from the task force",
    "heirs?": "new owner",
    "doors?": "port, way in, or access",
    "keepers?": "administrator",
    "fresh proof": "confirm it's you",
    "(?:wrong|failed|denied|many) tries|failed try|guesses": "failed sign-ins, or attempts",
    "the rolls?(?! call)|rolls of": "attendance, or attendance sheet",
    "trails?": "audit log",
    "whence": "request source",
    "soundness": "health checks",
    "mend(?:s|ed|ing)?": "fix",
    "holes?": "vulnerability, or bug",
    "(?:reply|replies) you owe": "replies needed",
    "attached notices?": "attached update",
    "outside (?:numbers?|checks?)": "deconfliction number",
    # American spelling; codespell knows the rest.
    "colours?": "color",
    "licences?": "license",
    "programmes?": "program",
}

INSTEAD = tuple(REPLACED.values())
EACH = "|".join(f"({one})" for one in REPLACED).replace(" ", r"\s+")
FOUND = re.compile(rf"\b(?:{EACH})\b", re.IGNORECASE)


def replaced(text: str, start: int = 1) -> Iterator[tuple[int, str]]:
    """Yield each replaced word: its line, counted from `start`, and the word with what to say instead."""
    for match in FOUND.finditer(text):
        word = " ".join(match.group().split())
        yield start + text.count("\n", 0, match.start()), f"“{word}”: say {INSTEAD[(match.lastindex or 1) - 1]}"
