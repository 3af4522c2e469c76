"""Ports: over ASGI, with the cast as visitors."""
