"""Calls: who came by phone, under pseudonyms, and what became of it."""
