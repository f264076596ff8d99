"""Recordings in a bucket of any S3 API: path style, Signature Version 4 (Amazon S3 API Reference).

Imported only where the settings name one: boto3 costs each process memory.
"""

import errno
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from webapp.core.config import Settings
from webapp.core.db import new_id
from webapp.core.values import BucketAddress
from webapp.livekit.egress import Upload
from webapp.recordings.classes import TAG
from webapp.recordings.lifecycle import LifecycleRule
from webapp.recordings.sharing import NAME
from webapp.recordings.stored import CHUNK, Stored

CONNECT_SECONDS, READ_SECONDS = 2, 4  # a page waits for them
TRIES = 2
MISSING = {"404", "NoSuchKey"}
WORDS = {
    "403": "the key may not look for objects (s3:GetObject and s3:ListBucket)",
    "AccessDenied": "the key may not do that (s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket, and "
    "s3:GetObjectTagging, s3:PutObjectTagging, s3:GetLifecycleConfiguration, s3:PutLifecycleConfiguration)",
    "InvalidAccessKeyId": "the access key is unknown there",
    "SignatureDoesNotMatch": "the secret key is not that of the access key, or a proxy changes requests",
    "NoSuchBucket": "there is no such bucket",
    "PermanentRedirect": "the bucket is in another region",
    "AuthorizationHeaderMalformed": "the bucket is in another region",
    "RequestTimeTooSkewed": "the clocks differ by more than 15 minutes",
    "NoCredentialsError": "no access key is set",
    "EndpointConnectionError": "nobody answers at its address",
    "ConnectTimeoutError": "nobody answers at its address",
    "ConnectionClosedError": "it closed the connection",
    "ReadTimeoutError": "it did not answer in time",
    "SSLError": "its certificate was not accepted",
}


