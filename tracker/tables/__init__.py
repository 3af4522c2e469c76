"""Rows, readers with a person as viewer (`visible`), and readers of ids and times for the clock and writers."""
