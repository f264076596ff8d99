"""The log as a verifier outside of Frontdesk reads it: docs/audit-chain.md says what each line holds."""

from collections.abc import Iterator
from typing import Any

from webapp.audit import records, sealing, verifying
from webapp.audit.chain import GoneTexts


def lines() -> Iterator[dict[str, Any]]:
    """The heads, then the seals; what was sealed meanwhile follows where it accounts for texts that are gone."""
    sealing.seal_all()
    gone, written = GoneTexts(), 0
    heads, end = verifying.heads_and_end()
    yield from _part(heads, written, end, gone)
    while gone.open and end > written:
        sealing.seal_all()
        written = end
        heads, end = verifying.heads_and_end()
        yield from _part([head for head in heads if head["seq"] > written], written, end, gone)


def _part(heads: list[dict[str, Any]], after: int, until: int, gone: GoneTexts) -> Iterator[dict[str, Any]]:
    for head in heads:
        yield {"what": "head", **head}
    for seal in records.sealed(after, until):
        if "lost" not in seal:
            gone.take(seal)
        yield {"what": "seal", **seal}
