"""Trunks: LiveKit's inbound trunks, the rooms on them, and how safe their PINs are."""
