"""What Frontdesk believes of LiveKit, stated so that any server can be asked."""
