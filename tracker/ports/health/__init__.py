"""Health checks: whether this deployment is configured correctly and does its work."""
