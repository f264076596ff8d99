"""Support: one room, our side beside LiveKit's, without personal data."""
