"""Reviews of access."""
