"""Emails that people send to the tracker: what they mean, and which of them count."""
