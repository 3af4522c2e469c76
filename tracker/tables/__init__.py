"""Rows, those who read them as a person (`visible`), and those who read ids and moments for the clock and writers."""
