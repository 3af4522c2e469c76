"""What people sent to the tracker by email."""
