"""What stands for a recorded film."""

FILM = bytes(range(256)) * 40
