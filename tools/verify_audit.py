"""Verify what `flask audit export` wrote, without Frontdesk, by docs/audit-chain.md alone. Needs `cryptography`."""

import argparse
import base64
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DEED = ("at", "actor", "user", "action", "target_kind", "room", "origin", "request")
OUTCOME = ("target", "outcome", "problem")
Line = dict[str, Any]


class Broken(Exception):
    """Where and how."""


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def seal_hash(seal: Line, before: str) -> str:
    """What the seal's hash must be; of one that does not say all that it should, or more, nobody's."""
    deed = {"whole": DEED + OUTCOME, "opened": DEED, "settled": OUTCOME}.get(seal["part"], DEED + OUTCOME)
    told = {"v": 1, "before": before} | {name: seal.get(name, "?") for name in ("seq", "part", "entry", *deed)}
    if seal["part"] != "settled":
        for name in ("reason", "details"):
            told[name] = sha256(f"{seal.get('salt')}:{name}:".encode() + canonical(seal.get(name)))
    return "" if seal["part"] == "settled" and seal["salt"] else sha256(canonical(told))


def check_signature(head: Line, public: dict[str, bytes]) -> None:
    """Raises Broken where a key that counts did not sign this."""
    if head["key"] and public:
        if head["key"] not in public:
            raise Broken(f"seal {head['seq']}: unknown_key")
        text = canonical({"v": 1, "what": "head"} | {name: head[name] for name in ("seq", "hash", "sealed_at", "key")})
        try:
            signature = base64.b64decode(head["signature"], validate=True)
            Ed25519PublicKey.from_public_bytes(public[head["key"]]).verify(signature, text)
        except (InvalidSignature, ValueError):
            raise Broken(f"seal {head['seq']}: signature") from None


def follow(lines: Iterable[Line], public: dict[str, bytes], kept: list[Line]) -> str:
    """The verdict on an export: its heads, then its seals in their order. Raises Broken."""
    hashes: defaultdict[int, set[str]] = defaultdict(set)
    seq, digest = 0, "0" * 64
    newest: Line = {"seq": 0, "key": ""}
    for line in chain((head | {"what": "kept"} for head in kept), lines):
        if line["what"] in {"head", "kept"}:
            check_signature(line, public)
            hashes[line["seq"]].add(line["hash"])
            newest = line if line["what"] == "head" else newest
        elif line["what"] == "seal":
            if line["seq"] != seq + 1:
                raise Broken(f"seal {seq + 1}: seal_missing")
            seq, where = line["seq"], f"seal {line['seq']}, entry {line['entry']}"
            if "lost" in line or seal_hash(line, digest) != line["hash"]:
                raise Broken(f"{where}: {line.get('lost', 'changed')}")
            digest = line["hash"]
            if hashes[seq] - {digest}:
                raise Broken(f"{where}: head")
    if max((*hashes, seq)) > seq:
        raise Broken(f"seal {seq + 1}: cut")
    if newest["seq"] != seq:
        raise Broken(f"seal {newest['seq'] + 1}: no_head")
    return f"{'unsigned' if seq and not (newest['key'] and public) else 'intact'}: {seq} seals, the last is {seq}"


def main() -> int:
    """Print the verdict; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=argparse.FileType(encoding="utf-8"))
    parser.add_argument("--public-key", action="append", default=[], type=base64.b64decode)
    parser.add_argument("--heads", type=argparse.FileType(encoding="utf-8"), default=[])
    told = parser.parse_args()
    public = {sha256(key)[:16]: key for key in told.public_key}
    try:
        verdict = follow(map(json.loads, told.export), public, list(map(json.loads, told.heads)))
    except Broken as found:
        verdict = f"broken at {found}"
    sys.stdout.write(f"{verdict}\n")
    return {"intact": 0, "broken": 1}.get(verdict.split()[0].rstrip(":"), 3)


if __name__ == "__main__":
    sys.exit(main())
