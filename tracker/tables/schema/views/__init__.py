"""What search looks through."""
