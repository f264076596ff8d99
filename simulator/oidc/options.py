"""What the provider is told at its start, and what can be switched while it runs."""

from dataclasses import dataclass, field, fields
from typing import Any

ALGORITHMS = ("RS256", "PS256", "ES256", "HS256")
LIES = ("nonce", "issuer", "audience", "expired", "signature", "unsigned", "userinfo_subject", "userinfo_signature")


@dataclass(frozen=True)
class Options:
    """The one client this provider knows and the address it is reached at.

    `issuer` is the base URL as browsers and the client see it. Redirect addresses are compared character by character.
    """

    issuer: str
    client_id: str = "frontdesk"
    client_secret: str = "frontdesk-secret"  # noqa: S105 (nothing real is behind it)
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""


@dataclass
class Switches:
    """How the provider behaves; every field can be changed over `/control/switches`. Times are in seconds."""

    id_token_alg: str = "RS256"  # noqa: S105 (an algorithm)
    userinfo: str = "json"
    userinfo_content_type: str = "application/jwt"
    email_in: list[str] = field(default_factory=lambda: ["id_token", "userinfo"])
    email_verified_as: str = "boolean"
    auth_methods: list[str] = field(default_factory=lambda: ["client_secret_basic", "client_secret_post"])
    audience_as_list: bool = False
    key_ids: bool = True
    end_session: bool = True
    session_ids: bool = True
    userinfo_endpoint: bool = True
    issuer_slash: bool = False
    clock_skew: int = 0
    code_lifetime: int = 60
    token_lifetime: int = 300
    lies: list[str] = field(default_factory=list)

    def update(self, values: dict[str, Any]) -> None:
        """Change the named switches, all or none. Raises ValueError naming what does not fit."""
        kinds = {known.name: type(getattr(self, known.name)) for known in fields(self)}
        for name, value in values.items():
            if name not in kinds or type(value) is not kinds[name]:
                raise ValueError(f"no switch {name!r} takes {value!r}")
        candidate = Switches(**{**vars(self), **values})
        candidate.check()
        vars(self).update(vars(candidate))

    def check(self) -> None:
        """Raise ValueError for a value outside its list."""
        if self.id_token_alg not in ALGORITHMS:
            raise ValueError(f"id_token_alg is one of {', '.join(ALGORITHMS)}")
        if self.userinfo not in {"json", "jwt"} or self.email_verified_as not in {"boolean", "string", "absent"}:
            raise ValueError("userinfo is json or jwt; email_verified_as boolean, string or absent")
        if set(self.lies) - set(LIES) or set(self.email_in) - {"id_token", "userinfo"}:
            raise ValueError(f"lies are among {', '.join(LIES)}; email_in among id_token, userinfo")
