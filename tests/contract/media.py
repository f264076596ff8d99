"""Somebody with a microphone in a room of a real server: what only people in rooms show needs LiveKit's real-time SDK.

It is not among our requirements: `pip install livekit` beside them, or those tests are skipped.
"""

import asyncio
import importlib
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from tests.support.waiting import PATIENCE

RATE = 48000


def sdk() -> ModuleType | None:
    """The real-time SDK, where it is installed."""
    try:
        return importlib.import_module("livekit.rtc")
    except ImportError:
        return None


@contextmanager
def speaking(rtc: ModuleType, url: str, token: str) -> Iterator[None]:
    """Be in the room that the token names, with a silent microphone, until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="media", daemon=True)
    thread.start()

    def wait_for(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE)

    try:
        room = wait_for(_connected(rtc, url, token))
        try:
            wait_for(_publish(rtc, room))
            yield
        finally:
            wait_for(room.disconnect())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


async def _connected(rtc: ModuleType, url: str, token: str) -> Any:
    room = rtc.Room(loop=asyncio.get_running_loop())
    await room.connect(url, token)
    return room


async def _publish(rtc: ModuleType, room: Any) -> None:
    microphone = rtc.LocalAudioTrack.create_audio_track("microphone", rtc.AudioSource(RATE, 1))
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await room.local_participant.publish_track(microphone, options)
