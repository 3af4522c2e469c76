"""What draws on several rooms."""
