"""Identity: signing in, sessions, codes, tokens."""
