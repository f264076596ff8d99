"""The provider's memory: requests, codes, tokens, browser sessions, switches and planned faults."""

import asyncio
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from simulator.oidc.keys import SigningKeys
from simulator.oidc.options import Options, Switches
from simulator.oidc.personas import Persona


@dataclass(frozen=True)
class AuthorizationRequest:
    """A checked request that waits for somebody to choose a persona."""

    redirect_uri: str
    state: str | None
    nonce: str | None
    challenge: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Browser:
    """A browser that is signed in here: as whom, and what the session is called in tokens."""

    persona: Persona
    sid: str = field(default_factory=lambda: secrets.token_urlsafe(12))


@dataclass
class Grant:
    """One code and the tokens it was exchanged for."""

    request: AuthorizationRequest
    persona: Persona
    expires_at: float
    auth_time: int
    sid: str = ""
    redeemed: bool = False
    tokens: list[str] = field(default_factory=list)


@dataclass
class AccessToken:
    """What the userinfo endpoint may tell its bearer."""

    grant: Grant
    expires_at: float


@dataclass
class Fault:
    """One endpoint's trouble for the next calls: `down`, `slow`, `drop` (no answer), `html`, or with `body`:
    `json`, and `text`, which says that it is JSON and need not be.
    """

    endpoint: str
    kind: str
    times: int = 1
    seconds: float = 0.0
    status: int = 503
    body: Any = None


class Provider:
    """Everything that lives between two requests."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.keys = SigningKeys(options.client_secret)
        self.requests: dict[str, AuthorizationRequest] = {}
        self.grants: dict[str, Grant] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.id_tokens: dict[str, Persona] = {}
        self.browsers: dict[str, Browser] = {}
        self.errands: set[asyncio.Task[Any]] = set()
        self.reset()

    def errand(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something beside the answer that is being given."""
        task = asyncio.get_running_loop().create_task(work)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    def reset(self) -> None:
        """Forget every switch, fault and count; keys, tokens and browser sessions stay."""
        self.switches = Switches()
        self.faults: list[Fault] = []
        self.calls: dict[str, int] = {}

    @property
    def issuer(self) -> str:
        """The issuer as tokens and metadata name it."""
        bare = self.options.issuer.rstrip("/")
        return f"{bare}/" if self.switches.issuer_slash else bare

    def now(self) -> float:
        """The provider's clock, in seconds, wrong by the clock_skew switch."""
        return time.time() + self.switches.clock_skew

    def remember(self, request: AuthorizationRequest) -> str:
        """Keep a request while its page is shown; return its handle."""
        handle = secrets.token_urlsafe(16)
        self.requests[handle] = request
        return handle

    def grant(self, request: AuthorizationRequest, persona: Persona, sid: str) -> str:
        """Return a fresh single-use code."""
        code = secrets.token_urlsafe(24)
        expires_at = time.monotonic() + self.switches.code_lifetime
        self.grants[code] = Grant(request, persona, expires_at, int(self.now()), sid)
        return code

    def open_token(self, grant: Grant) -> str:
        """Return an access token for a redeemed code."""
        token = secrets.token_urlsafe(32)
        self.access_tokens[token] = AccessToken(grant, time.monotonic() + self.switches.token_lifetime)
        grant.tokens.append(token)
        return token

    def revoke(self, grant: Grant) -> None:
        """Kill the tokens of a code that was presented twice (RFC 6749, 4.1.2)."""
        for token in grant.tokens:
            self.access_tokens.pop(token, None)

    def take_fault(self, endpoint: str) -> Fault | None:
        """Count the call and use up one planned fault of that endpoint, or of all (`*`)."""
        self.calls[endpoint] = self.calls.get(endpoint, 0) + 1
        planned = next((fault for fault in self.faults if fault.endpoint in {endpoint, "*"}), None)
        if planned:
            planned.times -= 1
            self.faults = [fault for fault in self.faults if fault.times > 0]
        return planned
