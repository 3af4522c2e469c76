"""Pages that draw on several rooms."""
