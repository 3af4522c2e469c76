"""Reads what calendar programs send back about a task: METHOD:REPLY with a VTODO (RFC 5546 §3.4.3)."""

from tracker.ical.components import Component
from tracker.ical.replies import EVERY, attendee_of, bounded
from tracker.rules.actions.item_changes import LONGEST_NOTE
from tracker.rules.core.answers import Word
from tracker.rules.core.clean_text import clean
from tracker.rules.intake.task_replies import TaskReply

LARGEST = 100_000  # bytes: a file that is no reply about a task is read once more
WORDS = {"COMPLETED": Word.DONE, "IN-PROCESS": Word.IN_PROGRESS}
"""STATUS and PARTSTAT of a VTODO (RFC 5545 §3.8.1.11, §3.2.12)."""


def read(content: bytes) -> TaskReply | None:
    """Return the reply about one task in a calendar file; None for a file of anything else.

    Errors: Invalid when it can't be read.
    """
    if len(content) > LARGEST or content.upper().count(b"BEGIN:VTODO") != 1:
        return None
    found = bounded(content)
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
