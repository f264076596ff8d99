"""One event loop with one HTTP session per process, and what it makes of LiveKit's answers.

Loaded with a process' first question: LiveKit's library and aiohttp are a tenth of what there is to load.
"""

import asyncio
import atexit
import os
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
from google.protobuf.message import DecodeError
from livekit.api import LiveKitAPI
from livekit.api.twirp_client import ServerError

from webapp.livekit.errors import LiveKitError, LiveKitUnavailable

Answer = TypeVar("Answer")
Address = tuple[str, str, str]  # with key and secret
UNAVAILABLE = {"unavailable", "deadline_exceeded"}


class NotLiveKit(Exception):
    """What answered is not LiveKit: a proxy's page, or an empty body that would read as an empty list."""


class Connection:
    """The loop of this process, in a thread of its own, and the one session in it."""

    def __init__(self, tls: ssl.SSLContext, tell_method: Callable[[str], object]) -> None:
        self.tls = tls
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._tell_method = tell_method
        self._session: aiohttp.ClientSession | None = None
        self._clients: dict[Address, LiveKitAPI] = {}
        self._thread = threading.Thread(target=self.loop.run_forever, name="livekit", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    async def answer(self, address: Address, ask: Callable[[LiveKitAPI], Awaitable[Answer]], timeout: float) -> Answer:
        """Ask within the loop. Raises LiveKitError and LiveKitUnavailable."""
        try:
            async with asyncio.timeout(timeout):
                return await ask(await self._client(address))
        except ServerError as error:
            raise _refusal(error) from None
        except TimeoutError:
            raise LiveKitUnavailable("timeout") from None
        except aiohttp.ClientConnectorCertificateError:
            raise LiveKitUnavailable("certificate") from None
        except aiohttp.ClientConnectorSSLError:
            raise LiveKitUnavailable("no_tls") from None
        except (aiohttp.ClientError, OSError):
            raise LiveKitUnavailable("no_connection") from None
        except (NotLiveKit, DecodeError):
            raise LiveKitUnavailable("not_livekit") from None

    def close(self) -> None:
        """Let the session go; a forked child leaves its parent's alone."""
        if os.getpid() != self.pid:
            return
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()

    async def _client(self, address: Address) -> LiveKitAPI:
        """The client of an address, key and secret; made inside the loop, where its session belongs."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),
                middlewares=(self._refuse_other_answers,),
                connector=aiohttp.TCPConnector(ssl=self.tls),
            )
        if address not in self._clients:
            url, key, secret = address
            self._clients[address] = LiveKitAPI(url, key, secret, session=self._session, failover=False)
        return self._clients[address]

    async def _refuse_other_answers(self, request: Any, handler: Any) -> Any:
        self._tell_method(request.url.name)
        response = await handler(request)
        if response.status == 200 and response.content_type != "application/protobuf":
            response.release()
            raise NotLiveKit
        return response

    async def _close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _refusal(error: ServerError) -> LiveKitError:
    """A Twirp error; LiveKit's plain text for a bad token (401) repeats that token, so it is dropped."""
    if error.status == 401:
        return LiveKitError("unauthenticated", error.message)
    if error.code == "unknown" and not error.message:
        return LiveKitUnavailable("not_livekit")
    kind = LiveKitUnavailable if error.code in UNAVAILABLE else LiveKitError
    return kind(error.code, error.message)
