"""The operations order: five paragraphs, in the order that NIMS and the military call SMEAC."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.clean_text import too_long

LONGEST_PARAGRAPH = 5_000  # characters
EMPTY = "Write at least one paragraph."


class Paragraph(StrEnum):
    """One of the five paragraphs."""

    SITUATION = "situation"
    MISSION = "mission"
    EXECUTION = "execution"
    ADMINISTRATION = "administration"
    COMMAND = "command"


PARAGRAPH_WORDS: dict[str, str] = {
    Paragraph.SITUATION: "Situation",
    Paragraph.MISSION: "Mission",
    Paragraph.EXECUTION: "Execution",
    Paragraph.ADMINISTRATION: "Administration and logistics",
    Paragraph.COMMAND: "Command and communications",
}
PARAGRAPH_HINTS = {
    Paragraph.SITUATION: "What you know about the location, and the risks to officers and the public.",
    Paragraph.MISSION: "What is to be done, by whom, when, and where, in one or two sentences.",
    Paragraph.EXECUTION: "How it’s done: teams, assignments, entry, arrest, and contingencies.",
    Paragraph.ADMINISTRATION: "Vehicles, equipment, food, evidence, transport, medical care, and the nearest hospital.",
    Paragraph.COMMAND: "Who’s in command, who takes over, radio channels, call signs, and signals.",
}
Paragraphs = Mapping[Paragraph, str]
"""The text of each paragraph."""


class OrderVersion(Struct, frozen=True, kw_only=True):
    """That an order was saved."""

    version: int
    """Of the plan, as the order made it."""
    saved_by: str
    saved_at: datetime


class Order(OrderVersion, frozen=True, kw_only=True):
    """An order with its text."""

    paragraphs: Paragraphs


def checked(paragraphs: Paragraphs) -> Paragraphs:
    """Return all five paragraphs, those left out as empty. Errors: Invalid by field."""
    every = {one: paragraphs.get(one, "") for one in Paragraph}
    wrong = {one.value: too_long(text, LONGEST_PARAGRAPH) for one, text in every.items() if _is_too_long(text)}
    if not any(every.values()):
        wrong = {Paragraph.SITUATION.value: EMPTY}
    if wrong:
        raise Invalid(**wrong)
    return every


def _is_too_long(text: str) -> bool:
    return len(text) > LONGEST_PARAGRAPH
