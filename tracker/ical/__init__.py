"""Converts iCalendar bytes to entries and back, without access to the database."""
