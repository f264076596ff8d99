"""Core: the machinery that knows no feature."""
