"""Rows: columns, constraints and the one reader of events."""
