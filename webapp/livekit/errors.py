"""How LiveKit fails, without anything personal in the exception's own text."""

TWIRP = {
    "canceled",
    "unknown",
    "invalid_argument",
    "malformed",
    "deadline_exceeded",
    "not_found",
    "bad_route",
    "already_exists",
    "permission_denied",
    "unauthenticated",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "dataloss",
}
OURS = {"timeout", "no_connection", "not_livekit"}
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


def known_code(code: str) -> str:
    """The code, or `other`: what answers in LiveKit's place may say anything, and a metric holds words that we know."""
    return code if code in TWIRP | OURS else "other"


def code_of(error: BaseException) -> str:
    """What a log line says of a failure: LiveKit's code, else the kind of the exception."""
    return error.code if isinstance(error, LiveKitError) else type(error).__name__
