"""Readers with a viewer for the roster: what of it not every member may read."""
