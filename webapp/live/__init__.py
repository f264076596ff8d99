"""Live rooms: LiveKit is made to follow our rows, by hooks and by the sweep; who is inside."""
