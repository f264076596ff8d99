"""What a provider may publish beside its signing keys, and which of them it cannot sign with."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask
from joserfc.jwk import ECKey, RSAKey

from tests.support.oidc_server import RunningProvider
from tests.support.sign_in import Person
from tests.support.waiting import PATIENCE
from webapp.accounts import metadata, tokens
from webapp.accounts.problems import SignInError

Jwk = dict[str, Any]


def published(provider: RunningProvider) -> list[Jwk]:
    return list(requests.get(f"{provider.issuer}/jwks", timeout=PATIENCE).json()["keys"])


def publish(provider: RunningProvider, keys: list[Any]) -> None:
    """Let these be the keys from now on."""
    metadata.forget()
    provider.fail("jwks", "json", body={"keys": keys}, times=100)


def public(key: RSAKey | ECKey, **more: Any) -> Jwk:
    return {**key.as_dict(private=False), "kid": None, **more}


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


STRANGE: list[Any] = [
    7,
    {},
    {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
    {"kty": "oct", "k": "AAAA"},
    {"kty": ["RSA"], "n": "AQAB", "e": "AQAB"},
    {"kty": "RSA"},
    {"kty": "RSA", "n": 7, "e": "AQAB"},
    {"kty": "RSA", "n": "é", "e": "AQAB"},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kty": "RSA", "n": b64(b"\xff" * 256), "e": b64(b"\xff" * 256)},
    {"kty": "RSA", "n": b64(b"\xff" * 100_000), "e": "AQAB"},
    {"kty": "EC", "crv": "BP-256", "x": "AA", "y": "AA"},
    {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    {"kty": "EC", "crv": ["P-256"], "x": "AA", "y": "AA"},
    {"kty": "EC", "crv": "P-256"},
    public(ECKey.generate_key("P-384")),
    public(ECKey.generate_key("secp256k1")),
    public(RSAKey.generate_key(2048), use="enc"),
    public(RSAKey.generate_key(2048), key_ops=["encrypt"]),
    public(RSAKey.generate_key(2048), key_ops=7),
]


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("named", [True, False])
def test_keys_that_nobody_here_knows_are_passed_over(
    person: Person, provider: RunningProvider, configure: Callable[..., None], algorithm: str, named: bool
):
    configure(oidc_algorithm=algorithm)
    provider.switch(id_token_alg=algorithm, key_ids=named)
    ours = published(provider)
    same_names = [{**one, "kid": our["kid"]} for our in ours for one in STRANGE if isinstance(one, dict)]
    publish(provider, [*STRANGE, *same_names, *ours])
    assert person.sign_in().status_code == 303
    assert person.is_in()


def test_what_a_key_leaves_out_may_be_null(person: Person, provider: RunningProvider):
    provider.switch(key_ids=False)
    nothing = {"use": None, "alg": None, "kid": None, "key_ops": None, "x5c": None}
    publish(provider, [{**key, **nothing} for key in published(provider)])
    assert person.sign_in().status_code == 303


def test_a_thousand_keys_are_read(person: Person, provider: RunningProvider):
    others = [{**public(RSAKey.generate_key(2048)), "kid": f"{number}"} for number in range(3)] * 330
    publish(provider, [*others, *published(provider)])
    assert person.sign_in().status_code == 303


@pytest.mark.parametrize("use", [{"use": "enc"}, {"use": ""}, {"key_ops": ["encrypt"]}, {"alg": "RS512"}])
def test_a_key_for_something_else_signs_nobody_in(person: Person, provider: RunningProvider, use: Jwk):
    publish(provider, [{**key, **use} for key in published(provider)])
    assert person.sign_in().status_code == 502
    assert not person.is_in()


def test_the_secret_of_a_published_key_is_none(
    app: Flask, provider: RunningProvider, configure: Callable[..., None], settings: Any
):
    configure(oidc_algorithm="HS256", oidc_client_secret=type(settings.oidc_client_secret)(""))
    publish(provider, [{"kty": "oct", "k": ""}])
    with pytest.raises(SignInError) as refused:
        tokens.read_logout(f"{b64(json.dumps({'alg': 'HS256'}).encode())}.{b64(b'{}')}.{b64(b'x' * 32)}")
    assert (refused.value.code, refused.value.hint) == ("bad_token", "signature")


def _signed(key: rsa.RSAPrivateKey, claims: Jwk) -> str:
    said = f"{b64(json.dumps({'alg': 'RS256'}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{said}.{b64(key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@pytest.mark.parametrize(("bits", "hint"), [(1024, "signature"), (2048, "iss")])
def test_a_key_that_could_be_broken_is_not_believed(app: Flask, provider: RunningProvider, bits: int, hint: str):
    key = rsa.generate_private_key(65537, bits)
    modulus = key.public_key().public_numbers().n
    publish(provider, [{"kty": "RSA", "n": b64(modulus.to_bytes(bits // 8)), "e": "AQAB"}])
    with pytest.raises(SignInError) as refused:
        tokens.read_logout(_signed(key, {"iss": "https://evil.example"}))
    assert refused.value.hint == hint, "the whole one is believed as far as its signature goes"


@pytest.mark.parametrize("sub", ["s" * 256, "", 7, "a\0b", None, ["dev|owner"]], ids=repr)
def test_an_identifier_that_is_none_signs_nobody_in(app: Flask, provider: RunningProvider, sub: Any):
    key = rsa.generate_private_key(65537, 2048)
    modulus = key.public_key().public_numbers().n
    publish(provider, [{"kty": "RSA", "n": b64(modulus.to_bytes(256)), "e": "AQAB"}])
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": "frontdesk", "nonce": "n", "iat": now, "exp": now + 60}
    longest = tokens.read_id_token(_signed(key, {**claims, "sub": "s" * 255}), nonce="n", access_token="a")
    assert longest["sub"] == "s" * 255
    with pytest.raises(SignInError) as refused:
        tokens.read_id_token(_signed(key, {**claims, "sub": sub}), nonce="n", access_token="a")
    assert (refused.value.code, refused.value.hint) == ("bad_token", "sub")
