"""What people ask of the doctor."""

from webapp import audit
from webapp.audit import Actor


def sweep(*, actor: Actor) -> None:
    """Record that somebody has every rule compared with its room now."""
    audit.record("telephony.sweep", "rules", actor)
