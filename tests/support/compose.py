"""The Compose file that we ship, with its variables filled in as Compose fills them in."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from tests.support.installed import ROOT
from tests.support.units import assignments

FILE = ROOT / "deploy" / "compose.yaml"
EXAMPLE = ROOT / "deploy" / "compose.env.example"
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+):\?\})")
SECRET = "3f9c2ad84b7e15d06a9b8c7e4f20d3b1"


def variables() -> dict[str, str]:
    """The example's, with something secret where it is empty."""
    return {name: value or SECRET for name, value in assignments(EXAMPLE.read_text()).items()}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with `${NAME:?}` replaced, and `$$` read as one. Raises KeyError where one is missing."""
    return VARIABLE.sub(lambda found: "$" if found["dollar"] else values[found["name"]], text)


@cache
def whole() -> dict[str, Any]:
    """The file, filled in."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text())
    found: dict[str, Any] = _deep(read, variables())
    return found


def service(name: str) -> dict[str, Any]:
    """One of its services."""
    found: dict[str, Any] = whole()["services"][name]
    return found


def config(name: str) -> Any:
    """One of its files of settings in YAML (or JSON, which is YAML too)."""
    return yaml.safe_load(whole()["configs"][name]["content"])


def _deep(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _deep(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_deep(each, values) for each in value]
    return filled(value, values) if isinstance(value, str) else value
