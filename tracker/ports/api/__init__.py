"""The API for programs: JSON under /api/v1, with personal tokens; the same use cases as the pages."""
