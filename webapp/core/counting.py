"""Counts that stop: of very many it is enough to know that there are more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from flask_babel import format_decimal
from flask_babel import gettext as _

from webapp.core.db import db
from webapp.core.planning import PLANNED_ANEW

K = TypeVar("K")


@dataclass(frozen=True)
class Tally:
    """So many; where there are more than are counted, those that were."""

    number: int
    is_all: bool

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(self.number + other.number, self.is_all and other.is_all)


def up_to(most: int, selects: Mapping[K, sa.Select[Any]]) -> dict[K, Tally]:
    """How many rows each select has, asked at once; of each, so many at most are counted."""
    few = [select.limit(most).subquery() for select in selects.values()]
    numbers = [sa.select(sa.func.count()).select_from(each).scalar_subquery() for each in few]
    found = db.session.execute(sa.select(*numbers), execution_options=PLANNED_ANEW).one()
    return {key: Tally(number, number < most) for key, number in zip(selects, found, strict=True)}


def in_words(number: int, *, is_all: bool) -> str:
    """So many, or that there are more than were counted."""
    words = str(format_decimal(number))
    return words if is_all else str(_("%(number)s+", number=words))
