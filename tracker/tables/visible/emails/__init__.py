"""Emails, reminders and what people chose about them."""
