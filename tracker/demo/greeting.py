"""What a demo prints when it is ready, for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tracker.demo.personas import Persona


def listing(base_url: str, mails: Path, people: Sequence[Persona]) -> dict[str, object]:
    """Return the content of `demo.json`: the address, the folder with one .eml per email, and the personas."""
    return {"base_url": base_url, "mail_folder": str(mails), "personas": [asdict(one) for one in people]}


def greeting(base_url: str, mails: Path, people: Sequence[Persona], more: Sequence[str]) -> str:
    """Return the lines for a terminal; `more` are the commands that print further links."""
    width = max(len(one.role) for one in people)
    links = [f"  {one.role:{width}}  {one.sign_in_url}" for one in people]
    return "\n".join(
        [
            "",
            f"Task Force Tracker, a demonstration on this computer only: {base_url}",
            "",
            "Sign in as one of five people. Each link works once, within 24 hours:",
            *links,
            "",
            "These commands print links for the administrator and the auditor, while it runs:",
            *(f"  {command}" for command in more),
            "",
            f"Mails that it sends:  {base_url}/demo/mail  (files in {mails})",
            "Stop it with Ctrl+C. The next start makes a fresh demo; with --keep it goes on with this one.",
            "",
        ]
    )
