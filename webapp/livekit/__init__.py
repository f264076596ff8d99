"""LiveKit: the only code that imports livekit."""
