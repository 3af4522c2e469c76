"""The task force's days of escalation, out of its settings."""

from tracker.config.settings import Settings
from tracker.rules.emails.escalation import Escalation


def usual_escalation(settings: Settings) -> Escalation:
    """Return after how many days action items reach others than their owners."""
    return Escalation(agency=settings.escalate_to_agency, coordinator=settings.escalate_to_coordinator)
