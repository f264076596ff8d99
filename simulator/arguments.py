"""What the control API is told, checked: what is missing, unknown or of the wrong kind is refused in words."""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Built = TypeVar("Built")
Check = Callable[[Any], bool]


class Arguments(dict[str, Any]):
    """The arguments of one command; asking for one that was not sent raises ValueError."""

    def __missing__(self, name: str) -> Any:
        raise ValueError(f"{name} is missing")

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        return str(self._checked(name, default, str))

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        return bool(self._checked(name, default, bool))

    def number(self, name: str, default: float | None = None) -> float:
        """A number of at least 0."""
        return float(self._checked(name, default, float))

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        value = self[name]
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ValueError(f"{name} is a list of texts")
        return value

    def objects(self, name: str) -> list[dict[str, Any]]:
        """A list of objects, empty if it was not sent."""
        value = self.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise ValueError(f"{name} is a list of objects")
        return value

    def build(self, kind: type[Built], /, **fixed: Any) -> Built:
        """A dataclass from exactly these arguments; what is not sent has its default."""
        self.check(kind, without=fixed)
        missing = [each.name for each in fields(kind) if _needed(each) and each.name not in {*self, *fixed}]  # type: ignore[arg-type]
        if missing:
            raise ValueError(f"{', '.join(missing)} is missing")
        return kind(**self, **fixed)

    def check(self, kind: type[Any], without: Mapping[str, Any] | None = None) -> None:
        """Refuse what a dataclass does not have, or has of another type."""
        hints = {name: hint for name, hint in get_type_hints(kind).items() if name not in (without or {})}
        unknown = sorted(set(self) - set(hints))
        if unknown:
            raise ValueError(f"there is no {', '.join(unknown)}; known are {', '.join(sorted(hints))}")
        for name in self:
            self._checked(name, None, hints[name])

    def _checked(self, name: str, default: Any, kind: Any) -> Any:
        value = self[name] if default is None else self.get(name, default)
        words, fits = _kind(kind)
        if not fits(value):
            raise ValueError(f"{name} is {words}, not {value!r}")
        return value


def _kind(kind: Any) -> tuple[str, Check]:
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind))), lambda value: value in get_args(kind)
    return _KINDS[kind]


def _needed(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


_KINDS: dict[Any, tuple[str, Check]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    str | None: ("a text", lambda value: value is None or isinstance(value, str)),
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number of at least 0", _whole),
    float: ("a number of at least 0", _amount),
}
