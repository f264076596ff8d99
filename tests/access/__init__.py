"""Access, through HTTP."""
