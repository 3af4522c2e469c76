"""Bytes to entries and back; knows iCalendar and nothing of the database."""
