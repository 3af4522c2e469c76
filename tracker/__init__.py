"""Task Force Tracker: meetings, operations, attendance and action items on a need-to-know basis."""
