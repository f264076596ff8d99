"""What a rule says of who made it: the installation's id, as JSON in the metadata that LiveKit keeps with it.

LiveKit hands a rule's metadata to whoever comes in by it, where everybody in the meeting can read it: the id tells
nothing and opens nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.core import strict_json
from webapp.matching import Rule

KEY = "frontdesk"
LONGEST = 10_000  # characters of metadata that are read: what is longer is none of ours


@dataclass(frozen=True, slots=True)
class OwnIds:
    """The ids under which rules are ours; the first is the one that rules get, none before the first rule is made.

    `is_copy`: the database had an id at other addresses before. All that a copy makes has its id, so that a rule
    without one, whatever our rows say of it, is the original's.
    """

    ids: tuple[str, ...] = ()
    is_copy: bool = False

    @property
    def own(self) -> str:
        """The id that rules get."""
        return self.ids[0] if self.ids else ""


UNNAMED = OwnIds()  # no rule was made since there are ids


def marked(content: Mapping[str, Any], installation: str) -> dict[str, Any]:
    """The rule with the id; what else its metadata says is kept where it can be."""
    others = _parsed(str(content.get("metadata") or ""))
    return {**content, "metadata": json.dumps({**others, KEY: installation})}


def mark_of(rule: Rule) -> str:
    """The id of the installation that made the rule; empty where it does not say."""
    mark = _parsed(rule.metadata).get(KEY)
    return mark if isinstance(mark, str) else ""


def _parsed(metadata: str) -> dict[str, Any]:
    if not metadata.startswith("{") or len(metadata) > LONGEST:
        return {}
    try:
        parsed = strict_json.parse(metadata)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
