"""What tokens and userinfo say, and the lies they tell when a switch asks for one."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from simulator.oidc.keys import SigningKeys
from simulator.oidc.personas import Persona
from simulator.oidc.provider import Browser, Grant, Provider

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def id_token(provider: Provider, grant: Grant, access_token: str) -> str:
    """Return the signed ID token of a redeemed code."""
    switches = provider.switches
    now = int(provider.now())
    lifetime = -3600 if "expired" in switches.lies else switches.token_lifetime
    claims = {
        "iss": _issuer(provider),
        "sub": grant.persona.sub,
        **_audience(provider),
        "iat": now,
        "auth_time": grant.auth_time,
        "exp": now + lifetime,
        "at_hash": _half_hash(access_token),
        **_nonce(provider, grant),
    }
    if switches.session_ids:
        claims["sid"] = grant.sid
    if "id_token" in switches.email_in:
        claims |= _personal(provider, grant.persona, grant.request.scopes)
    return _signed(provider, claims, switches.id_token_alg, "signature")


def logout_token(provider: Provider, session: Browser, changes: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Return a signed logout token (Back-Channel Logout 1.0, 2.4); a change to None leaves a claim out."""
    now = int(provider.now())
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "aud": provider.options.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_urlsafe(12),
        "sub": session.persona.sub,
        "events": {LOGOUT_EVENT: {}},
    }
    if provider.switches.session_ids:
        claims["sid"] = session.sid
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return _signed(provider, claims, provider.switches.id_token_alg, "signature", typ="logout+jwt")


def userinfo(provider: Provider, grant: Grant) -> dict[str, Any]:
    """Return the userinfo claims."""
    sub = "dev|somebody-else" if "userinfo_subject" in provider.switches.lies else grant.persona.sub
    claims: dict[str, Any] = {"sub": sub}
    if "userinfo" in provider.switches.email_in:
        claims |= _personal(provider, grant.persona, grant.request.scopes)
    return claims


def userinfo_token(provider: Provider, grant: Grant) -> str:
    """Return userinfo as a signed JWT with issuer, audience and times, as ProConnect sends it."""
    now = int(provider.now())
    claims = userinfo(provider, grant) | {
        "iss": provider.issuer,
        "aud": provider.options.client_id,
        "iat": now,
        "exp": now + 60,
    }
    return _signed(provider, claims, provider.switches.id_token_alg, "userinfo_signature")


def _personal(provider: Provider, persona: Persona, scopes: frozenset[str]) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    if scopes & {"profile", "given_name", "usual_name"}:
        claims |= persona.profile()
    if "email" in scopes and persona.email:
        verified: bool | str = persona.email_verified
        if provider.switches.email_verified_as == "string":
            verified = str(verified).lower()
        claims |= {"email": persona.email, "email_verified": verified}
        if provider.switches.email_verified_as == "absent":
            del claims["email_verified"]
    return claims | {"groups": list(persona.groups), "realm_access": {"roles": list(persona.groups)}}


def _audience(provider: Provider) -> dict[str, Any]:
    if "audience" in provider.switches.lies:
        return {"aud": "another-client"}
    client = provider.options.client_id
    return {"aud": [client, "account"], "azp": client} if provider.switches.audience_as_list else {"aud": client}


def _issuer(provider: Provider) -> str:
    return "https://evil.example" if "issuer" in provider.switches.lies else provider.issuer


def _nonce(provider: Provider, grant: Grant) -> dict[str, str]:
    if "nonce" in provider.switches.lies:
        return {"nonce": "not-the-one-you-sent"}
    return {"nonce": grant.request.nonce} if grant.request.nonce else {}


def _signed(provider: Provider, claims: dict[str, Any], alg: str, lie: str, typ: str = "") -> str:
    if "unsigned" in provider.switches.lies:
        return _unsigned(claims)
    if lie in provider.switches.lies:
        return SigningKeys("the-secret-of-an-impostor-who-made-own-keys").sign(claims, alg, typ=typ)
    return provider.keys.sign(claims, alg, with_kid=provider.switches.key_ids, typ=typ)


def _unsigned(claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def _half_hash(value: str) -> str:
    # every algorithm offered here hashes with SHA-256: the left half is 16 bytes (OpenID Connect Core, 3.1.3.6)
    return base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()
