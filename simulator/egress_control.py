"""What tests may do to recordings from outside: end, forget and list them."""

from typing import Any

from livekit.protocol.egress import EgressStatus

from simulator import egress, jsonform
from simulator.control import Arguments, Command
from simulator.world import World


def end_egress(world: World, told: Arguments) -> None:
    """Let the worker end a recording (`egress_id`) by itself, in `status`: COMPLETE, FAILED, ABORTED, LIMIT_REACHED."""
    info = egress.of(world).known[told["egress_id"]]
    egress.end(world, info, EgressStatus.Value(f"EGRESS_{told.get('status', 'COMPLETE')}"))


def next_egress_end(world: World, told: Arguments) -> None:
    """Say how the next recording ends, whoever ends it."""
    egress.of(world).next_end = EgressStatus.Value(f"EGRESS_{told['status']}")


def forget_egress(world: World, told: Arguments) -> None:
    """Let LiveKit forget a recording, as it does when its Redis is emptied."""
    del egress.of(world).known[told["egress_id"]]


def egresses(world: World, told: Arguments) -> list[dict[str, Any]]:
    """Every recording, by id."""
    return [jsonform.answer(info) for _id, info in sorted(egress.of(world).known.items())]


COMMANDS: dict[str, Command] = {
    "end-egress": end_egress,
    "next-egress-end": next_egress_end,
    "forget-egress": forget_egress,
}
READINGS: dict[str, Command] = {"egresses": egresses}
