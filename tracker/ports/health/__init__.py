"""Health checks: whether this deployment is sound and does its work."""
