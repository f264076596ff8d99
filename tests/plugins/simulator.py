"""One simulator for the whole run, in a thread of this process, on free ports; empty and well before every test."""

from collections.abc import Iterator

import pytest

from simulator import oidc
from simulator.server import Addresses, in_thread
from simulator.world import Options, Timing, World
from tests.support.livekit import LiveKit

# LiveKit's own waits, three seconds for absent participants among them, shrink; room timeouts stay, so that no room
# ends under a test.
TIMING = Timing(latency=0.02, rooms=1.0, webhooks=0.02)
PUBLIC_URLS = ("http://localhost", "http://127.0.0.1:8000")


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """Where the simulated LiveKit and the OpenID provider answer."""
    world = World(Options(port=0, recordings_dir=tmp_path_factory.mktemp("egress")), timing=TIMING)
    client = oidc.Options(
        issuer="",
        redirect_uris=tuple(f"{url}/oidc/callback" for url in PUBLIC_URLS),
        post_logout_redirect_uris=tuple(f"{url}/signed-out" for url in PUBLIC_URLS),
    )
    with in_thread(world, client) as addresses:
        yield addresses


@pytest.fixture
def livekit(simulator: Addresses) -> Iterator[LiveKit]:
    """An empty, healthy LiveKit, which the test must not have brought down."""
    with LiveKit(simulator.livekit, Options.api_key, Options.api_secret).opened() as livekit:
        livekit.reset()
        yield livekit
        assert livekit.outages == 0, "a real LiveKit server would have ended during this test"
