"""How LiveKit fails, without anything personal in the exception's own text."""

PSRPC = "twirp error unknown: "  # LiveKit puts it in front of every error that crossed its message bus


class LiveKitError(Exception):
    """LiveKit refused; `code` is Twirp's.

    `message` holds LiveKit's words, which may name rules and numbers: shown to those who may see them, never logged.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"LiveKit answered {code}")
        self.code = code
        self.message = message.removeprefix(PSRPC)

    @property
    def without_redis(self) -> bool:
        """The server runs without Redis, so that it has no SIP and no egress."""
        return self.code == "internal" and "redis required" in self.message


class LiveKitUnavailable(LiveKitError):
    """LiveKit is down, slow, or something else answered in its place; trying again later may help."""
