"""Large files pass through nginx and Frontdesk, from a folder and from a bucket, without filling their memory."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import requests

from bench.load import LoadFailed
from bench.servers import FRONTDESK, forget_peak, gunicorn, megabytes
from bench.world import World
from tests.plugins.bucket import TestBucket
from tests.plugins.components import program
from tests.support.nginx import running, written

KEY = "download"
MOST_MB = 16.0  # more than before: what is on its way in buffers, whatever the size of the file
PIECE = 1 << 20  # bytes


@dataclass(frozen=True)
class Passed:
    """How large the files were, how long they took, and by how much the largest process grew meanwhile."""

    key: ClassVar[str] = KEY
    folder_mb: int
    folder_s: float
    bucket_mb: int
    bucket_s: float
    grew_mb: float

    @property
    def meets_the_aim(self) -> bool:
        """The size of a file does not show."""
        return self.grew_mb <= MOST_MB

    def text(self) -> str:
        """One line for the report."""
        folder = f"{self.folder_mb} MB from a folder in {self.folder_s:.1f} s"
        bucket = f"{self.bucket_mb} MB from a bucket in {self.bucket_s:.1f} s"
        verdict = "" if self.meets_the_aim else ": missed"
        return f"download: {folder}, {bucket}; a process grew by {self.grew_mb:.1f} MB (at most {MOST_MB:.0f}{verdict})"


@dataclass(frozen=True)
class Store:
    """Where a recording of so many MB lies, and a folder for what is run meanwhile."""

    environment: Mapping[str, str]
    megabytes: int
    put: Callable[[str, int], object]
    folder: Path


def measure(world: World, environment: Mapping[str, str], bucket: TestBucket, folder: Path) -> Passed:
    """Let somebody download a recording out of each."""
    recordings = Path(environment["FRONTDESK_RECORDINGS_DIR"])

    def into_folder(key: str, size: int) -> None:
        path = recordings / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)

    def into_bucket(key: str, size: int) -> None:
        bucket.put(f"desk/{key}", bytes(size))

    behind, size = bucket.s3.url.removeprefix("http://"), world.size
    of_folder = Store(environment, size.folder_mb, into_folder, folder / "download-folder")
    of_bucket = Store({**environment, **bucket.environment}, size.bucket_mb, into_bucket, folder / "download-bucket")
    (folder_s, by_folder), (bucket_s, by_bucket) = (_pass(world, each, behind) for each in (of_folder, of_bucket))
    return Passed(size.folder_mb, folder_s, size.bucket_mb, bucket_s, round(max(by_folder, by_bucket), 1))


def _pass(world: World, store: Store, bucket: str) -> tuple[float, float]:
    """Seconds that it took, and by how many MB the process that grew most did."""
    store.folder.mkdir()
    owner, size = world.owner_of_few(), store.megabytes << 20
    recording = world.recording_of(owner, size)
    store.put(recording.key, size)
    headers = world.browser(owner)
    with gunicorn(FRONTDESK, store.environment, "/healthz", store.folder / "frontdesk.log") as server:
        site = written(store.folder, [server.url.removeprefix("http://")], bucket, secure=False)
        with running(program("nginx"), site):
            url = f"http://127.0.0.1:{site.secure}/media/{recording.key}"
            for _ in range(10):  # each worker has answered before
                _read(url, headers | {"Range": "bytes=0-99"}, 100)
            pids = [*server.workers, int((store.folder / "nginx.pid").read_text())]
            before = [forget_peak(pid) for pid in pids]
            begun = time.monotonic()
            _read(url, headers, size)
            took = time.monotonic() - begun
            grew = max(megabytes(pid, "VmHWM") - memory for pid, memory in zip(pids, before, strict=True))
    return round(took, 1), grew


def _read(url: str, headers: Mapping[str, str], size: int) -> None:
    with requests.get(url, headers=headers, stream=True, timeout=60) as answer:
        read = sum(len(piece) for piece in answer.iter_content(PIECE))
    if not answer.ok or read != size:
        raise LoadFailed(f"{url}: {answer.status_code}, and {read} bytes instead of {size}")
