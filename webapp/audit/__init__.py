"""Audit: who did what to what, when and from where, written in the transaction of the deed."""

from webapp.audit.service import Actor, changes, record

__all__ = ["Actor", "changes", "record"]
