"""What every room of the pages uses."""
