"""What a trunk's own configuration says that lets in whom it should not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.matching import Trunk, usable_masks

if TYPE_CHECKING:  # what it reads is found by a reading
    from webapp.doctor.reading import Reading


def trunks(reading: "Reading") -> Iterator[Finding]:
    """Each trunk for itself."""
    for trunk in reading.trunks:
        for kind in _of_trunk(trunk):
            yield Finding(kind, trunk_id=trunk.id, trunks=(trunk,))


def _of_trunk(trunk: Trunk) -> Iterator[Kind]:
    usable = usable_masks(trunk.allowed_addresses)
    if trunk.allowed_addresses and not usable:
        yield Kind.EVERYBODY
    if bool(trunk.info.get("auth_username")) != bool(trunk.info.get("auth_password")):
        yield Kind.HALF_CREDENTIALS
    if usable and not trunk.asks_password:
        yield Kind.FORGEABLE
    if not trunk.numbers and not trunk.allowed_addresses:
        yield Kind.OPEN_TRUNK
