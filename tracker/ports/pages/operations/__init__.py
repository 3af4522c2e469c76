"""The plan of an operation, and the conflicts between operations."""
