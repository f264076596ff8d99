"""Frontdesk: the front desk of a LiveKit installation."""
