"""Recordings: start, stop, keep, refuse after expiry, delete."""
