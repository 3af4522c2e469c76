"""Agencies, people, committees and their seats, sites."""
