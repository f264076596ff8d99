"""What trunks are called: those of one name are told apart by their number, or by the end of their id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webapp.rooms.models import TrunkRow

SHOWN = 4  # characters of an id that are enough to tell two apart, mostly


@dataclass(frozen=True)
class Named:
    """A trunk as somebody called it."""

    id: str
    name: str
    number: str = ""


def apart(trunks: Iterable[Named]) -> dict[str, str]:
    """What to call each trunk, by id; no two are called the same."""
    alike: dict[str, list[Named]] = {}
    for trunk in trunks:
        alike.setdefault(" ".join(trunk.name.casefold().split()), []).append(trunk)
    called: dict[str, str] = {}
    for name, group in alike.items():
        called |= {trunk.id: _one_of(trunk, group) if name else trunk.id for trunk in group}
    return called


def of_rows(rows: Mapping[str, TrunkRow]) -> dict[str, str]:
    """What to call the trunks of our rows, by id."""
    return apart(Named(row.sip_trunk_id, row.name, row.number) for row in rows.values())


def _one_of(trunk: Named, group: list[Named]) -> str:
    if len(group) == 1:
        return trunk.name
    if trunk.number and [each.number for each in group].count(trunk.number) == 1:
        return f"{trunk.name} · {trunk.number}"
    ids = [each.id for each in group]
    length = next(n for n in range(SHOWN, 65) if [each[-n:] for each in ids].count(trunk.id[-n:]) == 1)
    return f"{trunk.name} · …{trunk.id[-length:]}"
