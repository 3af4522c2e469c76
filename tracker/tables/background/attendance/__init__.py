"""What the clock and writers ask about attendance: ids and times."""
