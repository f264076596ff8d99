"""LiveKit's ids: a prefix and twelve characters that nobody confuses."""

import secrets

# No 0/O, 1/l/I: as livekit's protocol/utils/guid writes them.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new(prefix: str) -> str:
    """A fresh id such as `RM_xypbFP2h3afo`."""
    return prefix + letters(12)


def letters(length: int) -> str:
    """Random letters and digits of LiveKit's alphabet."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
