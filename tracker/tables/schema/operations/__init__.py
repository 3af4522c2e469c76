"""Plans of joint operations."""
