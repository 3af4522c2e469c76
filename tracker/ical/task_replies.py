"""Reads what calendar programs send back about a task: METHOD:REPLY with a VTODO (RFC 5546 §3.4.3)."""

from tracker.ical.components import Component, components
from tracker.ical.replies import EVERY, LARGEST, MOST, attendee_of
from tracker.rules.actions.item_changes import LONGEST_NOTE
from tracker.rules.core.answers import Word
from tracker.rules.core.clean_text import clean
from tracker.rules.intake.task_replies import TaskReply

WORDS = {"COMPLETED": Word.DONE, "IN-PROCESS": Word.IN_PROGRESS}
"""STATUS and PARTSTAT of a VTODO (RFC 5545 §3.8.1.11, §3.2.12)."""


def read(content: bytes) -> TaskReply | None:
    """Return the reply about one task in a calendar file; None for a file of anything else.

    Errors: Invalid when it can't be read, TooLarge.
    """
    if b"VTODO" not in content.upper():
        return None
    found = components(content, MOST, LARGEST)
    if found.method.upper() != "REPLY" or found.events or len(found.tasks) != 1:
        return None
    [task] = found.tasks
    address, partstat = attendee_of(task)
    status = task.text("STATUS").strip().upper()
    return TaskReply(
        uid=task.text("UID").strip(),
        attendee=address,
        word=WORDS.get(status) or WORDS.get(partstat),
        comment=_comment(task),
    )


def _comment(task: Component) -> str:
    return clean(task.text("COMMENT"), EVERY, "comment", multiline=True)[:LONGEST_NOTE].rstrip()
