"""What people do to stored deliveries."""

from webapp import audit
from webapp.audit import Actor
from webapp.deliveries.models import Delivery
from webapp.hooks import processing


def replay(delivery: Delivery, *, actor: Actor) -> None:
    """Let the delivery be worked off once more."""
    processing.replay(delivery)
    audit.record("hook.replay", str(delivery.id), actor)
