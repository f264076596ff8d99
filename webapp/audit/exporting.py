"""The log as a verifier outside of Frontdesk reads it: docs/audit-chain.md says what each line holds."""

from collections.abc import Iterator
from typing import Any

from webapp.audit import encoding, records, sealing, verifying
from webapp.audit.chain import GoneTexts


class Pruned(Exception):
    """The oldest entries were deleted while the log was written: what was written cannot be followed."""


def lines() -> Iterator[dict[str, Any]]:
    """The anchor, if the log was pruned, the heads, then the seals.

    What was sealed meanwhile follows where it accounts for texts that are gone. Raises Pruned.
    """
    sealing.seal_all()
    anchor = records.anchor()
    if anchor != encoding.START:
        yield {"what": "anchor", **anchor}
    gone, written = GoneTexts(), anchor["seq"]
    heads, end = verifying.heads_and_end()
    yield from _part(heads, written, end, gone)
    while gone.open and end > written:
        sealing.seal_all()
        written = end
        heads, end = verifying.heads_and_end()
        yield from _part([head for head in heads if head["seq"] > written], written, end, gone)
    if records.anchor() != anchor:
        raise Pruned


def _part(heads: list[dict[str, Any]], after: int, until: int, gone: GoneTexts) -> Iterator[dict[str, Any]]:
    for head in heads:
        yield {"what": "head", **head}
    for seal in records.sealed(after, until):
        if "lost" not in seal:
            gone.take(seal)
        yield {"what": "seal", **seal}
