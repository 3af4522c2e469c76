"""When people are available, and what conflicts."""
