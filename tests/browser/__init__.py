"""The pages in a real browser: for everyone, on a phone as on a desk."""
