"""Who is notified that a plan, or access to an operation, waits for approval, and of the decision."""
