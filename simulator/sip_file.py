"""Trunks and rules in a file: LiveKit keeps them in Redis, where they outlive it. Rooms and calls end with it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

from simulator.sip_objects import SipObjects
from simulator.world import World

EVERY_SECONDS = 0.5


def load(world: World, file: Path) -> None:
    """Store again what was there; a first start has nothing."""
    if not file.exists():
        return
    stored = json.loads(file.read_text())
    objects = world.part(SipObjects)
    for trunk in stored["trunks"]:
        objects.store_trunk(trunk)
    for rule in stored["rules"]:
        objects.store_rule(rule)
    objects.outbound.update(stored["outbound"])


@contextlib.asynccontextmanager
async def keeping(world: World, file: Path | None) -> AsyncIterator[None]:
    """Read the file, then write it soon after each change and at the end; without a file nothing is kept."""
    if file is None:
        yield
        return
    load(world, file)
    following = asyncio.create_task(_follow(world, file))
    try:
        yield
    finally:
        following.cancel()
        save(world, file)


async def _follow(world: World, file: Path) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        save(world, file)


def save(world: World, file: Path) -> None:
    """Write the file if it says something else, whole or not at all."""
    objects = world.part(SipObjects)
    text = json.dumps(
        {
            "trunks": [trunk.info for trunk in objects.trunks_by_id()],
            "rules": [rule.info for rule in objects.rules_by_id()],
            "outbound": objects.outbound,
        },
        indent=1,
    )
    if file.exists() and file.read_text() == text and not file.stat().st_mode & 0o077:
        return
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)  # trunks have passwords, rules have PINs
    fresh.write_text(text)
    fresh.replace(file)
