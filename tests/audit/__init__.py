"""Audit, through HTTP."""
