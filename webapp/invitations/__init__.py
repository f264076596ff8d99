"""Invitations: who was invited to a room by mail, when it is, what they got of it, and the role that comes with it."""