class Bucket:
    """Recordings as objects: the egress worker uploads them, Frontdesk reads and removes them."""

    expires_objects = True

    def __init__(self, address: BucketAddress, session: Any, client: Any, upload: Upload) -> None:
        self._address, self._client, self._upload = address, client, upload
        self._credentials = session.get_credentials()
        self._signatures = lru_cache(maxsize=1024)(self._sign)

    def egress_path(self, key: str) -> str:
        """The object's name in the bucket, for the worker as for us."""
        return f"{self._address.prefix}/{key}" if self._address.prefix else key

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self._address.name

    def key_of(self, name: str) -> str | None:
        """The name without the prefix that our objects have."""
        root = self.egress_path("")
        return name.removeprefix(root) if name.startswith(root) else None

    def upload(self) -> Upload:
        """The bucket as the worker reaches it."""
        return self._upload

    def make_ready(self) -> None:
        """A bucket has no folders."""

    def find(self, key: str) -> Stored | None:
        """Size and time of the object."""
        with _told():
            try:
                head = self._client.head_object(**self._named(key))
            except ClientError as error:
                if _code(error) in MISSING:
                    return None
                raise
        return Stored(head["ContentLength"], head["LastModified"])

    def find_all(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that are objects, from a listing of what lies between the first and the last of them."""
        wanted = sorted(self.egress_path(key) for key in keys)
        if not wanted:
            return set()
        found: set[str] = set()
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._address.name, Prefix=self.root, StartAfter=wanted[0][:-1]
        )
        with _told():
            for page in pages:
                names = [entry["Key"] for entry in page.get("Contents", ())]
                found.update(names)
                if names and names[-1] >= wanted[-1]:
                    break
        return {key for key in keys if self.egress_path(key) in found}

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """The bytes in pieces, asked for as one range."""
        if length <= 0:
            return
        with _told():
            asked = f"bytes={start}-{start + length - 1}"
            body = self._client.get_object(**self._named(key), Range=asked)["Body"]
            try:
                yield from body.iter_chunks(CHUNK)
            finally:
                body.close()

    def signed(self, method: str, key: str) -> dict[str, str]:
        """Signature Version 4 in headers: for the object and the method, whatever range is asked, for 14 minutes.

        A player asks for one object again and again: what was signed within this minute is given again.
        """
        return dict(self._signatures(method, key, int(time.time() // 60)))

    def _sign(self, method: str, key: str, _minute: int) -> dict[str, str]:
        path = f"/{self._address.name}/{self.egress_path(key)}"
        asked = AWSRequest(method=method, url=self._client.meta.endpoint_url + path)
        with _told():
            if self._credentials is None:
                raise NoCredentialsError
            S3SigV4Auth(self._credentials.get_frozen_credentials(), "s3", self._address.region).add_auth(asked)
        return {"X-Media-Path": path, **dict(asked.headers.items())}

    def tag(self, key: str, value: str) -> None:
        """Set the one tag among those that the object has."""
        with _told():
            tags = self._client.get_object_tagging(**self._named(key))["TagSet"]
            tags = [*(tag for tag in tags if tag["Key"] != TAG), {"Key": TAG, "Value": value}]
            self._client.put_object_tagging(**self._named(key), Tagging={"TagSet": tags})

    def rules(self) -> list[LifecycleRule]:
        """The bucket's lifecycle configuration."""
        with _told():
            try:
                answer = self._client.get_bucket_lifecycle_configuration(Bucket=self._address.name)
            except ClientError as error:
                if _code(error) == "NoSuchLifecycleConfiguration":
                    return []
                raise
        return list(answer["Rules"])

    def set_rules(self, rules: Sequence[LifecycleRule]) -> None:
        """Replace the bucket's lifecycle configuration."""
        with _told():
            self._client.put_bucket_lifecycle_configuration(
                Bucket=self._address.name, LifecycleConfiguration={"Rules": list(rules)}
            )

    @property
    def root(self) -> str:
        """The prefix of all recordings."""
        return self.egress_path(f"{NAME}/")

    def delete(self, key: str) -> None:
        """Remove the object."""
        with _told():
            self._client.delete_object(**self._named(key))

    def try_out(self) -> None:
        """Write, remove and look for a small object: one that is not there must not look like a refusal."""
        key = f"{NAME}/.frontdesk-{new_id()}"
        with _told():  # first: only refusals of what has a body say why
            self._client.put_object(**self._named(key), Body=b"")
        self.delete(key)
        self.find(key)

    def place(self) -> None:
        """No folder."""

    def _named(self, key: str) -> dict[str, str]:
        return {"Bucket": self._address.name, "Key": self.egress_path(key)}


def open_bucket(address: BucketAddress, settings: Settings) -> Bucket:
    """The bucket that the settings name; nothing is asked of it yet."""
    secret = settings.storage_secret_key.get_secret_value()
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": TRIES, "mode": "standard"},
        request_checksum_calculation="when_required",  # many S3 APIs know no trailing checksums
        response_checksum_validation="when_required",
    )
    session = boto3.Session(
        region_name=address.region,
        aws_access_key_id=settings.storage_access_key or None,
        aws_secret_access_key=secret or None,
    )
    client = session.client("s3", endpoint_url=address.endpoint or None, config=config)
    upload = Upload(
        bucket=address.name,
        endpoint=settings.storage_egress_endpoint or address.endpoint,
        region=address.region,
        access_key=settings.storage_access_key,
        secret=secret,
    )
    return Bucket(address, session, client, upload)


@contextmanager
def _told() -> Iterator[None]:
    """Failures as OSError, in our words: those of others may name keys."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in MISSING:
            raise FileNotFoundError(errno.ENOENT, "there is no such object") from None
        raise OSError(errno.EIO, _words(code)) from None
    except BotoCoreError as error:
        raise OSError(errno.EIO, _words(type(error).__name__)) from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _words(code: str) -> str:
    return WORDS.get(code) or f"it answered {code or 'something else'}"
