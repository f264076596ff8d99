"""How what leaves the audit log is handed to a server: posted with the signature of Standard Webhooks 1.0."""

import base64
import hashlib
import hmac
import time

from webapp.core import tls
from webapp.core.audit_values import webhook_secret
from webapp.core.settings import settings


class NotSent(Exception):
    """It did not arrive; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def post(url: str, secret: str, message: str, body: bytes) -> None:
    """Post a message by its id, which stays the same when it is sent again. Raises NotSent."""
    at = str(int(time.time()))
    headers = {"Content-Type": "application/json", "webhook-id": message, "webhook-timestamp": at}
    headers["webhook-signature"] = signature(secret, message, at, body)
    try:
        answer = tls.post(url, body, headers, settings.audit_timeout)
    except tls.NoAnswer as error:
        raise NotSent("no_answer") from error
    if not 200 <= answer.status < 300:
        raise NotSent(f"http_{answer.status}")


def signature(secret: str, message: str, at: str, body: bytes) -> str:
    """What a receiver computes from the secret that both have, the two headers and the body."""
    signed = f"{message}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(webhook_secret(secret), signed, hashlib.sha256)).decode()
