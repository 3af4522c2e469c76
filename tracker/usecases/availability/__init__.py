"""When people are free, and what conflicts."""
