"""A server that speaks Amazon's S3 API and checks signatures (moto), and buckets in it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
import requests
from flask import Flask
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from tests.support.waiting import PATIENCE
from webapp.core.config import Settings
from webapp.core.db import new_id
from webapp.recordings import storage

REGION = "us-east-1"
ChangeStore = Callable[..., None]
ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


@dataclass(frozen=True)
class S3:
    """The server, with the key of somebody who may do everything in it."""

    url: str
    access_key: str
    secret: str = field(repr=False)

    def client(self, service: str = "s3") -> Any:
        """A client of the suite's own."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret,
        )


@dataclass(frozen=True)
class TestBucket:
    """A bucket, empty at first."""

    __test__ = False

    s3: S3
    name: str

    @property
    def settings(self) -> dict[str, Any]:
        """What names it to Frontdesk."""
        return {
            "storage_url": f"s3://{self.name}/desk?endpoint={self.s3.url}",
            "storage_access_key": self.s3.access_key,
            "storage_secret_key": SecretStr(self.s3.secret),
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same as variables."""
        secret = {"storage_secret_key": self.s3.secret}
        return {f"FRONTDESK_{name.upper()}": value for name, value in (self.settings | secret).items()}

    def put(self, key: str, content: bytes) -> None:
        """Store an object."""
        self.s3.client().put_object(Bucket=self.name, Key=key, Body=content)

    def keys(self) -> set[str]:
        """The names of all objects."""
        return {each["Key"] for each in self.s3.client().list_objects_v2(Bucket=self.name).get("Contents", [])}


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server that refuses what is not signed well, until the block ends."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        anybody = S3(f"http://{host}:{port}", "before", "signatures are looked at")
        iam = anybody.client("iam")
        iam.create_user(UserName="desk")
        policy = {"Version": "2012-10-17", "Statement": [ALLOW]}
        iam.put_user_policy(UserName="desk", PolicyName="all", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="desk")["AccessKey"]
        requests.post(f"{anybody.url}/moto-api/reset-auth", data="0", timeout=PATIENCE).raise_for_status()
        yield S3(anybody.url, key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """A server that refuses what is not signed well."""
    with s3_server() as server:
        yield server


def fresh_bucket(s3: S3) -> TestBucket:
    """A bucket of one's own."""
    made = TestBucket(s3, f"desk-{new_id()}")
    s3.client().create_bucket(Bucket=made.name)
    return made


@pytest.fixture
def bucket(s3: S3) -> TestBucket:
    """A bucket of the test's own."""
    return fresh_bucket(s3)


@pytest.fixture
def in_bucket(
    app: Flask, settings: Settings, bucket: TestBucket, change_settings: Callable[..., None]
) -> Iterator[TestBucket]:
    """Frontdesk keeps recordings in the bucket, until the test ends."""
    before = app.extensions[storage.EXTENSION]
    change_settings(**bucket.settings)
    storage.init_app(app, settings)
    yield bucket
    app.extensions[storage.EXTENSION] = before


@pytest.fixture
def change_store(
    app: Flask, settings: Settings, in_bucket: TestBucket, change_settings: Callable[..., None]
) -> ChangeStore:
    """Lets Frontdesk keep recordings elsewhere than in the bucket that works."""

    def _change_store(**values: Any) -> None:
        change_settings(**values)
        storage.init_app(app, settings)

    return _change_store
