"""What a demo prints when it is ready, for people and for programs."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from tracker.demo.personas import Persona


class WayIn(Struct, frozen=True, kw_only=True):
    """Where the demo takes replies by email."""

    lmtp: str
    """Host and port of its LMTP listener."""
    authserv_id: str
    """Whose Authentication-Results it trusts."""


def listing(base_url: str, mails: Path, people: Sequence[Persona], way_in: WayIn) -> dict[str, object]:
    """Return the content of `demo.json`: the address, where emails go and come in, and the personas."""
    return {
        "base_url": base_url,
        "mail_folder": str(mails),
        **asdict(way_in),
        "personas": [asdict(person) for person in people],
    }


def greeting(base_url: str, mails: Path, people: Sequence[Persona]) -> str:
    """Return the lines for a terminal."""
    width = max(len(person.role) for person in people)
    links = [f"  {person.role:{width}}  {person.sign_in_url}" for person in people]
    return "\n".join(
        [
            "",
            f"Task Force Tracker, a demonstration on this computer only: {base_url}",
            "Open it and choose a person. Or use a link, which works once, within 24 hours:",
            *links,
            "",
            f"Emails that it sends:  {base_url}/demo/mail  (files in {mails})",
            "Stop it with Ctrl+C. The next start creates a fresh demo; --keep continues this one.",
            "",
        ]
    )
