"""Holds: phone callers who must wait are neither heard nor hear, until a host decides."""
