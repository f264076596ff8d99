"""Dispatch rules: which a room wants, whose a rule is, and placing them in LiveKit."""
