"""The refusals of LiveKit's matching, each with its code and LiveKit's own words."""


class MatchingError(Exception):
    """LiveKit refuses or fails: `kind` is our name for it, `code` the Twirp code (empty when the process ends).

    The text may hold numbers and rule names, so it is shown and never logged. A `wrapped` one reaches the HTTP API
    with "twirp error unknown: " in front.
    """

    def __init__(self, kind: str, code: str, text: str, wrapped: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.code = code
        self.text = text
        self.wrapped = wrapped

    def as_json(self) -> dict[str, str]:
        """The refusal as the vectors write it."""
        return {"kind": self.kind, "code": self.code, "text": self.text}


class ConflictError(MatchingError):
    """Two stored objects, or one with itself, claim the same calls: `pair` is the one looked at and the holder."""

    def __init__(self, kind: str, text: str, pair: tuple[str, str], reason: str = "") -> None:
        super().__init__(kind, "invalid_argument", text)
        self.pair = pair
        self.reason = reason
