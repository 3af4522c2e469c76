"""Pages over ASGI."""
