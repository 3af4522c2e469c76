"""Web pages: the interface that people use in a browser."""
