"""Email: content becomes bytes, bytes are sent; and a sink that keeps a demo's emails."""
