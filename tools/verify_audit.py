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


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def seal_hash(seal: dict[str, Any], before: str) -> str:
    """What the seal's hash must be; of one that does not say all that it should, or more, nobody's."""
    deed = {"whole": DEED + OUTCOME, "opened": DEED, "settled": OUTCOME}.get(seal["part"], DEED + OUTCOME)
    told = {"v": 1, "before": before} | {name: seal.get(name, "?") for name in ("seq", "part", "entry", *deed)}
    people = {None, told.get("user"), told.get("target") if told.get("target_kind") == "user" else None}
    is_salted = bool(seal["salt"]) and (seal["part"] == "settled" or "forgotten" in seal)
    if is_salted or seal.get("forgotten") not in people:
        return ""
    for name in () if seal["part"] == "settled" else ("reason", "details"):
        text = f"{seal.get('salt')}:{name}:".encode() + canonical(seal.get(name))
        told[name] = seal.get(name) if "forgotten" in seal else hashlib.sha256(text).hexdigest()
    return hashlib.sha256(canonical(told)).hexdigest()


def signature_problem(head: dict[str, Any], public: dict[str, bytes]) -> str:
    """Why no key that counts signed this; empty also of what claims no signature."""
    if head["key"] and public:
        what, at = ("anchor", "pruned_at") if head["what"] == "anchor" else ("head", "sealed_at")
        text = {"v": 1, "what": what} | {name: head[name] for name in ("seq", "hash", at, "key")}
        try:
            signature = base64.b64decode(head["signature"], validate=True)
            Ed25519PublicKey.from_public_bytes(public[head["key"]]).verify(signature, canonical(text))
        except (KeyError, InvalidSignature, ValueError) as error:
            return f"seal {head['seq']}: {'unknown_key' if isinstance(error, KeyError) else 'signature'}"
    return ""


def seal_problem(seal: dict[str, Any], last: dict[str, Any], wanted: set[str]) -> str:
    """Why this does not follow the last seal; empty: it does, and has the hash that all heads there want."""
    if seal["seq"] != last["seq"] + 1:
        return f"seal {last['seq'] + 1}: seal_missing"
    if "lost" in seal or seal_hash(seal, last["hash"]) != seal["hash"]:
        return f"seal {seal['seq']}, entry {seal['entry']}: {seal.get('lost', 'changed')}"
    return f"seal {seal['seq']}, entry {seal['entry']}: head" if wanted - {seal["hash"]} else ""


def follow(lines: Iterable[dict[str, Any]], public: dict[str, bytes], kept: list[dict[str, Any]]) -> str:
    """The verdict on an export: its anchor, where it was pruned, its heads, then its seals in their order."""
    hashes: defaultdict[int, set[str]] = defaultdict(set)
    gone: dict[str, str] = {}  # who was forgotten, and the first text, until the entry comes that accounts for it
    last: dict[str, Any] = {"seq": 0, "hash": "0" * 64, "key": ""}
    newest = start = last
    for line in chain((head | {"what": "kept"} for head in kept), lines):
        seq, is_seal = line["seq"], line["what"] == "seal"
        if problem := seal_problem(line, last, hashes[seq]) if is_seal else signature_problem(line, public):
            return f"broken at {problem}"
        if not is_seal:
            hashes[seq].add(line["hash"])
            newest = line if line["what"] == "head" else newest
            last, start = (line, line) if line["what"] == "anchor" else (last, start)
            continue
        last = line
        if "forgotten" in line:
            gone.setdefault(line["forgotten"], f"seal {seq}, entry {line['entry']}: not_forgotten")
        elif line["part"] == "whole" and line["action"] == "user.forget" and line["target_kind"] == "user":
            gone.pop(line["target"], None)
    seq, first = last["seq"], start["seq"]
    ends = [f"seal {first}: head"] * (len(hashes[first]) > 1)
    ends += [f"seal {seq + 1}: cut"] * (max((*hashes, first + bool(first))) > seq)
    ends += [f"seal {newest['seq'] + 1}: no_head"] * (newest["seq"] != seq)
    if ends or gone:
        return f"broken at {[*ends, *gone.values()][0]}"
    is_signed = newest["key"] and public and (start["key"] or not first)
    return f"{'intact' if is_signed or not seq else 'unsigned'}: {seq - first} seals, the last is {seq}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=argparse.FileType(encoding="utf-8"))
    parser.add_argument("--public-key", action="append", default=[], type=base64.b64decode)
    parser.add_argument("--heads", type=argparse.FileType(encoding="utf-8"), default=[])
    told = parser.parse_args()
    keys = {hashlib.sha256(key).hexdigest()[:16]: key for key in told.public_key}
    verdict = follow(map(json.loads, told.export), keys, list(map(json.loads, told.heads)))
    sys.stdout.write(f"{verdict}\n")
    sys.exit({"intact": 0, "broken": 1}.get(verdict.split()[0].rstrip(":"), 3))
