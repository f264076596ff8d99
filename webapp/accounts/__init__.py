"""Accounts: who is who, and how they sign in."""
