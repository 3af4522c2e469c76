"""Readers for the clock and inside transactions: ids and times, never content."""
