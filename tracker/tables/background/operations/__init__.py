"""Plans of joint operations, and conflicts between them."""
