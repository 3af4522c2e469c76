"""Agencies, people, committees and their seats, and sites."""
