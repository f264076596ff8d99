"""pytest-iam's provider on a free port of the loopback, in the small environment that holds it and nothing of ours.

It announces its issuer by a line of JSON. Each line of JSON that it is sent changes what it is from then on, and is
answered by a line; it ends with its input, and so with whoever started it. Nobody types a password here: whoever comes
is the person of `account`.
"""

import json
import os
import sys
import threading
import uuid
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # pytest-iam's own setting: the loopback needs no TLS

from canaille import create_app
from canaille.backends import Backend
from joserfc.jwk import JWKRegistry
from pytest_iam import Server

SITE = "http://127.0.0.1:8000"


def key(kind: str, size: Any) -> dict[str, str | list[str]]:
    """A new key with an id of its own."""
    made = JWKRegistry.generate_key(kind, size)
    made.ensure_kid()
    return dict(made.as_dict(private=True))


def start() -> Server:
    """The provider on a port that the system chose."""
    app = create_app(
        config={
            "TESTING": True,
            "ENV_FILE": None,
            "SECRET_KEY": str(uuid.uuid4()),
            "WTF_CSRF_ENABLED": False,
            "PREFERRED_URL_SCHEME": "http",
            "SERVER_NAME": "localhost",
            "CANAILLE": {
                "DATABASE": "memory",
                "JAVASCRIPT": False,
                "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
            },
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [key("RSA", 2048)]},
        },
        env_file=None,
    )
    server = Server(app, 0, Backend.instance)
    server.port = server.httpd.server_port
    app.config["SERVER_NAME"] = f"localhost:{server.port}"
    return server


def register(server: Server) -> None:
    """Make us known, as an administrator would."""
    with server.app.app_context():
        client = server.models.Client(
            client_id="frontdesk",
            client_secret="a-secret-of-thirty-two-letters-or-more",
            client_name="Frontdesk",
            client_uri=SITE,
            redirect_uris=[f"{SITE}/oidc/callback"],
            post_logout_redirect_uris=[f"{SITE}/signed-out"],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "email", "profile", "groups"],
            token_endpoint_auth_method="client_secret_basic",
            id_token_signed_response_alg="RS256",
        )
        server.backend.save(client)
        client.audience = [client]
        server.backend.save(client)


def forget_codes(server: Server) -> None:
    """Drop the codes that nobody came back with: its store in memory would take one of them for another."""
    with server.app.app_context():
        for code in server.backend.query(server.models.AuthorizationCode):
            server.backend.delete(code)


def follow(server: Server, wish: dict[str, Any]) -> None:
    """Be another from now on."""
    forget_codes(server)
    if wish.get("rotate"):
        server.app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [key("RSA", 2048)]
    if account := wish.get("account"):
        groups = account.pop("groups", [])
        known = server.backend
        with server.app.app_context():
            user = known.get(server.models.User, user_name=account["user_name"]) or server.models.User()
            known.update(user, **account)
            known.save(user)
            for name in groups:
                known.save(server.models.Group(display_name=name, members=[user]))
            server.login(user)


def say(**words: str) -> None:
    """A line for whoever started this."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the input ends."""
    server = start()
    register(server)
    threading.Thread(target=server.httpd.serve_forever, daemon=True).start()
    say(issuer=f"http://localhost:{server.port}")
    for line in sys.stdin:
        follow(server, json.loads(line))
        say()


if __name__ == "__main__":
    main()
