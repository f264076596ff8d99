"""The bench measures what it says, or fails."""
