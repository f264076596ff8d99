"""OpenID providers that others wrote, each as a program of its own that ends with the tests, however they end.

`make providers` installs them: npm's oidc-provider, and pytest-iam in an environment of its own, because it brings a
second web application and three plugins of pytest, which none of our processes should load.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

from tests.plugins.components import missing
from tests.support.processes import end

HERE = Path(__file__).parent.parent / "providers"
INSTALLED = HERE.parent.parent / "build" / "providers"
SECRET = "a-secret-of-thirty-two-letters-or-more"


class ForeignProvider:
    """A provider that runs: its issuer, and what it can be told to be."""

    settings: ClassVar[dict[str, Any]] = {}  # what ours must be at it

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._in: IO[str] = process.stdin
        self._out: IO[str] = process.stdout
        self.issuer = str(self._heard()["issuer"])

    def become(self, **wish: Any) -> None:
        """Change what it is, until it is told otherwise; `rotate=True` gives it new keys, and drops those it had."""
        self._in.write(json.dumps(wish) + "\n")
        self._in.flush()
        self._heard()

    def _heard(self) -> dict[str, Any]:
        line = self._out.readline()
        assert line, "the provider ended; what it said is above"
        return dict(json.loads(line))

    def meet(self, sub: str, email: str, *groups: str) -> None:
        """Whoever comes from now on is this person."""
        raise NotImplementedError


class OidcProvider(ForeignProvider):
    """npm's oidc-provider, which is certified."""

    def meet(self, sub: str, email: str, *groups: str) -> None:
        """Whoever comes from now on is this person, whose address is verified."""
        self.send(sub, email=email, email_verified=True, name="Ada King", given_name="Ada", groups=groups)

    def send(self, sub: str, **claims: Any) -> None:
        """Whoever comes from now on is this person, of whom these claims and no others are sent."""
        self.become(account={"sub": sub, "claims": claims})

    def serve(self, *, id_token: str = "RS256", userinfo: str = "", **client: Any) -> None:
        """Sign for us like that, and know more about us; without an algorithm userinfo is plain JSON."""
        signed = {"userinfo_signed_response_alg": userinfo} if userinfo else {}
        self.become(client={"client_secret": SECRET, "id_token_signed_response_alg": id_token, **signed, **client})


class IamProvider(ForeignProvider):
    """pytest-iam's provider, Canaille: it never says whether an address is verified."""

    settings: ClassVar[dict[str, Any]] = {"oidc_trust_email": True, "oidc_scopes": "openid email profile groups"}

    def meet(self, sub: str, email: str, *groups: str) -> None:
        """Whoever comes from now on is this person."""
        person = {"user_name": sub, "emails": [email], "given_name": "Ada", "family_name": "King"}
        self.become(account={**person, "formatted_name": "Ada King", "groups": groups})


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """npm's oidc-provider, once it answers."""
    with _running("node", "node_modules/oidc-provider", HERE / "oidc_provider.mjs", INSTALLED) as process:
        yield OidcProvider(process)


@contextmanager
def iam_provider() -> Iterator[IamProvider]:
    """pytest-iam's provider, once it answers."""
    with _running("venv/bin/python", "venv/bin/pytest", HERE / "iam_server.py") as process:
        yield IamProvider(process)


@contextmanager
def _running(program: str, needed: str, *arguments: Path) -> Iterator[subprocess.Popen[str]]:
    if not (INSTALLED / program).exists() or not (INSTALLED / needed).exists():
        missing(f"{arguments[0].stem} of others", "make providers")
    command = [str(INSTALLED / program), *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        end(process)
