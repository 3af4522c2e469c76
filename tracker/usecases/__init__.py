"""What people and the clock do: one function per deed, in one transaction."""
