"""The bytes that are hashed and signed, as docs/audit-chain.md describes them; pure, and never to change for a version.

A record is what the chain says of one seal, in JSON's own types: the line of an export, and what `verify` reads.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

VERSION = 1
BEGINNING = "0" * 64  # what the first seal follows
OUTCOME = ("target", "outcome", "problem")
DEED = ("at", "actor", "user", "action", "target_kind", "room", "origin", "request")
TYPED = ("reason", "details")  # hashed by salted commitments, which stay when the text itself has to go
FORGET = "user.forget"  # the deed that accounts for texts that are gone

Record = Mapping[str, Any]
START: Record = {"seq": 0, "hash": BEGINNING, "pruned_at": "", "key": "", "signature": ""}  # nothing was pruned
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def canonical(value: object) -> bytes:
    """JSON in ASCII without blanks, keys in order: one text for one value."""
    return _encode(value).encode("ascii")


def moment(at: datetime) -> str:
    """A time to the microsecond, in UTC; one without a zone is in UTC, as SQLite gives it."""
    if at.tzinfo is None:
        return at.isoformat(timespec="microseconds") + "+00:00"
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def digest(record: Record, before: str) -> str:
    """The hash of a seal that follows the one whose hash is `before`; one that was forgotten holds its commitments."""
    part = record["part"]
    told = {"v": VERSION, "seq": record["seq"], "before": before, "part": part, "entry": record["entry"]}
    if part != "settled":
        salt = record["salt"]
        for name in DEED:
            told[name] = record[name]
        for name in TYPED:
            told[name] = record[name] if "forgotten" in record else commitment(salt, name, record[name])
    if part != "opened":
        for name in OUTCOME:
            told[name] = record[name]
    return hashlib.sha256(canonical(told)).hexdigest()


def commitment(salt: str, name: str, value: object) -> str:
    """Stands for what people typed: whoever has the hash alone cannot guess it."""
    return hashlib.sha256(f"{salt}:{name}:".encode() + canonical(value)).hexdigest()


def head_text(seq: int, digest_there: str, sealed_at: str, key_id: str) -> bytes:
    """What the signature of a head is made of."""
    return vouched({"seq": seq, "hash": digest_there, "sealed_at": sealed_at, "key": key_id})


def anchor_text(seq: int, digest_there: str, pruned_at: str, key_id: str) -> bytes:
    """What the signature of an anchor is made of."""
    return vouched({"seq": seq, "hash": digest_there, "pruned_at": pruned_at, "key": key_id})


def vouched(record: Record) -> bytes:
    """What the signature of a head, or of an anchor, must be of."""
    what, at = ("anchor", "pruned_at") if "pruned_at" in record else ("head", "sealed_at")
    told = {name: record[name] for name in ("seq", "hash", at, "key")}
    return canonical({"v": VERSION, "what": what, **told})
