"""Web pages: the doors that people see in a browser."""
