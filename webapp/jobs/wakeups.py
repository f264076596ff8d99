"""Wake-ups between processes over Redis: a word without content that makes due work sooner, and is never relied on.

What comes from Redis is not read: whoever hears something looks at the rows. A Redis that is away or hangs costs
nobody but a thread of its own any time.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger()
CHANNEL = "frontdesk:due"
WORD = "due"
PATIENCE = 1.0  # seconds
REST = 5.0  # seconds until a Redis that was away is tried again


class Wakeups:
    """The channel of an installation."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = self._connect()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wake-up")  # begun with the first word: after a fork
        self._lock = threading.Lock()
        self._telling = False

    def tell(self) -> None:
        """Let other processes look soon; returns at once. Words that are still to be said become one."""
        with self._lock:
            if self._telling:
                return
            self._telling = True
        with suppress(RuntimeError):  # the process is ending; the others look anyway
            self._thread.submit(self._say)

    def hear(self, wake: Callable[[], None], stopping: threading.Event) -> None:
        """Call `wake` with every word until `stopping` is set, and whenever some may have been missed."""
        while not stopping.is_set():
            try:
                with self._connect() as client, client.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(CHANNEL)
                    wake()
                    while not stopping.is_set():
                        if channel.get_message(timeout=PATIENCE) is not None:
                            wake()
            except (RedisError, OSError) as error:
                log.warning("queue.unavailable", code=type(error).__name__)
                stopping.wait(REST)

    def answers(self) -> bool:
        """Redis is there."""
        try:
            return bool(self._client.ping())
        except (RedisError, OSError):
            return False

    def _say(self) -> None:
        with self._lock:
            self._telling = False  # first: what is committed from now on is said anew
        try:
            self._client.publish(CHANNEL, WORD)
        except (RedisError, OSError) as error:
            log.warning("queue.unavailable", code=type(error).__name__)

    def _connect(self) -> "Redis":
        times = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
        client: Redis = Redis.from_url(self._url, **times, retry=Retry(NoBackoff(), 0), health_check_interval=10)
        return client
