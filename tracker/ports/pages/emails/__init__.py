"""Emails, reminders and people's preferences about them."""
