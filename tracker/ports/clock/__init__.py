"""The clock: what runs on schedule, and when."""
