"""What tests may do to recordings from outside: end, orphan, forget and list them."""

from typing import Any

from livekit.protocol.egress import EgressInfo, EgressStatus

from simulator import egress, jsonform
from simulator.arguments import Arguments
from simulator.control import Command
from simulator.world import World


def end_egress(world: World, arguments: Arguments) -> None:
    """Let the worker end a recording (`egress_id`) by itself, in `status`: COMPLETE, FAILED, ABORTED, LIMIT_REACHED.

    `error` is why, in the worker's words, where it fails.
    """
    egress.end(
        world, _known(world, arguments), _status(arguments.text("status", "COMPLETE")), arguments.text("error", "")
    )


def next_egress_end(world: World, arguments: Arguments) -> None:
    """Say how the next recording ends, whoever ends it: `status` as for end-egress."""
    egress.of(world).next_end = _status(arguments.text("status"))


def forget_egress(world: World, arguments: Arguments) -> None:
    """Let LiveKit forget a recording, as it does when its Redis is emptied."""
    del egress.of(world).known[_known(world, arguments).egress_id]


def kill_egress_worker(world: World, arguments: Arguments) -> None:
    """Kill the worker: what it records stays as it is for ever, and stops are answered 408 after LiveKit's wait."""
    egress.kill_worker(world)


def slow_egress_upload(world: World, arguments: Arguments) -> None:
    """Let recordings that end from now on stay "ending" for so many `seconds` more."""
    egress.of(world).uploading = arguments.number("seconds", 0.0)


def egresses(world: World, arguments: Arguments) -> list[dict[str, Any]]:
    """Every recording, by id."""
    return [jsonform.answer(info) for _id, info in sorted(egress.of(world).known.items())]


def _known(world: World, arguments: Arguments) -> EgressInfo:
    known = egress.of(world).known
    if arguments.text("egress_id") not in known:
        raise ValueError("no recording has this egress_id")
    return known[arguments["egress_id"]]


def _status(name: str) -> int:
    ends = {EgressStatus.Name(status).removeprefix("EGRESS_"): int(status) for status in egress.ENDED}
    if name not in ends:
        raise ValueError(f"status is {', '.join(sorted(ends))}")
    return ends[name]


COMMANDS: dict[str, Command] = {
    "end-egress": end_egress,
    "next-egress-end": next_egress_end,
    "forget-egress": forget_egress,
    "kill-egress-worker": kill_egress_worker,
    "slow-egress-upload": slow_egress_upload,
}
READINGS: dict[str, Command] = {"egresses": egresses}
