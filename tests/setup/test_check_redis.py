"""A Redis that asks nobody for a password is warned of where others can reach it."""

import pytest
from pydantic import ValidationError

from webapp.core.config import Settings
from webapp.setup.command import explain, warnings


def warned(url: str) -> list[str]:
    told = Settings(environment="testing", database_url="postgresql://desk/x", redis_url=url)
    return [line for line in warnings(told) if "Redis" in line]


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example.org:6379/0",
        "redis://redis",
        "redis://10.0.0.5",
        "redis://[2001:db8::5]:6379",
        "redis://desk@redis.example.org",
        "redis://desk:@redis.example.org",
        "redis://localhost.example.org",
        "rediss://redis.example.org:6380",
    ],
)
def test_a_redis_on_another_host_without_a_password_is_warned_of(url: str):
    (line,) = warned(url)
    assert line.startswith("FRONTDESK_REDIS_URL names a Redis on another host without a password")
    assert "requirepass" in line and "redis://:PASSWORD@" in line
    assert url not in line


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis://localhost:6379",
        "redis://127.0.0.1",
        "redis://127.8.9.1:6379/3",
        "redis://[::1]:6379",
        "redis:///0",
        "unix:///run/redis/redis.sock?db=1",
        "redis://:secret@redis.example.org",
        "redis://desk:secret@redis.example.org",
        "redis://redis.example.org?username=desk&password=secret",
        "rediss://desk:secret@redis.example.org",
        "rediss://redis.example.org?ssl_certfile=/etc/desk.pem&ssl_keyfile=/etc/desk.key",
    ],
)
def test_a_redis_that_others_cannot_reach_or_must_prove_themselves_to_is_not(url: str):
    assert warned(url) == []


@pytest.mark.parametrize("url", ["redis://redis:port", "redis://[::1", "redis://redis?socket_timeout=soon"])
def test_an_address_of_redis_that_cannot_be_read_is_refused_and_not_repeated(url: str):
    with pytest.raises(ValidationError) as refused:
        Settings(environment="testing", redis_url=url)
    said = explain(refused.value, {"FRONTDESK_ENVIRONMENT": "testing"})
    assert "FRONTDESK_REDIS_URL should be an address such as redis://:PASSWORD@" in said and url not in said


@pytest.mark.parametrize(
    "url", ["http://desk:port", "https://[::1", "https://:443", "http://desk:0", "https://desk:99999"]
)
@pytest.mark.parametrize("name", ["livekit_url", "public_url", "oidc_issuer", "meeting_url"])
def test_an_address_that_cannot_be_read_is_refused(name: str, url: str):
    with pytest.raises(ValidationError, match="should be an address such as"):
        Settings(environment="testing", **{name: url})  # type: ignore[arg-type]
