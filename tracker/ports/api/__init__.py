"""The door for programs: JSON under /api/v1, opened by personal tokens; the same use cases as the pages."""
