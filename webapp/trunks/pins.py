"""How full the PINs of each trunk are, and what follows from it."""

from dataclasses import dataclass

import sqlalchemy as sa
from prometheus_client import REGISTRY

from webapp.core.db import db
from webapp.rooms import pin_space, trunk_names
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room, TrunkRow
from webapp.rooms.queries import Fill
from webapp.rooms.trunk_names import Named
from webapp.trunks import odds


@dataclass(frozen=True)
class Namespace:
    """The PINs of one trunk (no id: of the rooms without one), counted as if each had the length looked at."""

    trunk_id: str
    name: str
    assignable: bool
    rooms: int
    fill: Fill
    live: int  # PINs that let phones into a room now
    codes: int

    @property
    def taken(self) -> int:
        """PINs that no new room can have."""
        return self.fill.used + self.fill.quarantined

    @property
    def share(self) -> float:
        """How much of all PINs is taken; also the odds that the next draw must be repeated."""
        return odds.first_try_fails(self.taken, self.codes)

    @property
    def ever_collided(self) -> float:
        """The odds that two were drawn alike so far."""
        return odds.ever_collided(self.taken, self.codes)

    @property
    def all_tries_fail(self) -> float:
        """The odds that the next room gets none."""
        return odds.all_tries_fail(self.taken, self.codes)

    @property
    def blind_guess_hits(self) -> float:
        """The odds that one guess reaches a meeting."""
        return odds.blind_guess_hits(self.live, self.codes)

    @property
    def expected_guesses(self) -> float:
        """How many guesses reach one on average."""
        return odds.expected_guesses(self.live, self.codes)

    @property
    def advised_length(self) -> int:
        """The length that would do for it."""
        return odds.advised_length(self.fill.used)


def namespaces(length: int) -> list[Namespace]:
    """Every trunk with or without PINs, and the rooms without a trunk if any has one; the fullest first."""
    fills, live, trunks = room_queries.pin_fill(), _live(), room_queries.trunk_rows()
    shown = {trunk_id for trunk_id, row in trunks.items() if row.gone_at is None} | set(fills)
    called = trunk_names.of_rows(trunks)
    found = [
        _namespace(
            Named(trunk_id, called.get(trunk_id, trunk_id)),
            trunks.get(trunk_id),
            fills.get(trunk_id, Fill()),
            live.get(trunk_id, 0),
            length,
        )
        for trunk_id in shown
    ]
    return sorted(found, key=lambda each: (-each.taken, each.trunk_id))


def _namespace(trunk: Named, row: TrunkRow | None, fill: Fill, live: int, length: int) -> Namespace:
    open_now = row is not None and row.takes_rooms
    rooms = row.room_count if row else fill.used
    return Namespace(trunk.id, trunk.name, open_now, rooms, fill, live, pin_space.codes(length))


def _live() -> dict[str, int]:
    """How many PINs open a room now, by trunk; one that was replaced and works on counts too."""
    has_old = sa.case((Room.old_sip_dispatch_rule_id.is_not(None), 1), else_=0)
    has_new = sa.case((Room.sip_dispatch_rule_id.is_not(None), 1), else_=0)
    counted = sa.select(Room.trunk_id, sa.func.sum(has_old + has_new)).where(Room.live_since.is_not(None))
    return {row[0]: int(row[1]) for row in db.session.execute(counted.group_by(Room.trunk_id))}


def collisions() -> int:
    """How many PINs this process drew in vain since its start."""
    return int(REGISTRY.get_sample_value("frontdesk_pin_collisions_total") or 0)
