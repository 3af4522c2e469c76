"""The clock door: what happens by itself, and when."""
