"""The bucket's own rules that expire objects: which Frontdesk wants, and which delete what was promised to be kept.

Rules are those of S3's PutBucketLifecycleConfiguration (Amazon S3 API Reference), which MinIO and others share. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.recordings.classes import DAYS, TAG, days_of

ID = "frontdesk-retention-"
LifecycleRule = Mapping[str, Any]


@dataclass(frozen=True)
class LifecycleProblems:
    """What is to be said of a bucket's rules: ours that are missing or differ, and rules that delete too early."""

    missing: list[str]
    early: list[str]

    @property
    def fine(self) -> bool:
        """Ours are there, and none is in their way."""
        return not self.missing and not self.early


def wanted(root: str) -> list[dict[str, Any]]:
    """One rule for each class, for the objects whose names begin with `root`."""
    return [
        {
            "ID": f"{ID}{days}",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": root, "Tags": [{"Key": TAG, "Value": str(days)}]}},
            "Expiration": {"Days": days},
        }
        for days in DAYS
    ]


def merged(rules: Sequence[LifecycleRule], root: str) -> list[LifecycleRule]:
    """The bucket's rules with ours in place of those that have our names; others' stay as they are."""
    others = [rule for rule in rules if not str(rule.get("ID", "")).startswith(ID)]
    return [*others, *wanted(root)]


def problems(rules: Sequence[LifecycleRule], root: str) -> LifecycleProblems:
    """Hold the bucket's rules against the promises that are made with the classes."""
    there = {str(rule.get("ID", "")): rule for rule in rules}
    missing = [rule["ID"] for rule in wanted(root) if not _same(there.get(rule["ID"]), rule)]
    early = [str(rule.get("ID") or "?") for rule in rules if _deletes_early(rule, root)]
    return LifecycleProblems(missing, early)


def _same(rule: LifecycleRule | None, own: LifecycleRule) -> bool:
    """Servers write the same rule in several ways: what counts is what it takes and when."""
    if rule is None or rule.get("Status") != "Enabled":
        return False
    prefix, tags = _takes(rule)
    return (prefix, tags, rule.get("Expiration", {}).get("Days")) == (*_takes(own), own["Expiration"]["Days"])


def _deletes_early(rule: LifecycleRule, root: str) -> bool:
    """The rule may delete an object of ours before the time that its class stands for."""
    if not _deletes(rule):
        return False
    prefix, tags = _takes(rule)
    if not (prefix.startswith(root) or root.startswith(prefix)):
        return False
    if set(tags) - {TAG}:
        return False  # our objects have no tag but this one
    if TAG not in tags:
        return True  # also what is permanent
    return _deletes_before(rule, days_of(tags[TAG]))


def early_rule(rules: Sequence[LifecycleRule], name: str, tag: str, days: int | None) -> str:
    """The rule that may delete the object of this name and class before so many days (None: ever); empty: none does."""
    for rule in rules:
        prefix, tags = _takes(rule)
        takes = name.startswith(prefix) and all(each == (TAG, tag) for each in tags.items())
        if takes and _deletes(rule) and _deletes_before(rule, days):
            return str(rule.get("ID") or "?")
    return ""


def _deletes(rule: LifecycleRule) -> bool:
    """It deletes what it takes, some day."""
    return rule.get("Status") == "Enabled" and not {"Days", "Date"}.isdisjoint(rule.get("Expiration", {}))


def _deletes_before(rule: LifecycleRule, days: int | None) -> bool:
    """It does so on a date, or before an object is so old (None: ever)."""
    after = rule["Expiration"].get("Days")
    return days is None or after is None or after < days


def _takes(rule: LifecycleRule) -> tuple[str, dict[str, str]]:
    """The prefix and the tags of the objects that a rule takes; older rules have their prefix outside of the filter."""
    told = rule.get("Filter") or {}
    both = told.get("And") or told
    prefix = both.get("Prefix") or rule.get("Prefix") or ""
    tags = [*both.get("Tags", ()), *([told["Tag"]] if "Tag" in told else ())]
    return prefix, {tag["Key"]: tag["Value"] for tag in tags}
