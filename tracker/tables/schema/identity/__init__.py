"""Who a person is: sign-in, sessions, codes, tokens."""
