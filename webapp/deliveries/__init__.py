"""Deliveries: LiveKit's hooks as they were received, redacted, kept for a while."""
