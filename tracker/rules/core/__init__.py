"""Rules that every room uses."""
