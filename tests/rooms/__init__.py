"""Rooms, through HTTP."""
