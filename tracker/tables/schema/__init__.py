"""Rows: columns and constraints."""
