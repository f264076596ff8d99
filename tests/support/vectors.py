"""Answers of LiveKit's own code, as the tests of the matching keep them."""

import gzip
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent.parent / "matching" / "vectors"


def load(name: str) -> list[dict[str, Any]]:
    """The cases of one file."""
    with gzip.open(HERE / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
